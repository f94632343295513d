const prime = 0x100000001b3n;
const offset = 0xcbf29ce484222325n;

/** FNV-1a of 64 bits over the UTF-16 units of a text: the same for the same text, ever. */
export function stableHash(text: string): bigint {
  let value = offset;
  for (let index = 0; index < text.length; index += 1) {
    value = BigInt.asUintN(64, (value ^ BigInt(text.charCodeAt(index))) * prime);
  }
  return value;
}
