import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";

/** How one call ended. */
export interface CallOutcome {
  /** From its sending to its status, ms. */
  readonly ms: number;
  /** gRPC status; -1: the connection broke. */
  readonly status: number;
  /** `grpc-retry-pushback-ms`. Unset: none was sent. */
  readonly pushbackMs: number | undefined;
}

const path = "/nexen.connectors.v1.ConnectorService/Call";
const headers = {
  ":method": "POST",
  ":path": path,
  "content-type": "application/grpc+proto",
  te: "trailers",
};
/** Gap between two moments at which calls are sent, ms. */
const tickMs = 2;

/**
 * Unary calls over bare HTTP/2, so that whoever makes them costs little beside the server. All ask
 * the same.
 */
export class GrpcLoad {
  readonly #frame: Buffer;
  readonly #sessions: readonly ClientHttp2Session[];
  #next = 0;

  private constructor(message: Uint8Array, sessions: readonly ClientHttp2Session[]) {
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.length, 1);
    this.#frame = Buffer.concat([prefix, message]);
    this.#sessions = sessions;
  }

  /** Connects; calls go over the connections in turn. */
  static async connect(url: string, message: Uint8Array, connections: number): Promise<GrpcLoad> {
    const sessions = Array.from({ length: connections }, () => connect(url));
    await Promise.all(sessions.map((session) => once(session, "remoteSettings")));
    return new GrpcLoad(message, sessions);
  }

  /** So many callers who ask again as soon as they are answered, for so long. */
  async closed(callers: number, durationMs: number): Promise<readonly CallOutcome[]> {
    const outcomes: CallOutcome[] = [];
    const endMs = performance.now() + durationMs;
    const ask = async (): Promise<void> => {
      while (performance.now() < endMs) outcomes.push(await this.#call());
    };
    await Promise.all(Array.from({ length: callers }, ask));
    return outcomes;
  }

  /** So many calls a second for so long, whatever becomes of those before. */
  async open(perSecond: number, durationMs: number): Promise<readonly CallOutcome[]> {
    const calls: Promise<CallOutcome>[] = [];
    const startMs = performance.now();
    for (;;) {
      const elapsedMs = performance.now() - startMs;
      if (elapsedMs >= durationMs) return await Promise.all(calls);
      const due = Math.floor((elapsedMs * perSecond) / 1_000);
      while (calls.length < due) calls.push(this.#call());
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
  }

  /** Closes the connections. */
  close(): void {
    for (const session of this.#sessions) session.destroy();
  }

  #call(): Promise<CallOutcome> {
    this.#next = (this.#next + 1) % this.#sessions.length;
    const session = this.#sessions[this.#next];
    if (session === undefined) throw new Error("there is no connection");
    return new Promise((resolve) => {
      const startMs = performance.now();
      let status = -1;
      let pushbackMs: number | undefined;
      const read = (fields: Record<string, string | string[] | number | undefined>): void => {
        if (fields["grpc-status"] !== undefined) status = Number(fields["grpc-status"]);
        const pushback = fields["grpc-retry-pushback-ms"];
        if (pushback !== undefined) pushbackMs = Number(pushback);
      };
      const stream = session.request(headers);
      stream.on("response", read);
      stream.on("trailers", read);
      stream.on("error", () => undefined);
      stream.once("close", () => resolve({ ms: performance.now() - startMs, status, pushbackMs }));
      stream.resume();
      stream.end(this.#frame);
    });
  }
}
