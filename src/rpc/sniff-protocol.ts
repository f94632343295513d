import type { Socket } from "node:net";

/** What a client of HTTP/2 sends first (RFC 9113, section 3.4). */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/**
 * Reads as little as tells HTTP/2 with prior knowledge from HTTP/1.1, gives the bytes back to the
 * socket and calls back once, on a paused socket. A socket that closes before is never decided;
 * bounding a slow one is the caller's duty.
 */
export function sniffProtocol(socket: Socket, decide: (protocol: "http1" | "http2") => void): void {
  let read = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    read = Buffer.concat([read, chunk]);
    const length = Math.min(read.length, preface.length);
    const isPrefix = read.subarray(0, length).equals(preface.subarray(0, length));
    if (isPrefix && length < preface.length) return;
    socket.pause();
    socket.off("data", onData);
    socket.unshift(read);
    decide(isPrefix ? "http2" : "http1");
  };
  socket.on("data", onData);
}
