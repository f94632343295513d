/** What a provider says in one answer, whatever its wire. */
export interface Answer {
  /** The provider's id of the answer. */
  readonly id: string;
  readonly model: string;
  /** The text, in the pieces of a stream; not empty. */
  readonly words: readonly string[];
  /** Whether it reports its tokens. */
  readonly tellsUsage: boolean;
}

/** One event of a provider's stream, as it goes over the wire. */
export interface WireEvent {
  readonly text: string;
  /** Characters of the answer's text that have been told with it. */
  readonly told: number;
  /**
   * What the event means to a reader: more of the text, an answer that is logically whole, or the
   * wire's own last mark.
   */
  readonly mark: "none" | "delta" | "logical" | "terminal";
}

/** Words of a provider for a failure: the name of its class and its code, if it gives one. */
export interface Complaint {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  /** Whether it is about a limit of a day. */
  readonly isDaily?: boolean;
}

/** How one provider writes what it has to say. */
export interface Wire {
  /** Name of the adapter that reads it. */
  readonly adapter: string;
  /** Name of the adapter's wire. */
  readonly dialect: string;
  /** Whether a stream is lines of JSON, and not server-sent events. */
  readonly isLines: boolean;
  /** Content type of a stream. */
  readonly streamType: string;
  /** A whole answer. */
  whole(answer: Answer): string;
  /** A stream, event by event; the first delta is not the first event. */
  events(answer: Answer): readonly WireEvent[];
  /** A body that says what went wrong. */
  failure(complaint: Complaint): string;
  /** The same as an event of a stream. */
  failureEvent(complaint: Complaint): string;
  /** What keeps a stream alive without saying anything. */
  readonly ping: string;
  /** Complaint to a customer who has spent all money: a 429 or 402. Unset: it has no word for it. */
  readonly spent: { readonly status: number; readonly complaint: Complaint } | undefined;
  /** Complaint about traffic that grows too fast. Unset: it has no word for it. */
  readonly slowDown: { readonly status: number; readonly complaint: Complaint } | undefined;
  /** Headers that tell how many requests are left, and when there are more. Unset: none. */
  readonly limitHeaders: { readonly remaining: string; readonly reset: string } | undefined;
  /** The value of the reset header, for a wait. */
  resetValue(waitMs: number, wallTimeMs: number): string;
}

/** Tokens that every answer reports. */
export function tokensOf(answer: Answer): { readonly input: number; readonly output: number } {
  return { input: 12, output: answer.words.length };
}

/** The text of an answer. */
export function textOf({ words }: Answer): string {
  return words.join("");
}
