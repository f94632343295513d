import type { LoadResult, Workload } from "../harness/workload.ts";

/** Who is asked: gateways that run as long as the benchmark does. */
export type Subject =
  | "ours"
  | "ours-connect-json"
  | "ours-no-lane"
  | "ours-1000-patterns"
  | "ours-5000-streams"
  | "hop"
  | "reverse-proxy"
  | "direct";

/** One workload for one subject, measured once a round. */
export interface Cell {
  readonly subject: Subject;
  readonly workload: Workload;
  /** A process of its own, that has answered nothing before. */
  readonly isFresh?: boolean;
}

/** What one round found, by the names of the cells. */
export type Round = Readonly<Record<string, LoadResult>>;

/** One line of the table. */
export interface Figure {
  readonly title: string;
  readonly unit: string;
  /** Digits after the point. */
  readonly digits: number;
  /** Of our server. */
  readonly ours: (round: Round) => number;
  /** What it is held against, from the same round. */
  readonly yardstick?: { readonly name: string; readonly value: (round: Round) => number };
  /** What we aim at. Unset: nothing. */
  readonly target?: Target;
}

/** An aim: in words, and whether it is met by the median of ours and of the yardstick. */
export interface Target {
  readonly text: string;
  readonly isMet: (ours: number, yardstick: number) => boolean;
}

/** Figures that need the same cells; `--only` takes the name. */
export interface Section {
  readonly name: string;
  readonly title: string;
  readonly cells: Readonly<Record<string, Cell>>;
  readonly figures: readonly Figure[];
  /** Most rounds that it is worth. Default: all. */
  readonly rounds?: number;
  /** Only with `--long`, or when it is asked for by name. */
  readonly isLong?: boolean;
}

/** What the round found for a cell. Throws for a cell that has not been measured. */
export function found(round: Round, cell: string): LoadResult {
  const result = round[cell];
  if (result === undefined) throw new Error(`the cell ${cell} was not measured`);
  return result;
}

/** CPU of a call, µs. */
export function microsecondsPerCall({ calls, cpuSeconds }: LoadResult): number {
  return (cpuSeconds * 1e6) / calls;
}

/** At least a share of the yardstick. */
export function atLeast(share: number, yardstick: string): Target {
  return {
    text: `≥ ${share} × ${yardstick}`,
    isMet: (ours, yard) => ours >= share * yard,
  };
}

/** At most an amount in the figure's own unit. */
export function atMost(amount: number, unit: string): Target {
  return { text: `≤ ${amount} ${unit}`, isMet: (ours) => ours <= amount };
}

/** At most an amount over the yardstick, in the figure's own unit. */
export function atMostOver(amount: number, unit: string, yardstick: string): Target {
  return {
    text: `≤ ${yardstick} + ${amount} ${unit}`,
    isMet: (ours, yard) => ours <= yard + amount,
  };
}
