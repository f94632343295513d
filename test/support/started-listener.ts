import { onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../src/contract/clock.ts";
import { defaultLimits, type Limits } from "../../src/contract/limits.ts";
import type { RequestHandler } from "../../src/rpc/connection.ts";
import { type Listening, type ListenTLS, listen } from "../../src/rpc/listener.ts";
import { VirtualClock } from "./virtual-clock.ts";

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

/** Holds every request until it is released. */
export interface HoldingHandler {
  readonly handler: RequestHandler;
  /** Requests that came so far. */
  readonly held: number;
  /** Answers them all. */
  release(): void;
}

/** Makes a handler that answers when it is told. */
export function holdingHandler(): HoldingHandler {
  const answers: (() => void)[] = [];
  return {
    handler: (_request, response) => {
      answers.push(() => {
        response.writeHead(200);
        response.end();
      });
    },
    get held() {
      return answers.length;
    },
    release: () => {
      for (const answer of answers) answer();
    },
  };
}

/** Starts a listener for one test, in virtual time. */
export async function startInVirtualTime(
  handler: RequestHandler = answerVersion,
): Promise<StartedListener & { readonly clock: VirtualClock }> {
  const clock = new VirtualClock();
  return { clock, ...(await startListener({ clock, handler })) };
}
