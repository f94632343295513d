import type { Socket } from "node:net";
import type { SocketSource } from "../rpc/socket-source.ts";
import { type FromWorker, type ToWorker, workerVariable } from "./worker-messages.ts";

/** What a worker does when its supervisor wants it to. */
export interface WorkerDuties {
  reload(): void;
  /** Also when the supervisor is gone. */
  drain(): void;
}

/** The place of this process under a supervisor. */
export class WorkerSeat implements SocketSource {
  /** 1 to `workers`; stands in the lines of the log. */
  readonly number: number;
  /** Processes that share the port. */
  readonly workers: number;
  #duties: WorkerDuties | undefined;
  /** What was wanted before it was known how it is done. */
  #wanted: "reload" | "drain" | undefined;
  #accept: ((socket: Socket) => void) | undefined;
  #opened: ((port: number) => void) | undefined;

  private constructor(number: number, workers: number) {
    this.number = number;
    this.workers = workers;
    process.on("message", (message, socket) =>
      this.#hear(message as ToWorker, socket as Socket | undefined),
    );
    process.once("disconnect", () => this.#onOrphaned());
  }

  /** The place of this process. Unset: it has none, and serves alone. */
  static take(environment: NodeJS.ProcessEnv): WorkerSeat | undefined {
    const [, number, workers] = /^(\d+)\/(\d+)$/.exec(environment[workerVariable] ?? "") ?? [];
    if (process.send === undefined || number === undefined) return undefined;
    return new WorkerSeat(Number(number), Number(workers));
  }

  /** Says what is to be done; what was wanted before is done at once. */
  perform(duties: WorkerDuties): void {
    this.#duties = duties;
    if (this.#wanted !== undefined) duties[this.#wanted]();
  }

  open(
    { host, port }: { readonly host: string; readonly port: number },
    accept: (socket: Socket) => void,
  ): Promise<number> {
    this.#accept = accept;
    const opened = new Promise<number>((resolve) => {
      this.#opened = resolve;
    });
    this.tell({ type: "listen", host, port });
    return opened;
  }

  close(): void {
    this.#accept = undefined;
    this.tell({ type: "leaving" });
  }

  /** Ends the process, once the supervisor knows why it cannot start. */
  fail(text: string, exitCode: number): void {
    const exit = (): never => process.exit(exitCode);
    if (process.connected) process.send?.({ type: "failed", text, exitCode }, exit);
    else exit();
  }

  /** Tells the supervisor something. One that is gone does not hear it. */
  tell(message: FromWorker): void {
    if (process.connected) process.send?.(message, undefined, undefined, ignore);
  }

  #hear(message: ToWorker, socket: Socket | undefined): void {
    switch (message.type) {
      case "listening":
        this.#opened?.(message.port);
        break;
      case "connection":
        this.#take(message.id, socket);
        break;
      case "reload":
      case "drain":
        if (this.#duties) this.#duties[message.type]();
        else this.#wanted = message.type;
        break;
      default:
        message satisfies never;
    }
  }

  /** Nobody brings new connections any more, and nobody else would end this process. */
  #onOrphaned(): void {
    if (this.#duties) this.#duties.drain();
    else process.exit(1);
  }

  /** Nothing is read before this turn ends: who is not told `taken` can give it to another. */
  #take(id: number, socket: Socket | undefined): void {
    if (this.#accept === undefined) {
      socket?.destroy();
      this.tell({ type: "refused", id });
      return;
    }
    this.tell({ type: "taken", id });
    if (socket === undefined) {
      this.tell({ type: "closed" });
      return;
    }
    socket.once("close", () => this.tell({ type: "closed" }));
    this.#accept(socket);
  }
}

/** A supervisor that died between two messages is told of by `disconnect`. */
function ignore(): void {}
