/** Random numbers that are the same for the same seed (mulberry32): uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Cuts bytes at random places, characters and line ends not spared: at most `piecesMax` pieces. */
export function cutAnywhere(
  bytes: Uint8Array,
  random: () => number,
  piecesMax = 12,
): readonly Uint8Array[] {
  const count = Math.floor(random() * piecesMax);
  const cuts = Array.from({ length: count }, () => Math.floor(random() * bytes.length));
  const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
  return places.slice(1).flatMap((end, index) => {
    const start = places[index] ?? 0;
    return end > start ? [bytes.subarray(start, end)] : [];
  });
}
