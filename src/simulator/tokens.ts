const charactersPerToken = 4;

/** Cuts text into pieces about the size of a model's tokens. Joined they are the text again. */
export function tokenPieces(text: string): string[] {
  return text.match(/\s*[^\s]{1,6}|\s+/gu) ?? [];
}

/** A rough number of tokens for text that is only read: its length over four, rounded up. */
export function roughTokens(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}
