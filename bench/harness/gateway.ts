/** How a gateway is spoken to, as `load --protocol` has it. */
export type Protocol = "grpc" | "hop" | "connect-json" | "openai";

/** Something that can be measured: how it is started. */
export interface Gateway {
  /** Names it in tables and in `--json`. */
  readonly name: string;
  /** Version, as people should know it. */
  readonly version: string;
  /**
   * Starts it on the server's core and resolves when it takes connections. `upstream` is the base
   * URL of the mock, `http://127.0.0.1:PORT/v1`. Rejects, with its last words, when it does not.
   */
  start(upstream: string): Promise<RunningGateway>;
}

/** A gateway that takes calls. */
export interface RunningGateway {
  /** HOST:PORT. */
  readonly target: string;
  readonly protocol: Protocol;
  /** The process whose tree is measured. */
  readonly pid: number;
  /** Path of chat completions; only for `openai`. Default: `/v1/chat/completions`. */
  readonly path?: string;
  /** Further headers, `name: value`; only over HTTP/1.1. */
  readonly headers?: readonly string[];
  /** What stands before the model's name. Default: nothing. */
  readonly modelPrefix?: string;
  /** Ends its process and resolves when it is gone. */
  stop(): Promise<void>;
}
