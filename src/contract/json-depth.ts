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
  if (text.length <= depthMax) return false;
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
