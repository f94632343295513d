const quote = 0x22;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Whether JSON has arrays and objects nested deeper than `depthMax` levels (a scalar has depth 0),
 * found out without parsing it: in linear time and without a stack. Only the ASCII of the text is
 * looked at, so that UTF-8 read as Latin-1 does as well.
 */
export function isDeeper(text: string, depthMax: number): boolean {
  if (!hasMore(text, depthMax)) return false;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case quote:
        index = endOfString(text, index);
        break;
      case openBrace:
      case openBracket:
        depth += 1;
        if (depth > depthMax) return true;
        break;
      case closeBrace:
      case closeBracket:
        depth -= 1;
        break;
    }
  }
  return false;
}

/** Whether there are more opening brackets in the text than that: most answers have few. */
function hasMore(text: string, bracketsMax: number): boolean {
  let brackets = 0;
  for (const bracket of ["{", "["]) {
    let index = text.indexOf(bracket);
    for (; index !== -1; index = text.indexOf(bracket, index + 1)) {
      brackets += 1;
      if (brackets > bracketsMax) return true;
    }
  }
  return false;
}

/** Index of the quote that ends the string which begins at `start`; the length if none does. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let backslashes = end;
    while (text.charCodeAt(backslashes - 1) === backslash) backslashes -= 1;
    if ((end - backslashes) % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}
