// T17: what a provider's word about waiting leads to, on the machine's clock: waits that fit are
// kept to exactly; one that does not fit is handed on at once. `node bench/reliability/retry-after.ts`.
import type { ServerResponse } from "node:http";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { connectorErrorFrom } from "../../src/rpc/error-status.ts";
import { conclude, inLanes, measuringOptions, milliseconds } from "./measurement.ts";
import {
  answerJSON,
  type ChatRequest,
  chatAnswer,
  chatTarget,
  ScriptedUpstream,
} from "./scripted-upstream.ts";
import { ServerProcess } from "./server-process.ts";

/** What a 429 says, and what must come of it. */
interface Hint {
  readonly headers: (nowMs: number) => Readonly<Record<string, string>>;
  /** A body of Google's, on its wire. */
  readonly googleBody?: string;
  /** The caller's deadline, ms. */
  readonly deadlineMs?: number;
  /** The second request comes so long after the first answer, ms: least and most. */
  readonly waitsMs?: readonly [least: number, most: number];
  /** The call ends at once, and says to wait so long, ms: least and most. */
  readonly tellsMs?: readonly [least: number, most: number];
}

const usualDeadlineMs = 20_000;
/** What a busy machine may add to a wait, and take to hand one on, ms. */
const slackMs = 500;
const googleBody = JSON.stringify({
  error: {
    code: 429,
    message: "slowly",
    status: "RESOURCE_EXHAUSTED",
    details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "0.4s" }],
  },
});

const googleAnswer = JSON.stringify({
  candidates: [{ content: { role: "model", parts: [{ text: "at last" }] }, finishReason: "STOP" }],
});

const hints: Readonly<Record<string, Hint>> = {
  "retry-after-ms: 250": { headers: say({ "retry-after-ms": "250" }), waitsMs: jittered(250) },
  "retry-after: 1": { headers: say({ "retry-after": "1" }), waitsMs: jittered(1_000) },
  "retry-after: 0.3": { headers: say({ "retry-after": "0.3" }), waitsMs: jittered(300) },
  "retry-after: 0": { headers: say({ "retry-after": "0" }), waitsMs: jittered(0) },
  "both, milliseconds win": {
    headers: say({ "retry-after": "9", "retry-after-ms": "300" }),
    waitsMs: jittered(300),
  },
  "a date": {
    // Dates have whole seconds: the next but one is 1 to 2 s away.
    headers: (nowMs) => ({ "retry-after": new Date(nowMs + 2_000).toUTCString() }),
    waitsMs: [1_000 - 5, 2_200 + slackMs],
  },
  "x-ratelimit-reset-requests: 350ms": {
    headers: say({ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "350ms" }),
    waitsMs: jittered(350),
  },
  "RetryInfo in the body": { headers: say({}), googleBody, waitsMs: jittered(400) },
  // What cannot be believed: the usual backoff of a throttle, at most 1 s.
  "retry-after: -1": { headers: say({ "retry-after": "-1" }), waitsMs: [0, 1_000 + slackMs] },
  "retry-after: NaN": { headers: say({ "retry-after": "NaN" }), waitsMs: [0, 1_000 + slackMs] },
  "retry-after: 1e9": { headers: say({ "retry-after": "1e9" }), waitsMs: [0, 1_000 + slackMs] },
  "a date that is past": {
    headers: (nowMs) => ({ "retry-after": new Date(nowMs - 60_000).toUTCString() }),
    waitsMs: [0, 1_000 + slackMs],
  },
  "90 s, over the cap of 60": {
    headers: say({ "retry-after": "90" }),
    deadlineMs: 300_000,
    tellsMs: [89_000, 90_000],
  },
  "10 s, with 5 s left": {
    headers: say({ "retry-after": "10" }),
    deadlineMs: 5_000,
    tellsMs: [9_000, 10_000],
  },
  "900 ms, with 800 left": {
    headers: say({ "retry-after-ms": "900" }),
    deadlineMs: 800,
    tellsMs: [500, 900],
  },
};

const { count, json } = measuringOptions("rounds", { usual: 10, quick: 2 });
const names = Object.keys(hints);
const arrivals = new Map<string, number[]>();
const upstream = await ScriptedUpstream.listen(limit);
const targets = Array.from({ length: names.length * count }, (_, index) =>
  chatTarget(
    `hint-${index}`,
    upstream.baseURL,
    hints[names[index % names.length] ?? ""]?.googleBody ? "gemini" : "openai-chat",
  ),
);
const server = await ServerProcess.start({
  configuration: `limits: { loop_lag_ms: 60000 }\ntargets:\n${targets.join("")}`,
});
const client = createClient(ConnectorService, createGrpcTransport({ baseUrl: server.url }));
const problems: string[] = [];
const excesses: number[] = [];
let waited = 0;
let told = 0;
await inLanes(names.length * count, 8, callOne);
const latest = Math.max(0, ...excesses.filter(Number.isFinite));
conclude(
  [
    {
      number: "T17",
      what: `a provider's wait, in ${names.length} spellings`,
      target: "kept to exactly if it fits, else handed on at once with RetryInfo",
      measured:
        `${waited} waits kept, never shorter, ${milliseconds(latest)} over the 10 % of jitter at ` +
        `most; ${told} handed on at once; ${problems.length} other ends`,
      isGood: problems.length === 0 && waited + told === names.length * count,
    },
  ],
  json,
);
for (const problem of problems.slice(0, 10)) process.stderr.write(`${problem}\n`);
await server.kill();
await upstream.close();

async function callOne(index: number): Promise<void> {
  const name = names[index % names.length] ?? "";
  const hint = hints[name];
  if (hint === undefined) return;
  const times: number[] = [];
  arrivals.set(String(index), times);
  const request = {
    request: { model: "custom/m", contents: [{ role: Role.USER, message: `${index}` }] },
    options: { target: `hint-${index}` },
  };
  const timeoutMs = hint.deadlineMs ?? usualDeadlineMs;
  const startMs = performance.now();
  let failure: ConnectError | undefined;
  try {
    await client.call(request, { timeoutMs });
  } catch (error) {
    failure = ConnectError.from(error);
  }
  const tookMs = performance.now() - startMs;
  const gapMs = (times[1] ?? Number.NaN) - (times[0] ?? Number.NaN);
  if (hint.waitsMs !== undefined) {
    const [least, most] = hint.waitsMs;
    if (failure === undefined && gapMs >= least && gapMs <= most) waited += 1;
    else
      problems.push(
        `${name}: asked again after ${gapMs} ms, ended with ${failure?.message} (${failure && connectorErrorFrom(failure).fields.metadata?.not_retried})`,
      );
    excesses.push(gapMs - (most - slackMs));
  } else if (hint.tellsMs !== undefined) {
    const [least, most] = hint.tellsMs;
    const saidMs = failure && connectorErrorFrom(failure).fields.retryAfterMs;
    const isTold = saidMs !== undefined && saidMs >= least && saidMs <= most;
    const isAtOnce = times.length === 1 && tookMs <= slackMs;
    if (failure?.code === Code.ResourceExhausted && isTold && isAtOnce) told += 1;
    else problems.push(`${name}: ${failure?.message}, ${saidMs} ms told, in ${tookMs} ms`);
  }
}

/** The provider: refuses the first request under each id, as its hint says. */
function limit({ words: [id = ""] }: ChatRequest, response: ServerResponse): void {
  const times = arrivals.get(id);
  const hint = hints[names[Number(id) % names.length] ?? ""];
  const nowMs = performance.now();
  times?.push(nowMs);
  if (times?.length === 1 && hint !== undefined) {
    const body = hint.googleBody ?? '{"error":{"message":"slowly"}}';
    answerJSON(response, body, 429, hint.headers(Date.now()));
  } else {
    answerJSON(response, hint?.googleBody ? googleAnswer : chatAnswer("at last"));
  }
}

function say(headers: Readonly<Record<string, string>>): Hint["headers"] {
  return () => headers;
}

/** Never shorter (but for the clock's own millisecond), and 10 % longer at most. */
function jittered(ms: number): readonly [number, number] {
  return [ms - 1, ms * 1.1 + slackMs];
}
