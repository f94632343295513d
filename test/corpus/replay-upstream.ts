import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What is answered under one path prefix. */
export interface Replay {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The pieces in which the body leaves, each in a write of its own. */
  readonly pieces: readonly Uint8Array[];
  /** How the body ends: whole, or with the connection torn. */
  readonly ending: "whole" | "reset";
}

/** A provider that answers every request under `/<key>/` with the replay of that key. */
export class ReplayUpstream {
  readonly #replays = new Map<string, Replay>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Starts one on a free port. */
  static async start(): Promise<ReplayUpstream> {
    const server = createServer();
    const upstream = new ReplayUpstream(server);
    server.on("request", (request, response) => void upstream.#answer(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return upstream;
  }

  /** The base URL under which the replay of a key is answered. */
  urlOf(key: string): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/${key}`;
  }

  /** Sets what is answered from now on under a key. */
  set(key: string, replay: Replay): void {
    this.#replays.set(key, replay);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const replay = this.#replays.get(request.url?.split("/")[1] ?? "");
    request.resume();
    await once(request, "end");
    if (replay === undefined) {
      response.writeHead(599).end();
      return;
    }
    response.on("error", () => undefined);
    response.writeHead(replay.status, { ...replay.headers });
    for (const piece of replay.pieces) {
      if (response.destroyed) return;
      await new Promise<void>((resolve) => response.write(piece, () => resolve()));
    }
    if (replay.ending === "reset") response.destroy();
    else response.end();
  }
}
