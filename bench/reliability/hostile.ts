// T10: how long hostile input lets the event loop of a running server stand still: names made for
// backtracking, deep JSON, schemas, endless lines, a million events, packed bombs, a huge batch.
// `node bench/reliability/hostile.ts`.
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { conclude, measuringOptions, milliseconds } from "./measurement.ts";
import {
  answerJSON,
  beginStream,
  type ChatRequest,
  chatAnswer,
  chatEnd,
  chatEvent,
  chatTarget,
  ScriptedUpstream,
} from "./scripted-upstream.ts";
import { type LoopDelays, ServerProcess } from "./server-process.ts";

const targetMs = 50;
const patterns = ["(a+)+", "(a|a)*b", "(x+x+)+y", "([a-z]+)*[0-9]", "(.*a){20}"];
const mebibyte = 1024 * 1024;
const bomb = gzipSync(Buffer.alloc(256 * mebibyte));
const burst = chatEvent("x").repeat(10_000);

const { count, json } = measuringOptions("rounds", { usual: 20, quick: 3 });
const upstream = await ScriptedUpstream.listen(attack);
const routes = patterns.map(
  (pattern, index) => `  - { id: evil-${index}, model: '${pattern}', targets: [evil] }\n`,
);
const server = await ServerProcess.start({
  configuration:
    "limits: { loop_lag_ms: 60000 }\n" +
    `targets:\n${chatTarget("evil", upstream.baseURL)}routes:\n${routes.join("")}`,
});
const client: Client<typeof ConnectorService> = createClient(
  ConnectorService,
  createGrpcTransport({ baseUrl: server.url }),
);

/** What is sent once a round. Each is refused or answered; how is not what is measured. */
const attacks: Readonly<Record<string, () => Promise<unknown>>> = {
  "names for backtracking": async () => {
    for (const name of [`${"a".repeat(255)}!`, "x".repeat(256), "a".repeat(10 * 1024)]) {
      await settled(call("calm", name));
    }
  },
  "patterns and depth in a schema": async () => {
    await settled(callWithSchema({ type: "string", pattern: "^(a+)+$" }));
    await settled(callWithSchema(nested(1_000)));
    const properties = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`p${n}`, {}]));
    await settled(callWithSchema({ type: "object", properties }));
  },
  "deep JSON of a caller": async () => {
    for (const body of [
      "[".repeat(10_000),
      '{"request":'.repeat(10_000),
      "[".repeat(8 * mebibyte),
    ]) {
      await settled(postJSON(body));
    }
  },
  "deep JSON of a provider": () => settled(call("deep")),
  "a line without end": () => settled(stream("line")),
  "100,000 events at once": () => settled(stream("events")),
  "a packed bomb": () => settled(call("bomb")),
  "a batch of 10,000": () => settled(batch(10_000)),
};

await settled(call("calm"));
await settled(stream("calm"));
const calm = await watched(async () => {
  for (let round = 0; round < 50; round += 1) await settled(call("calm"));
});
const seen: (LoopDelays & { readonly name: string })[] = [];
for (const [name, send] of Object.entries(attacks)) {
  const delays = await watched(async () => {
    for (let round = 0; round < count; round += 1) {
      await send();
      await settled(call("calm"));
    }
  });
  process.stderr.write(`${name}: ${told(delays)}\n`);
  seen.push({ name, ...delays });
}
const worst = seen.toSorted((a, b) => b.p999WorkMs - a.p999WorkMs)[0];
const longest = seen.toSorted((a, b) => b.longestWorkMs - a.longestWorkMs)[0];
if (worst === undefined || longest === undefined) throw new Error("nothing was tried");
conclude(
  [
    {
      number: "T10",
      what: `the event loop stands still on hostile input of ${seen.length} kinds, in CPU time`,
      target: `p99.9 < ${targetMs} ms`,
      measured:
        `p99.9 ${milliseconds(worst.p999WorkMs)} (${worst.name}; by the clock ` +
        `${milliseconds(worst.p999Ms)}), longest ${milliseconds(longest.longestWorkMs)} ` +
        `(${longest.name}); calm calls p99.9 ${milliseconds(calm.p999WorkMs)}`,
      isGood: worst.p999WorkMs < targetMs,
    },
  ],
  json,
);
await server.kill();
await upstream.close();

function told({ p999WorkMs, longestWorkMs, p999Ms, longestMs }: LoopDelays): string {
  return (
    `p99.9 ${milliseconds(p999WorkMs)} of CPU, longest ${milliseconds(longestWorkMs)}; ` +
    `by the clock ${milliseconds(p999Ms)} and ${milliseconds(longestMs)}`
  );
}

async function watched(work: () => Promise<void>): Promise<LoopDelays> {
  await server.watchLoop();
  await work();
  return await server.loopDelays();
}

/** Waits for an end, good or bad: that there is one is all that counts. */
async function settled(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}

function requestFor(kind: string, model = "custom/m") {
  return { request: { model, contents: [{ role: Role.USER, message: kind }] } };
}

async function call(kind: string, model?: string): Promise<void> {
  await client.call(requestFor(kind, model), { timeoutMs: 20_000 });
}

async function stream(kind: string): Promise<void> {
  for await (const _ of client.streamCall(requestFor(kind), { timeoutMs: 20_000 }));
}

async function callWithSchema(parameters: object): Promise<void> {
  const { request } = requestFor("calm");
  const tools = [{ kind: { case: "function" as const, value: { name: "f", parameters } } }];
  await client.call({ request: { ...request, tools } } as never, { timeoutMs: 20_000 });
}

async function postJSON(body: string): Promise<void> {
  const response = await fetch(`${server.url}/${ConnectorService.typeName}/Call`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  await response.arrayBuffer();
}

async function batch(size: number): Promise<void> {
  const items = Array.from({ length: size }, (_, index) => ({
    id: String(index),
    request: requestFor("calm", index % 20 === 0 ? "no/such" : "custom/m").request,
  }));
  await client.batchCall({ items, maxConcurrency: 64 }, { timeoutMs: 300_000 });
}

function nested(depth: number): object {
  let schema: object = { type: "string" };
  for (let level = 0; level < depth; level += 1) schema = { type: "array", items: schema };
  return schema;
}

/** The provider. */
async function attack({ words: [kind] }: ChatRequest, response: ServerResponse): Promise<void> {
  switch (kind) {
    case "deep":
      answerJSON(response, `{"choices":${"[".repeat(200_000)}${"]".repeat(200_000)}}`);
      return;
    case "bomb":
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(bomb);
      return;
    case "line":
      beginStream(response);
      await writeAll(response, "data: ", "x".repeat(mebibyte), 100);
      return;
    case "events":
      beginStream(response);
      await writeAll(response, "", burst, 10);
      response.end(chatEvent("", "stop") + chatEnd);
      return;
    default:
      answerJSON(response, chatAnswer("calm"));
  }
}

/** Writes as fast as it is read, until the caller leaves. */
async function writeAll(
  response: ServerResponse,
  first: string,
  piece: string,
  pieces: number,
): Promise<void> {
  const gone = new Promise((resolve) => response.once("close", resolve));
  response.write(first);
  for (let sent = 0; sent < pieces && !response.destroyed; sent += 1) {
    if (response.write(piece)) continue;
    await Promise.race([gone, new Promise((resolve) => response.once("drain", resolve))]);
  }
}
