// T7: how long after its limit a provider that has stopped is given up, at each stage of an answer,
// on the machine's clock: `node bench/reliability/stall.ts`.
import type { ServerResponse } from "node:http";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { conclude, inLanes, measuringOptions, milliseconds } from "./measurement.ts";
import {
  beginStream,
  type ChatRequest,
  chatEvent,
  chatTarget,
  ScriptedUpstream,
} from "./scripted-upstream.ts";
import { ServerProcess } from "./server-process.ts";

const limitMs = 400;
const lateMsMax = 1_000;
const lanes = 16;
/** Time that a connection has to close once its call has ended, ms. */
const patienceMs = 5_000;
const event = chatEvent("word ");

/** A stage of an answer: what comes before the silence, and how the call is to end. */
interface Stage {
  readonly name: string;
  readonly streams: boolean;
  /** Sent at once. Undefined: not even the head. */
  readonly before: string | undefined;
  /** Sent again and again in what is to count as silence, character by character. */
  readonly trickle?: string;
  readonly expected: Code | undefined;
}

const stages: readonly Stage[] = [
  { name: "unary, no head", streams: false, before: undefined, expected: Code.Unavailable },
  { name: "unary, half a body", streams: false, before: '{"id":', expected: Code.Unavailable },
  { name: "no head", streams: true, before: undefined, expected: Code.Unavailable },
  { name: "no event", streams: true, before: "", expected: Code.Unavailable },
  {
    name: "keep-alive comments only",
    streams: true,
    before: "",
    trickle: ": ping\n\n",
    expected: Code.Unavailable,
  },
  {
    name: "an event that never ends",
    streams: true,
    before: "data: ",
    trickle: " ",
    expected: Code.Unavailable,
  },
  { name: "after a delta", streams: true, before: event, expected: Code.Unavailable },
  { name: "after ten", streams: true, before: event.repeat(10), expected: Code.Unavailable },
  {
    name: "comments after ten",
    streams: true,
    before: event.repeat(10),
    trickle: ": ping\n\n",
    expected: Code.Unavailable,
  },
  {
    name: "after the last one",
    streams: true,
    before: event + chatEvent("", "stop"),
    expected: undefined,
  },
];

const { count, json } = measuringOptions("calls", { usual: 400, quick: 80 });
/** Milliseconds over the limit, by call. */
const late = new Map<string, PromiseWithResolvers<number>>();
const surprises: string[] = [];
const upstream = await ScriptedUpstream.listen(stall);
const seconds = `${limitMs}ms`;
// Targets that do nothing but stall would be spared, and no provider asked.
const patient =
  "breaker_failures: 1000000, breaker_silent_failures: 1000000, throttle_allowance: 1000000";
const server = await ServerProcess.start({
  configuration:
    `defaults: { attempt_timeout: ${seconds}, first_delta_timeout: ${seconds}, idle_timeout: ${seconds}, retry: { max_attempts: 1 } }\n` +
    `resilience: { ${patient} }\n` +
    `targets:\n${stages.map((_, index) => chatTarget(`stage-${index}`, upstream.baseURL)).join("")}`,
});
const client = createClient(ConnectorService, createGrpcTransport({ baseUrl: server.url }));
const lateMs: number[] = [];
await inLanes(count, lanes, async (index) => {
  lateMs.push(await callOne(String(index), index % stages.length));
});

const latest = Math.max(...lateMs);
conclude(
  [
    {
      number: "T7",
      what: `a provider that has stopped is given up, at ${stages.length} stages, limits of ${limitMs} ms`,
      target: "limit + 1 s",
      measured: `limit + ${milliseconds(latest)} at most, in ${lateMs.length} calls`,
      isGood: latest <= lateMsMax && surprises.length === 0,
    },
  ],
  json,
);
for (const surprise of surprises.slice(0, 10)) process.stderr.write(`${surprise}\n`);
await server.kill();
await upstream.close();

/** Resolves with the time over the limit, ms. */
async function callOne(id: string, index: number): Promise<number> {
  const stage = stages[index];
  const closed = Promise.withResolvers<number>();
  late.set(id, closed);
  const message = `${id} ${index}`;
  const request = {
    request: { model: "custom/slow", contents: [{ role: Role.USER, message }] },
    options: { target: `stage-${index}` },
  };
  let code: Code | undefined;
  try {
    if (stage?.streams) for await (const _ of client.streamCall(request));
    else await client.call(request);
  } catch (error) {
    code = ConnectError.from(error).code;
  }
  if (code !== stage?.expected) surprises.push(`${stage?.name}: ended with ${code && Code[code]}`);
  const timer = setTimeout(() => closed.resolve(Number.POSITIVE_INFINITY), patienceMs);
  const overMs = await closed.promise;
  clearTimeout(timer);
  return overMs;
}

/** The provider: stops, and measures from there to the end of the connection. */
function stall({ words: [id = "", index = ""] }: ChatRequest, response: ServerResponse): void {
  const stage = stages[Number(index)];
  let timer: NodeJS.Timeout | undefined;
  if (stage?.before !== undefined) {
    if (stage.streams) beginStream(response);
    else response.writeHead(200, { "content-type": "application/json" });
    if (stage.before !== "") response.write(stage.before);
    const { trickle } = stage;
    if (trickle) timer = setInterval(() => response.write(trickle), limitMs / 10);
  }
  const stoppedMs = performance.now();
  response.once("close", () => {
    clearInterval(timer);
    late.get(id)?.resolve(performance.now() - stoppedMs - limitMs);
  });
}
