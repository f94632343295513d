import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import {
  answerJSON,
  beginStream,
  type ChatRequest,
  chatAnswer,
  chatEnd,
  chatEvent,
  ScriptedUpstream,
} from "../../bench/reliability/scripted-upstream.ts";

/** What arrived at the provider under one id. */
export interface Arrival {
  /** Requests with the id. */
  readonly requests: number;
  /** Those whose connection was closed before the answer was complete. */
  readonly left: number;
}

/**
 * A provider without faults that takes its time, and knows what it was asked: a unary message is
 * `id delayMs`, that of a stream `id deltas pauseMs`.
 */
export class SteadyUpstream {
  readonly #arrivals = new Map<string, { requests: number; left: number }>();
  #upstream: ScriptedUpstream | undefined;

  /** Listens. Resolves with what is configured as `base_url`. */
  async listen(): Promise<string> {
    this.#upstream = await ScriptedUpstream.listen((chat, response) =>
      this.#answer(chat, response),
    );
    return this.#upstream.baseURL;
  }

  /** What came under an id, which is forgotten. */
  take(id: string): Arrival {
    const arrival = this.#arrivals.get(id) ?? { requests: 0, left: 0 };
    this.#arrivals.delete(id);
    return arrival;
  }

  async close(): Promise<void> {
    await this.#upstream?.close();
  }

  async #answer({ words, isStream }: ChatRequest, response: ServerResponse): Promise<void> {
    const [id = "", first = "", second = ""] = words;
    const arrival = this.#arrivals.get(id) ?? { requests: 0, left: 0 };
    this.#arrivals.set(id, arrival);
    arrival.requests += 1;
    response.once("close", () => {
      if (!response.writableFinished) arrival.left += 1;
    });
    if (!isStream) {
      await sleep(Number(first));
      answerJSON(response, chatAnswer(id));
      return;
    }
    beginStream(response);
    for (let delta = 0; delta < Number(first) && !response.destroyed; delta += 1) {
      response.write(chatEvent(`${id} `));
      await sleep(Number(second));
    }
    response.end(chatEvent("", "stop") + chatEnd);
  }
}
