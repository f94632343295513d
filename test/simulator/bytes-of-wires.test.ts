// Proves on bare sockets what directives and seeds do to the bytes of the wires that are no
// OpenAI's or Anthropic's own: lines, arrays, events and binary frames; and that a directive can
// stand in the name of a model that the path has.
import { EventStreamCodec } from "@smithy/eventstream-codec";
import { describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { post } from "./client.ts";
import { rawPost } from "./raw-client.ts";

const claude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const said = (text: string) => ({ messages: [{ role: "user", content: text }] });
const inParts = (text: string) => ({ contents: [{ role: "user", parts: [{ text }] }] });
const inBlocks = (text: string) => ({ messages: [{ role: "user", content: [{ text }] }] });
const body = { anthropic_version: "bedrock-2023-05-31", max_tokens: 900 };

interface Wire {
  readonly path: string;
  readonly request: (text: string) => object;
  /** The pieces of its streams. */
  readonly frames: (bytes: Buffer) => readonly string[];
}

const lines = (bytes: Buffer): string[] => bytes.toString("utf8").split("\n").slice(0, -1);
const events = (bytes: Buffer): string[] =>
  bytes
    .toString("utf8")
    .split(/\r?\n\r?\n/)
    .slice(0, -1);
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("utf8")),
  (text) => Buffer.from(text),
);

/** Messages as AWS's own codec reads them. Throws for a checksum that does not fit. */
function messages(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const { headers, body: payload } = codec.decode(bytes.subarray(at, at + length));
    const name = headers[":event-type"] ?? headers[":exception-type"];
    found.push(`${name?.value} ${Buffer.from(payload).toString("latin1")}`);
    at += length;
  }
  return found;
}

const gemini = "/v1beta/models/gemini-2.5-flash";
const wires: Readonly<Record<string, Wire>> = {
  "Gemini's events": {
    path: `${gemini}:streamGenerateContent?alt=sse`,
    request: inParts,
    frames: events,
  },
  "Gemini's array": { path: `${gemini}:streamGenerateContent`, request: inParts, frames: lines },
  Mistral: {
    path: "/mistral/v1/chat/completions",
    request: (text) => ({ ...said(text), model: "mistral-small-latest", stream: true }),
    frames: events,
  },
  Ollama: {
    path: "/api/chat",
    request: (text) => ({ ...said(text), model: "llama3.2:3b" }),
    frames: lines,
  },
  Cohere: {
    path: "/v2/chat",
    request: (text) => ({ ...said(text), model: "command-a-03-2025", stream: true }),
    frames: events,
  },
  Converse: {
    path: `/model/${encodeURIComponent(claude)}/converse-stream`,
    request: inBlocks,
    frames: messages,
  },
  "Claude at Bedrock": {
    path: `/model/${encodeURIComponent(claude)}/invoke-with-response-stream`,
    request: (text) => ({ ...said(text), ...body }),
    frames: messages,
  },
};

/** What is answered to the same body, whatever the directive. */
async function ask(wire: Wire, directive: string, seed = 1): Promise<Buffer> {
  const simulator = await startSimulator({ seed, clock: new VirtualClock() });
  try {
    const request = wire.request("Hello");
    return (await rawPost(simulator, wire.path, request, () => false, directive)).body;
  } finally {
    await simulator.close();
  }
}

const isJSON = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** The JSON of a frame, freed of its framing; of a chunk of Claude's, that of the event in it. */
function payload(frame: string): string {
  const text = frame
    .replace(/^(?:event: \S+\n)?data: |^[\w-]+ (?=\{)/, "")
    .replace(/^[[,](?=\{|\r?$)\r?/, "");
  const bytes = /^\{"bytes":"([^"]*)"/.exec(text)?.[1];
  return bytes === undefined ? text : Buffer.from(bytes, "base64").toString("latin1");
}

describe.each(Object.entries(wires))("%s", (_name, wire) => {
  it("gives the same bytes for the same seed, and other ones for another", async () => {
    const first = await ask(wire, "");
    expect(await ask(wire, "")).toEqual(first);
    expect(await ask(wire, "", 2)).not.toEqual(first);
    expect(wire.frames(first).length).toBeGreaterThan(3);
  });

  it("breaks the JSON of the first delta off, and its frame alone", async () => {
    const whole = wire.frames(await ask(wire, "chunks=9"));
    const broken = wire.frames(await ask(wire, "chunks=9 malformed"));
    expect(broken.length).toBe(whole.length);
    const odd = (frames: readonly string[]) =>
      frames.map(payload).filter((text) => !isJSON(text) && !["", "]", "[DONE]"].includes(text));
    expect(odd(whole)).toEqual([]);
    expect(odd(broken)).toHaveLength(1);
  });

  it("holds bytes that are not UTF-8, inside its frames", async () => {
    const frames = wire.frames(await ask(wire, "garbage-utf8"));
    const bytes = await ask(wire, "garbage-utf8");
    const garbage = Buffer.from([0xc3, 0x28, 0xff]);
    const inBase64 = frames.some((frame) => payload(frame).includes(garbage.toString("latin1")));
    expect(bytes.includes(garbage) || inBase64).toBe(true);
    expect(frames.length).toBeGreaterThan(3);
  });

  it("turns a single bit over", async () => {
    const whole = await ask(wire, "chunks=9");
    const flipped = await ask(wire, "chunks=9 flip-bit");
    expect(flipped.length).toBe(whole.length);
    const bits = [...whole].map((byte, at) => byte ^ (flipped[at] ?? 0)).filter((odd) => odd !== 0);
    expect(bits).toEqual([1]);
    if (wire.frames === messages) expect(() => messages(flipped)).toThrow(/checksum/i);
  });
});

describe("a directive in the name of a model", () => {
  const status = async (simulator: Simulator, path: string, request: object) =>
    (await post(simulator, path, request)).status;

  it("is found in paths and bodies", async () => {
    const simulator = await startSimulator();
    const mark = ":simulate:status=418";
    const ofGemini = `${gemini}${mark}:generateContent`;
    expect(await status(simulator, ofGemini, inParts("Hi"))).toBe(418);
    const ofBedrock = `/model/${encodeURIComponent(`${claude}${mark}`)}/converse`;
    expect(await status(simulator, ofBedrock, inBlocks("Hi"))).toBe(418);
    const ofAzure = `/openai/deployments/gpt-4o${mark}/chat/completions?api-version=2024-10-21`;
    expect(await status(simulator, ofAzure, said("Hi"))).toBe(418);
    const ollama = { ...said("Hi"), model: `llama3.2:3b${mark}` };
    expect(await status(simulator, "/api/chat", ollama)).toBe(418);
    await simulator.close();
  });
});
