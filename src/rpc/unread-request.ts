import { constants, type ServerHttp2Stream } from "node:http2";
import type { Readable } from "node:stream";
import type { Clock } from "../contract/clock.ts";

/** First and longest gap between two looks at whether an answer has left, ms. */
const pollMsMin = 5;
const pollMsMax = 1_000;

/**
 * Lets a handler stop reading a request without harm. Leaving a `for await` loop over a stream
 * destroys it, and destroying an HTTP/1.1 request destroys the socket before the answer is sent.
 */
export function keepAfterReading(request: Readable): void {
  request[Symbol.asyncIterator] = () => request.iterator({ destroyOnReturn: false });
}

/**
 * Ends an HTTP/2 stream whose answer is complete although its request is not, as RFC 9113 asks
 * in section 8.1. A client that reads only when all is sent would otherwise wait for ever.
 */
export function endUnreadStream(stream: ServerHttp2Stream, request: Readable, clock: Clock): void {
  const look = (delayMs: number): void => {
    if (stream.destroyed || stream.closed) return;
    const { localClose, remoteClose } = stream.state;
    if (remoteClose === 1) return;
    // A reset before the trailers have left would take their place.
    if (localClose === 1) stream.close(constants.NGHTTP2_NO_ERROR);
    else clock.schedule(delayMs, () => look(Math.min(delayMs * 2, pollMsMax)));
  };
  stream.once("finish", () => {
    if (stream.readableEnded) return;
    // Bytes that wait unread would keep the stream after both sides have ended.
    request.resume();
    look(pollMsMin);
  });
}

/**
 * Reads the rest of an HTTP/1.1 request that was answered early and throws it away, so that the
 * answer reaches a client that is still sending. `onEnd` is called when all of it was read,
 * `onExcess` when it is longer than `bytesMax`.
 */
export function discardRequest(
  request: Readable,
  bytesMax: number,
  onEnd: () => void,
  onExcess: () => void,
): void {
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > bytesMax) onExcess();
  });
  request.once("end", onEnd);
  request.resume();
}
