// Proves that the simulator is no stricter than the providers: it takes every recorded request that
// a provider took, but for what only that provider can know again or what is documented as not
// simulated.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { post } from "./client.ts";

const corpus = process.env.CONNECTORS_CORPUS ?? "";
const isThere = existsSync(join(corpus, "exchanges-anthropic.jsonl"));
if (!isThere) {
  console.log("test/simulator/recorded-requests.test.ts is skipped: CONNECTORS_CORPUS is not set.");
}

const paths: Readonly<Record<string, string>> = {
  "anthropic.messages": "/v1/messages",
  "anthropic.count_tokens": "/v1/messages/count_tokens",
  "openai.chat": "/v1/chat/completions",
  "openai.responses": "/v1/responses",
  "openai.responses.input_tokens": "/v1/responses/input_tokens",
};

/** Refusals that are right for a simulator. */
const expected = [
  /Invalid `(?:signature|data|encrypted_content)` in/,
  /could not be verified/,
  /Item with id '.*' not found|Previous response with id '.*' not found/,
  /is not simulated|Missing required parameter: 'model'/,
  /The model `gpt-4-vision-preview` has been deprecated/,
];

interface Recording {
  readonly id: string;
  readonly api: string;
  readonly model: string | null;
  readonly request: { readonly body: unknown } | null;
  readonly response: { readonly status: number };
}

function read(provider: string): Recording[] {
  const lines = readFileSync(join(corpus, `exchanges-${provider}.jsonl`), "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

describe.skipIf(!isThere)("the simulator", () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  it.each([
    ["anthropic", 280, /^claude/],
    ["openai", 480, /^(?:gpt|o\d)/],
  ])("takes what %s took", { timeout: 120_000 }, async (provider, takenMin, models) => {
    const refused: string[] = [];
    let taken = 0;
    for (const { id, api, model, request, response } of read(provider)) {
      const path = paths[api];
      const isBody = typeof request?.body === "object" && request.body !== null;
      if (!path || !isBody || response.status !== 200 || !models.test(model ?? "")) continue;
      // Most recordings lost their headers, and with them the names of the betas they used.
      const headers = { "anthropic-beta": "any-2026-01-01" };
      const reply = await post(simulator, path, request.body, headers);
      if (reply.status === 200) taken += 1;
      else if (!expected.some((words) => words.test(reply.text)))
        refused.push(`${id} ${reply.text}`);
    }
    expect(refused).toEqual([]);
    expect(taken).toBeGreaterThan(takenMin);
  });
});
