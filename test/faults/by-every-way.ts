import type { Scene, Way } from "./fault-scene.ts";

type Run = (way: Way) => Promise<void>;

/** Runs something for every way of a scene at once; all must succeed. */
export function byEveryWay({ ways }: Pick<Scene, "ways">, run: Run): Promise<void> {
  return byWays(ways, run);
}

/** The same for streams alone. */
export function byEveryStream({ ways }: Pick<Scene, "ways">, run: Run): Promise<void> {
  return byWays(
    ways.filter(({ streamed }) => streamed),
    run,
  );
}

/** The same for whole answers alone. */
export function byEveryCall({ ways }: Pick<Scene, "ways">, run: Run): Promise<void> {
  return byWays(
    ways.filter(({ streamed }) => !streamed),
    run,
  );
}

/** The same for some ways. */
export async function byWays(chosen: readonly Way[], run: Run): Promise<void> {
  const results = await Promise.allSettled(chosen.map(run));
  const failed = results.flatMap((result, index) =>
    result.status === "rejected" ? [{ way: chosen[index]?.name, reason: result.reason }] : [],
  );
  const [first] = failed;
  if (first === undefined) return;
  const names = failed.map(({ way }) => way).join("; ");
  throw new Error(`by ${names}: ${first.reason}`, { cause: first.reason });
}
