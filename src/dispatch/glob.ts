/** Whether a text is what a glob describes: `*` stands for any run of characters; no case. */
export function globTest(glob: string, text: string): boolean {
  const pieces = glob.toLowerCase().split("*");
  const subject = text.toLowerCase();
  const first = pieces[0] ?? "";
  const last = pieces.at(-1) ?? "";
  if (pieces.length === 1) return subject === first;
  if (!subject.startsWith(first) || subject.length < first.length + last.length) return false;
  let from = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = subject.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return from <= subject.length - last.length && subject.endsWith(last);
}
