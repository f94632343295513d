import { onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../src/contract/clock.ts";
import { defaultLimits, type Limits } from "../../src/contract/limits.ts";
import type { RequestHandler } from "../../src/rpc/connection.ts";
import { type Listening, type ListenTLS, listen } from "../../src/rpc/listener.ts";

/** What a test wants other than the defaults. */
export interface StartOptions {
  readonly handler?: RequestHandler;
  readonly limits?: Partial<Limits>;
  readonly tls?: ListenTLS;
  readonly clock?: Clock;
}

/** A listener on a free port, with what it reported; closed when the test ends. */
export interface StartedListener {
  readonly listening: Listening;
  readonly port: number;
  readonly faults: readonly unknown[];
}

/** Answers every request at once with the version of HTTP. */
const answerVersion: RequestHandler = (request, response) => {
  response.writeHead(200, { "content-type": "text/plain" });
  response.end(request.httpVersion);
};

/** Starts a listener for one test. */
export async function startListener(options: StartOptions = {}): Promise<StartedListener> {
  const faults: unknown[] = [];
  const listening = await listen({
    host: "127.0.0.1",
    port: 0,
    limits: { ...defaultLimits, ...options.limits },
    handler: options.handler ?? answerVersion,
    onFault: (error) => faults.push(error),
    clock: options.clock ?? systemClock,
    tls: options.tls,
  });
  onTestFinished(() => listening.close());
  return { listening, port: listening.port, faults };
}
