// What a unary call costs between the lane and the HTTP client, in µs of CPU: validated, routed,
// planned, encoded, decoded and finished by the real composition, over a stand-in for HTTP that has
// the answer at once. Then how that grows with the size of the answer, with calls at once and with
// patterns of routes. `npm run bench:call`; `--seconds S` for longer rounds (a profile).
import { create } from "@bufbuild/protobuf";
import {
  type CallRequest,
  CallRequestSchema,
} from "../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { createConnectors } from "../src/connectors.ts";
import { systemClock } from "../src/contract/clock.ts";
import type { CallContext, ConnectorApi } from "../src/contract/connector-api.ts";
import type { RouteRule } from "../src/contract/target.ts";
import type { ProviderHttp } from "../src/http/http-client.ts";
import { openai } from "../src/providers/openai/index.ts";
import { benchTarget } from "./bench-target.ts";

const model = "gpt-4o-mini";
const rounds = 7;
const seconds = Number(process.argv[process.argv.indexOf("--seconds") + 1]) || 0.3;
const microsecondsMax = 15;
const patternsMicrosecondsMax = 5;
const crowdGrowthMax = 1.2;
const bytesGrowthMax = 1.5;

const chat = openai.dialects.chat;
if (chat === undefined) throw new Error("openai speaks no chat");
const target = benchTarget(openai, chat);

/** The headers that OpenAI sends, as far as anything reads them or has to pass them over. */
const headers = {
  date: "Mon, 02 Nov 2026 10:00:00 GMT",
  "content-type": "application/json",
  connection: "keep-alive",
  "openai-processing-ms": "412",
  "openai-version": "2020-10-01",
  "x-ratelimit-limit-requests": "30000",
  "x-ratelimit-limit-tokens": "150000000",
  "x-ratelimit-remaining-requests": "29999",
  "x-ratelimit-remaining-tokens": "149999967",
  "x-ratelimit-reset-requests": "2ms",
  "x-ratelimit-reset-tokens": "0s",
  "x-request-id": "req_0123456789abcdef0123456789abcdef",
  server: "cloudflare",
};

class OneChunk implements AsyncIterableIterator<Uint8Array> {
  #chunk: Uint8Array | undefined;

  constructor(chunk: Uint8Array) {
    this.#chunk = chunk;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const value = this.#chunk;
    this.#chunk = undefined;
    return Promise.resolve(
      value === undefined ? { done: true, value: undefined } : { done: false, value },
    );
  }
}

function answering(textBytes: number): ProviderHttp {
  const content = "The quick brown fox. ".repeat(textBytes / 20).slice(0, textBytes);
  const body = Buffer.from(
    JSON.stringify({
      id: "chatcmpl-0123456789",
      object: "chat.completion",
      created: 1_793_000_000,
      model: "gpt-4o-mini-2024-07-18",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content, refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: {
        prompt_tokens: 19,
        completion_tokens: 120,
        total_tokens: 139,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
      },
      service_tier: "default",
      system_fingerprint: "fp_0123456789",
    }),
  );
  return {
    send: () => Promise.resolve({ status: 200, headers, body: new OneChunk(body) }),
  };
}

function apiOf(http: ProviderHttp, routes: readonly RouteRule[] = []): ConnectorApi {
  return createConnectors({ targets: [target], http, routes }).api;
}

const request: CallRequest = create(CallRequestSchema, {
  request: {
    model,
    contents: [
      { role: Role.SYSTEM, message: "Be brief." },
      { role: Role.USER, message: "Tell of the quick brown fox. ".repeat(4) },
    ],
    maxOutputTokens: 256,
    temperature: 0.5,
  },
});

/** One call as the edge makes it: a deadline, and a signal of its own. */
async function callOnce(api: ConnectorApi): Promise<void> {
  const receivedMs = systemClock.now();
  const context: CallContext = {
    signal: new AbortController().signal,
    receivedMs,
    deadlineMs: receivedMs + 30_000,
    caller: "",
  };
  const { response } = await api.call(request, context);
  if (!response?.content?.message) throw new Error("the answer is empty");
}

/** µs of CPU a call, garbage collection included, with so many calls at once. */
async function cost(api: ConnectorApi, atOnce: number, forMs: number): Promise<number> {
  const startMs = performance.now();
  const start = process.cpuUsage();
  let calls = 0;
  while (performance.now() - startMs < forMs) {
    const batch = Array.from({ length: atOnce }, () => callOnce(api));
    await Promise.all(batch);
    calls += atOnce;
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / calls;
}

/** The same for several apis by turns, so that a busy machine is as busy for each: medians. */
async function costs(
  cases: readonly { readonly api: ConnectorApi; readonly atOnce: number }[],
): Promise<readonly number[]> {
  for (const { api, atOnce } of cases) await cost(api, atOnce, 300);
  const measured = cases.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { api, atOnce }] of cases.entries()) {
      measured[index]?.push(await cost(api, atOnce, seconds * 1000));
    }
  }
  return measured.map((all) => all.toSorted((a, b) => a - b)[rounds >> 1] ?? Number.NaN);
}

function judge(isRight: boolean, what: string): void {
  if (isRight) return;
  process.exitCode = 1;
  console.error(`too slow: ${what}`);
}

const [one = 0, sixteen = 0, thousand = 0] = await costs(
  [1, 16, 1000].map((atOnce) => ({ api: apiOf(answering(500)), atOnce })),
);
console.log(`µs a call of 500 bytes: ${one.toFixed(1)}`);
console.log(`16 and 1,000 at once: ${sixteen.toFixed(1)} ${thousand.toFixed(1)}`);
judge(sixteen <= microsecondsMax, `${sixteen.toFixed(1)} µs a call`);
judge(thousand <= one * crowdGrowthMax, `1,000 at once: ${thousand.toFixed(1)} µs a call`);

const routes = Array.from({ length: 1000 }, (_, index) => ({
  id: `route-${index}`,
  model: `our-model-${index}-.*`,
  targets: [target.name],
}));
const [plain = 0, routed = 0] = await costs([
  { api: apiOf(answering(500)), atOnce: 16 },
  { api: apiOf(answering(500), routes), atOnce: 16 },
]);
console.log(`1,000 patterns add: ${(routed - plain).toFixed(1)} µs`);
judge(routed - plain <= patternsMicrosecondsMax, `1,000 patterns: ${routed.toFixed(1)} µs a call`);

const sizes = [512, 64 * 1024, 1024 * 1024];
const bySize = await costs(sizes.map((size) => ({ api: apiOf(answering(size)), atOnce: 4 })));
const [small = 0, ...large] = bySize;
const perKiB = large.map((value, index) => (value - small) / ((sizes[index + 1] ?? 1) / 1024));
console.log(
  `µs a call of ${sizes.join(", ")} bytes: ${bySize.map((v) => v.toFixed(1)).join(", ")}`,
);
console.log(`µs a KiB beyond that: ${perKiB.map((value) => value.toFixed(3)).join(", ")}`);
const [middle = 0, most = 0] = perKiB;
judge(most <= middle * bytesGrowthMax, `${most.toFixed(3)} µs a KiB at 1 MiB`);
