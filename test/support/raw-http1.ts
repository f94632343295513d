import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A plain socket that keeps what it receives as text. */
export class RawHTTP1Client {
  readonly socket: Socket;
  /** Everything received so far. */
  text = "";
  #isClosed = false;
  readonly #waiters = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      this.text += chunk;
      this.#wake();
    });
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  /** Connects in plaintext. With `allowHalfOpen` it does not close when the server has ended. */
  static async connect(port: number, allowHalfOpen = false): Promise<RawHTTP1Client> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen });
    await once(socket, "connect");
    return new RawHTTP1Client(socket);
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Resolves when what was received fits. Rejects when the server closes before. */
  async received(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) {
      if (this.#isClosed) throw new Error(`the server closed after: ${this.text}`);
      await this.#change();
    }
  }

  /** Resolves with all that was received when the server has closed. */
  async closed(): Promise<string> {
    while (!this.#isClosed) await this.#change();
    return this.text;
  }

  async #change(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.add(resolve);
    await promise;
    this.#waiters.delete(resolve);
  }

  #wake(): void {
    for (const resolve of this.#waiters) resolve();
  }
}
