import { constants, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "../contract/clock.ts";
import type { Limits } from "../contract/limits.ts";
import { lingerMs } from "./connection.ts";

const windowMs = 10_000;

/** Bytes of a PING frame, which are also those of its acknowledgement. */
const pingBytes = 17;

/** Counts events in windows of 10 s. */
class WindowCounter {
  readonly #limit: number;
  readonly #clock: Clock;
  #startMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(limit: number, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Counts one. Says whether the window has now seen more than the limit. */
  exceeds(): boolean {
    const nowMs = this.#clock.now();
    if (nowMs - this.#startMs >= windowMs) {
      this.#startMs = nowMs;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count > this.#limit;
  }
}

/**
 * Watches what costs a client nothing and the server something: pings, SETTINGS frames and
 * streams that end by a reset, as in CVE-2019-9512, CVE-2019-9515 and CVE-2023-44487. Over the
 * limit the session ends with GOAWAY ENHANCE_YOUR_CALM.
 *
 * A ping is free when data went to the client since the ping before it: clients measure the
 * bandwidth of a busy stream with one ping for each round trip (gRFC A8 lets them).
 */
export class HTTP2Guard {
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #resets: WindowCounter;
  #pingsSeen = 0;
  #dataBytesSeen = 0;
  #isEnding = false;

  constructor(session: ServerHttp2Session, socket: Socket, limits: Limits, clock: Clock) {
    this.#session = session;
    this.#socket = socket;
    this.#clock = clock;
    this.#resets = new WindowCounter(limits.resetsPer10s, clock);
    const pings = new WindowCounter(limits.pingsPer10s, clock);
    const settings = new WindowCounter(limits.settingsPer10s, clock);
    session.on("ping", () => {
      if (!this.#isPingFree() && pings.exceeds()) this.#endSession();
    });
    session.on("remoteSettings", () => {
      if (settings.exceeds()) this.#endSession();
    });
  }

  /** Counts a stream that ended by a reset, whoever sent it. */
  countReset(): void {
    if (this.#resets.exceeds()) this.#endSession();
  }

  #isPingFree(): boolean {
    const dataBytes = this.#socket.bytesWritten - this.#pingsSeen * pingBytes;
    this.#pingsSeen += 1;
    if (dataBytes <= this.#dataBytesSeen) return false;
    this.#dataBytesSeen = dataBytes;
    return true;
  }

  #endSession(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#clock.schedule(lingerMs, () => this.#socket.destroy());
    // Events come from inside nghttp2, and a session destroyed in there loses its GOAWAY.
    setImmediate(() => {
      const error = new Error("the client floods its connection");
      this.#session.destroy(error, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });
  }
}
