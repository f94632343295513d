/** Variable by which a process knows that it is a worker, such as `2/4`: the second of four. */
export const workerVariable = "CONNECTORS_WORKER";

/** Processes that may share a port. */
export const workersMax = 64;

/** What a supervisor tells a worker. */
export type ToWorker =
  /** The port is open; a `connection` may follow. */
  | { readonly type: "listening"; readonly port: number }
  /** Comes with a socket, none if its client has left already. */
  | { readonly type: "connection"; readonly id: number }
  | { readonly type: "reload" }
  | { readonly type: "drain" };

/** What a worker tells its supervisor. */
export type FromWorker =
  /** Its configuration is good, and it wants connections to an address. */
  | { readonly type: "listen"; readonly host: string; readonly port: number }
  /** It serves. Silent: its log holds nothing. */
  | { readonly type: "ready"; readonly url: string; readonly isSilent: boolean }
  /** It cannot start: what is to be told, and the exit code. */
  | { readonly type: "failed"; readonly text: string; readonly exitCode: number }
  /** What is in force, for people. */
  | { readonly type: "report"; readonly text: string }
  /** A connection is the worker's from now on. */
  | { readonly type: "taken"; readonly id: number }
  /** A connection was not touched, and is somebody else's. */
  | { readonly type: "refused"; readonly id: number }
  /** A connection that was taken is closed. */
  | { readonly type: "closed" }
  /** It takes no connection any more. */
  | { readonly type: "leaving" };
