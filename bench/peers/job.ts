/** What is asked of a peer for a while. */
export interface Job {
  /** `bench-500b`, `bench-200x10b` or `bench-200x10b-100ms`: what the upstream answers. */
  readonly model: string;
  readonly stream: boolean;
  /** Calls at once, one after another in each place. Either this or `rate`. */
  readonly concurrency?: number;
  /** Calls a second that begin, whatever became of those before. */
  readonly rate?: number;
  readonly seconds: number;
  /** The same before it, not counted. */
  readonly warmupSeconds: number;
}

/** Percentiles, ms. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** Resident memory of a process tree, MB of 10^6 bytes. */
export interface Memory {
  readonly before: number;
  readonly peak: number;
  readonly after: number;
}

/** What became of a job. Times are of the calls that ended within its seconds. */
export interface JobResult {
  readonly calls: number;
  readonly chunks: number;
  /** Calls that failed. */
  readonly errors: number;
  /** Calls that were answered, but not with what the upstream had said. */
  readonly wrong: number;
  readonly seconds: number;
  /** User and system time of the peer's process tree. */
  readonly cpuSeconds: number;
  readonly latencyMs: Percentiles;
  readonly firstChunkMs: Percentiles;
  readonly rssMB: Memory;
}
