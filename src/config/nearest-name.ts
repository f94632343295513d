/** The one known name that is nearest to a name, for a hint. Unset: none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const asked = name.toLowerCase().slice(0, 64);
  const distanceMax = Math.max(1, Math.floor(asked.length / 3));
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(asked, candidate) }))
    .filter(({ distance }) => distance <= distanceMax)
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.candidate;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
