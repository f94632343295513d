import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Gives the bytes of heap that are in use, once everything that nobody holds is collected. */
export function heapMeter(): () => number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  return () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
}
