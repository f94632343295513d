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

/** Where a recorded request goes at the simulator. Undefined: its wire is not simulated. */
type Place = (recording: Recording) => string | undefined;

const paths: Readonly<Record<string, string>> = {
  "anthropic.messages": "/v1/messages",
  "anthropic.count_tokens": "/v1/messages/count_tokens",
  "openai.chat": "/v1/chat/completions",
  "openai.responses": "/v1/responses",
  "openai.responses.input_tokens": "/v1/responses/input_tokens",
  "mistral.chat": "/mistral/v1/chat/completions",
  "mistral.fim": "/mistral/v1/fim/completions",
  "ollama.chat": "/api/chat",
  "cohere.v2.chat": "/v2/chat",
};

const byAPI: Place = ({ api }) => paths[api];

/** The path and query it was recorded with. */
function asRecorded(apis: RegExp): Place {
  return ({ api, request }) => {
    if (!apis.test(api)) return undefined;
    return /^(?:https?:\/\/[^/]*)?(\/.*)$/.exec(request?.url ?? "")?.[1];
  };
}

/** The older Claude bodies and those of other makers are not simulated at Bedrock. */
const atBedrock: Place = (recording) => {
  const isInvoke = recording.api.includes("invoke");
  const isOld = isInvoke && JSON.stringify(recording.request?.body).includes('"prompt":');
  if (isInvoke && (isOld || !/anthropic\.claude/.test(recording.model ?? ""))) return undefined;
  return asRecorded(/bedrock\.(?:converse|invoke|countTokens)/)(recording);
};

/** Stands in a request for what only the provider that made it can know again. */
function replaceOpaque(text: string): string {
  return text
    .replaceAll(/("thought_?[sS]ignature":")[^"]+"/g, '$1skip_thought_signature_validator"')
    .replaceAll(/"call_REDACTED_(\d)"/g, '"callRED0$1"');
}

/** Refusals that are right for a simulator. */
const expected = [
  /Invalid `(?:signature|data|encrypted_content)` in/,
  /could not be verified/,
  /Item with id '.*' not found|Previous response with id '.*' not found/,
  /is not simulated|Missing required parameter: 'model'/,
  /CachedContent not found/,
  /Could not resolve the foundation model/,
  /The model `gpt-4-vision-preview` has been deprecated/,
];

interface Recording {
  readonly id: string;
  readonly api: string;
  readonly model: string | null;
  readonly request: { readonly url: string; readonly body: unknown } | null;
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

  it.each<[provider: string, takenMin: number, models: RegExp, place: Place]>([
    ["anthropic", 280, /^claude/, byAPI],
    ["openai", 480, /^(?:gpt|o\d)/, byAPI],
    ["gemini", 260, /./, asRecorded(/enerateContent|countTokens/)],
    ["vertex", 45, /./, asRecorded(/enerateContent|countTokens|anthropic\.messages/)],
    ["mistral", 70, /./, byAPI],
    ["ollama", 22, /./, byAPI],
    ["cohere", 38, /./, byAPI],
    ["bedrock", 110, /./, atBedrock],
    ["azure", 45, /./, asRecorded(/azure\.openai\.(?:chat|responses)$/)],
  ])("takes what %s took", { timeout: 120_000 }, async (provider, takenMin, models, place) => {
    const refused: string[] = [];
    let taken = 0;
    for (const recording of read(provider)) {
      const { id, model, request, response } = recording;
      const path = place(recording);
      const isBody = typeof request?.body === "object" && request.body !== null;
      if (!path || !isBody || response.status !== 200 || !models.test(model ?? "-")) continue;
      // A recording through somebody's gateway has the gateway's path.
      if (/^\/router/.test(path)) continue;
      // Most recordings lost their headers, and with them the names of the betas they used.
      const headers = { "anthropic-beta": "any-2026-01-01", "x-goog-api-key": "k" };
      const body = replaceOpaque(JSON.stringify(request.body));
      const reply = await post(simulator, path, body, headers);
      if (reply.status === 200) taken += 1;
      else if (!expected.some((words) => words.test(reply.text)))
        refused.push(`${id} ${reply.text}`);
    }
    expect(refused).toEqual([]);
    expect(taken).toBeGreaterThan(takenMin);
  });
});
