const concurrency = 16;

/** Runs something for every item, sixteen at a time. */
export async function inTurns<T>(
  items: readonly T[],
  run: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const item of queue) await run(item);
    }),
  );
}
