// What a chunk of a provider's stream costs from its bytes to the event that carries it, in µs of
// CPU, below sockets and RPC: the whole of the composition with heartbeats and resumption asked
// for. `full`: many chunks come in one read. `paced`: each comes in a read of its own, over 50
// streams at once. `×` is the multiple of what the least program takes that frames and parses the
// same. Then what an open stream holds, and what is left when all have ended.
// `npm run bench:stream [-- wire ...]`; fails where a chunk or a stream costs more than it
// may.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { create } from "@bufbuild/protobuf";
import { StreamCallRequestSchema } from "../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ResumePolicy } from "../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { createConnectors } from "../src/connectors.ts";
import { systemClock } from "../src/contract/clock.ts";
import type { ConnectorApi } from "../src/contract/connector-api.ts";
import type { HttpRequest, HttpResponse, ProviderHttp } from "../src/http/http-client.ts";
import { ResponseBody } from "../src/http/response-body.ts";
import { adapters } from "../src/providers/index.ts";
import { benchTarget } from "./bench-target.ts";
import { chunkedStreams, type StreamParts } from "./stream-path/chunked-streams.ts";

const fullMicrosecondsMax = 2;
const pacedMicrosecondsMax = 6;
const streamBytesMax = 50 * 1024;
const chunks = 200;
const readBytes = 16 * 1024;
const pacedStreams = 50;
const openStreams = 500;
const roundMs = 250;
const rounds = 7;

/** Gives each request one body, fed from outside. */
class FedHttp implements ProviderHttp {
  readonly bodies: ResponseBody[] = [];

  async send(_request: HttpRequest): Promise<HttpResponse> {
    const body = new ResponseBody({ resume: () => undefined, leave: () => undefined });
    this.bodies.push(body);
    return { status: 200, headers: { "content-type": "text/event-stream" }, body };
  }
}

/** One target for a wire, in front of bodies that are fed by hand. */
function composition(adapterName: string, dialectName: string) {
  const adapter = adapters.find(({ name }) => name === adapterName);
  const dialect = adapter?.dialects[dialectName];
  if (adapter === undefined || dialect === undefined)
    throw new Error(`no ${adapterName} ${dialectName}`);
  const http = new FedHttp();
  const connectors = createConnectors({
    http,
    targets: [benchTarget(adapter, dialect)],
    routes: [{ id: "bench", model: "bench", targets: ["bench"] }],
  });
  return { http, api: connectors.api };
}

const request = create(StreamCallRequestSchema, {
  request: { model: "bench", contents: [{ role: Role.USER, message: "Tell me all of it." }] },
  streamOptions: { heartbeatInterval: { seconds: 15n }, resume: ResumePolicy.CONTINUE },
});

/** Opens a stream and reads it to its end. Gives the number of characters in its deltas. */
async function readAll(api: ConnectorApi): Promise<number> {
  const receivedMs = systemClock.now();
  const { signal } = new AbortController();
  const context = { signal, receivedMs, deadlineMs: receivedMs + 600_000, caller: "bench" };
  let characters = 0;
  let isFinished = false;
  for await (const { event } of api.streamCall(request, context)) {
    if (event.case === "textDelta") characters += event.value.text.length;
    else if (event.case === "finished") isFinished = true;
  }
  if (!isFinished) throw new Error("a stream without its end");
  return characters;
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Feeds the same reads to bodies of their own, a read of each a turn. */
async function feed(bodies: readonly ResponseBody[], reads: readonly Buffer[]): Promise<void> {
  for (const read of reads) {
    for (const body of bodies) body.push(read);
    await turn();
  }
  for (const body of bodies) body.end();
}

async function streamed(
  { http, api }: ReturnType<typeof composition>,
  reads: readonly Buffer[],
  count: number,
): Promise<number> {
  const answers = Array.from({ length: count }, () => readAll(api));
  while (http.bodies.length < count) await turn();
  const [characters = 0] = await Promise.all([feed(http.bodies.splice(0), reads), ...answers]).then(
    ([, ...all]) => all,
  );
  return characters;
}

/** The least that a program must do: cut the events, parse them, join what they say. */
async function bare(parts: StreamParts, reads: readonly Buffer[], count: number): Promise<number> {
  const bodies = Array.from(
    { length: count },
    () => new ResponseBody({ resume: () => undefined, leave: () => undefined }),
  );
  const answers = bodies.map(async (body) => {
    let rest = "";
    let text = "";
    for await (const bytes of body) {
      const events = (rest + (bytes as Buffer).toString()).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) {
        const data = event.slice(event.indexOf("{"));
        if (data.startsWith("{")) text += parts.textOf(JSON.parse(data) as never) ?? "";
      }
    }
    return text.length;
  });
  await feed(bodies, reads);
  const [characters = 0] = await Promise.all(answers);
  return characters;
}

/** CPU of one chunk in µs: the median of the rounds. */
async function microsecondsOf(
  run: (count: number) => Promise<number>,
  count: number,
  characters: number,
): Promise<number> {
  const times: number[] = [];
  for (let round = -2; round < rounds; round += 1) {
    const start = process.cpuUsage();
    let elapsed = 0;
    let streams = 0;
    while (elapsed < roundMs * 1000) {
      const read = await run(count);
      if (read !== characters) throw new Error(`${read} characters in place of ${characters}`);
      streams += count;
      const { user, system } = process.cpuUsage(start);
      elapsed = user + system;
    }
    if (round >= 0) times.push(elapsed / streams / chunks);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
}

/** The bytes of a whole stream in reads of some size. */
function inReads(pieces: readonly string[]): readonly Buffer[] {
  const bytes = Buffer.from(pieces.join(""));
  return Array.from({ length: Math.ceil(bytes.length / readBytes) }, (_, index) =>
    bytes.subarray(index * readBytes, (index + 1) * readBytes),
  );
}

const collectGarbage = (() => {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
})();

function bytesHeld(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

/** Bytes that an open stream holds half way through, and those that are left of each afterwards. */
async function memoryOf(scene: ReturnType<typeof composition>, pieces: readonly Buffer[]) {
  const { http, api } = scene;
  const before = bytesHeld();
  const answers = Array.from({ length: openStreams }, () => readAll(api));
  while (http.bodies.length < openStreams) await turn();
  const bodies = http.bodies.splice(0);
  const half = pieces.length / 2;
  for (const read of pieces.slice(0, half)) {
    for (const body of bodies) body.push(Buffer.from(read));
    await turn();
  }
  const open = (bytesHeld() - before) / openStreams;
  for (const read of pieces.slice(half)) {
    for (const body of bodies) body.push(Buffer.from(read));
    await turn();
  }
  for (const body of bodies) body.end();
  await Promise.all(answers);
  bodies.length = 0;
  answers.length = 0;
  await turn();
  return { open, after: (bytesHeld() - before) / openStreams };
}

let failures = 0;

function judge(isRight: boolean, what: string): void {
  if (isRight) return;
  failures += 1;
  console.error(`too much: ${what}`);
}

const wanted = process.argv.slice(2);
console.log("µs a chunk                 full     ×   paced     ×   KB a stream open   after");
for (const [wire, parts] of Object.entries(chunkedStreams)) {
  if (wanted.length > 0 && !wanted.includes(wire)) continue;
  const pieces = parts.pieces(chunks);
  const full = inReads(pieces);
  const paced = pieces.map((piece) => Buffer.from(piece));
  const scene = composition(parts.adapter, parts.dialect);
  const { open, after } = await memoryOf(scene, paced);
  const characters = await bare(parts, full, 1);
  const cost = (reads: readonly Buffer[], count: number) =>
    microsecondsOf((streams) => streamed(scene, reads, streams), count, characters);
  const least = (reads: readonly Buffer[], count: number) =>
    microsecondsOf((streams) => bare(parts, reads, streams), count, characters);
  const fullCost = await cost(full, pacedStreams);
  const fullLeast = await least(full, pacedStreams);
  const pacedCost = await cost(paced, pacedStreams);
  const pacedLeast = await least(paced, pacedStreams);
  const figures = [fullCost, fullCost / fullLeast, pacedCost, pacedCost / pacedLeast];
  const columns = figures.map((figure, index) => figure.toFixed(2).padStart(index % 2 ? 6 : 8));
  const memory = [open, after].map((bytes) => (bytes / 1024).toFixed(1).padStart(10));
  console.log(`${wire.padEnd(23)}${columns.join("")}${memory.join("")}`);
  judge(fullCost <= fullMicrosecondsMax, `${wire}: ${fullCost.toFixed(1)} µs a chunk`);
  judge(pacedCost <= pacedMicrosecondsMax, `${wire}: ${pacedCost.toFixed(1)} µs a paced chunk`);
  judge(open <= streamBytesMax, `${wire}: ${Math.round(open)} bytes an open stream`);
}
process.exitCode = failures === 0 ? 0 : 1;
