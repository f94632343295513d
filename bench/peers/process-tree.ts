import { readdirSync, readFileSync } from "node:fs";

const bytesPerMB = 1e6;
const bytesPerKiB = 1024;

/** A process and all that it has started, by their ids. Those that have ended are left out. */
function treeOf(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    const id = Number(entry);
    if (!Number.isInteger(id)) continue;
    // The name, in brackets, may have spaces: state and parent come after the last bracket.
    const parent = Number(read(`/proc/${id}/stat`).split(") ").at(-1)?.split(" ")[1]);
    children.set(parent, [...(children.get(parent) ?? []), id]);
  }
  const found = [pid];
  for (const id of found) found.push(...(children.get(id) ?? []));
  return found;
}

/** Resident memory of a process and all that it has started, MB of 10^6 bytes. */
export function residentMB(pid: number): number {
  const kib = treeOf(pid).map((id) => /^VmRSS:\s+(\d+)/m.exec(read(`/proc/${id}/status`))?.[1]);
  const sum = kib.reduce((total, value) => total + Number(value ?? 0), 0);
  return (sum * bytesPerKiB) / bytesPerMB;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
