import { afterAll, beforeAll } from "vitest";
import { newLLM } from "../../src/connectors.ts";
import type { LLM } from "../../src/contract/llm.ts";
import { type LLMOption, withAPIKey, withBaseURL, withServer } from "../../src/contract/options.ts";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { canaryKey } from "../support/canary.ts";
import { openServer } from "../support/running-server.ts";

/** A way from the library to a provider. */
export interface Way {
  readonly name: string;
  /**
   * An LLM whose calls end at the file's simulator. Its key is the canary unless options say more.
   */
  open(model: string, ...options: readonly LLMOption[]): LLM;
}

/** What the ways of one test file lead to. */
export interface Scene {
  readonly simulator: Simulator;
  readonly serverURL: string;
}

/**
 * The server's targets outlive a case, unlike those in process: what fails in one case must not use
 * up what the next may do.
 */
const yaml =
  "resilience: { breaker_failures: 1000000, throttle_allowance: 1000000, budget_floor_per_second: 1000 }\n";

let scene: Scene | undefined;

/** The scene of this file. Fails outside its tests. */
export function theScene(): Scene {
  if (scene === undefined) throw new Error("there is no scene: call setScene first");
  return scene;
}

/**
 * Opens a simulator that takes only the canary as key, and a server before it, for one test file.
 */
export function setScene(): void {
  const open: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    const simulator = await startSimulator({ keys: [canaryKey] });
    open.push(() => simulator.close());
    const { anthropic, openai } = simulator.baseURLs;
    const environment = {
      ...{ ANTHROPIC_API_KEY: canaryKey, ANTHROPIC_BASE_URL: anthropic },
      ...{ OPENAI_API_KEY: canaryKey, OPENAI_BASE_URL: openai },
    };
    const { url } = await openServer({ yaml, environment }, (close) => open.push(close));
    scene = { simulator, serverURL: url };
  });
  afterAll(async () => {
    for (const close of open.toReversed()) await close();
  });
}

/** In process and by a server: everything must be the same. */
export const ways: readonly Way[] = [
  {
    name: "in process",
    open: (model, ...options) => {
      const { anthropic, openai } = theScene().simulator.baseURLs;
      const baseURL = model.startsWith("gpt") ? openai : anthropic;
      return newLLM(model, withAPIKey(canaryKey), withBaseURL(baseURL), ...options);
    },
  },
  {
    name: "by a server",
    open: (model, ...options) =>
      newLLM(model, withAPIKey(canaryKey), withServer(theScene().serverURL), ...options),
  },
];
