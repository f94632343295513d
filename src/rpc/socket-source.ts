import type { Socket } from "node:net";

/** Where a listener takes accepted sockets from, in place of a port of its own. */
export interface SocketSource {
  /**
   * Begins to give sockets, nothing of which was read. Resolves with the port they come in by.
   * Rejects when there is no such port.
   */
  open(
    address: { readonly host: string; readonly port: number },
    accept: (socket: Socket) => void,
  ): Promise<number>;
  /** Asks for no more. One that still comes is the listener's to close. */
  close(): void;
}
