// Proves that a conversation with a picture, thinking and tools can begin at any provider, go on at
// any other and come back: no provider refuses its request, what belongs to the first one reaches
// it unchanged when it is asked again (ids of calls, signatures, sealed thinking), and what cannot
// travel is a Warning. All pairs, simulated.
import { create } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import {
  type Content,
  ContentSchema,
  type LLMResponse,
  type Part,
  Role,
  type Warning,
  WarningKind,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { clientOver, wires } from "../support/rpc-client.ts";
import { openServer } from "../support/running-server.ts";

/**
 * Each wire as a target: its keys, the simulated provider it is led to, and a model that thinks.
 */
interface Place {
  readonly keys: string;
  readonly wire: string;
  readonly model: string;
  /** Whether the provider gives calls no ids, so that made-up ones need not come back. */
  readonly hasNoIDs?: true;
}

const places: Readonly<Record<string, Place>> = {
  anthropic: { keys: "adapter: anthropic", wire: "anthropic", model: "claude-sonnet-4-5" },
  "openai chat": { keys: "adapter: openai", wire: "openai", model: "gpt-5-mini" },
  "openai responses": {
    keys: "adapter: openai, dialect: responses",
    wire: "openai",
    model: "gpt-5-mini",
  },
  google: { keys: "adapter: google", wire: "google", model: "gemini-3-flash-preview" },
  "google, older": {
    keys: "adapter: google",
    wire: "google",
    model: "gemini-2.5-flash",
    hasNoIDs: true,
  },
  mistral: { keys: "adapter: mistral", wire: "mistral", model: "magistral-medium-latest" },
  "llama openai-chat": { keys: "adapter: llama", wire: "compatible", model: "llama-3.3-70b" },
  ollama: { keys: "adapter: llama, dialect: ollama", wire: "ollama", model: "qwen3:8b" },
  cohere: {
    keys: "adapter: custom, dialect: cohere",
    wire: "cohere",
    model: "command-a-reasoning-08-2025",
  },
  "bedrock converse": {
    keys: "adapter: anthropic, host: bedrock, dialect: bedrock-converse, region: us-east-1",
    wire: "bedrock",
    model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  },
  "bedrock invoke": {
    keys: "adapter: anthropic, host: bedrock, region: us-east-1",
    wire: "bedrock",
    model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  },
  "azure openai": { keys: "adapter: openai, host: azure", wire: "azure", model: "gpt-5-mini" },
  "claude on vertex": {
    keys: "adapter: anthropic, host: vertex, region: us-east5, project: p",
    wire: "vertex",
    model: "claude-sonnet-4-5@20250929",
  },
  "gemini on vertex": {
    keys: "adapter: google, host: vertex, region: us-central1, project: p",
    wire: "vertex",
    model: "gemini-2.5-flash",
    hasNoIDs: true,
  },
};
const names = Object.keys(places);

const schema = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const tools = [
  { name: "get_time", description: "Tells the time", parameters: schema },
  { name: "get_weather", description: "Tells the weather", parameters: schema },
];
const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

let simulator: Simulator;
let client: Client<typeof ConnectorService>;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  simulator = await startSimulator();
  closers.push(() => simulator.close());
  const urls: Readonly<Record<string, string>> = simulator.baseURLs;
  const lines = Object.values(places).map(({ keys, wire }, index) => {
    const rest = `base_url: "${urls[wire]}", api_key: sk-pairs-key, egress: { allow_private: true }`;
    return `  - { name: t${index}, ${keys}, ${rest} }\n`;
  });
  const yaml = `targets:\n${lines.join("")}`;
  const server = await openServer({ yaml }, (close) => closers.push(close));
  client = clientOver(wires[0]!, server.url);
});

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

async function ask(place: string, contents: readonly Content[]): Promise<LLMResponse> {
  const model = places[place]?.model ?? "";
  const { response } = await client.call({
    request: {
      model,
      contents: [...contents],
      tools,
      maxOutputTokens: 4096,
      thinking: { effort: "low", include: true },
    },
    options: { target: `t${names.indexOf(place)}` },
  });
  if (response?.content === undefined) throw new Error("no answer");
  return response;
}

function user(message: string, ...parts: Part[]): Content {
  return create(ContentSchema, { role: Role.USER, message, parts });
}

function first(): Content {
  return create(ContentSchema, {
    role: Role.USER,
    parts: [
      {
        kind: {
          case: "media",
          value: { mimeType: "image/png", source: { case: "data", value: picture } },
        },
      },
      { kind: { case: "text", value: { text: "Think, then call get_time for this city." } } },
    ],
  });
}

/** Results for every call of an answer. */
function resultsOf({ content }: LLMResponse): Content {
  const parts = (content?.parts ?? []).flatMap(({ kind }) =>
    kind.case === "toolCall"
      ? [
          {
            kind: {
              case: "toolResult" as const,
              value: {
                toolCallId: kind.value.id,
                parts: [{ kind: { case: "text" as const, value: { text: "noon" } } }],
              },
            },
          },
        ]
      : [],
  );
  return create(ContentSchema, { role: Role.TOOL, parts });
}

/**
 * Marks of a provider's answer that must come back to it: signatures, sealed thinking, ids of
 * calls.
 */
function marksOf({ content }: LLMResponse, place: string): readonly string[] {
  return (content?.parts ?? []).flatMap(({ kind }) => {
    if (kind.case === "toolCall") return places[place]?.hasNoIDs ? [] : [kind.value.id];
    if (kind.case !== "thinking") return [];
    const { signature, redacted } = kind.value;
    return [signature, Buffer.from(redacted).toString()].filter((mark) => mark !== "");
  });
}

function losses(warnings: readonly Warning[]): readonly string[] {
  return warnings
    .filter(({ kind }) => kind === WarningKind.DROPPED || kind === WarningKind.CHANGED)
    .map(({ field }) => field);
}

describe.each(names)("from %s", (a) => {
  it.each(names)("to %s and back", async (b) => {
    const opening = [first()];
    const one = await ask(a, opening);
    expect(one.content?.parts.some(({ kind }) => kind.case === "toolCall")).toBe(true);
    const second = [...opening, one.content!, resultsOf(one), user("Now call get_weather.")];
    const two = await ask(b, second);
    expect(two.content?.parts.some(({ kind }) => kind.case === "toolCall")).toBe(true);
    const third = [...second, two.content!, resultsOf(two), user("Thank you. Sum it up.")];
    const three = await ask(a, third);
    expect(three.content?.message).not.toBe("");

    const sent = JSON.stringify(simulator.requests.at(-1)?.body);
    const missing = marksOf(one, a).filter((mark) => !sent.includes(mark));
    expect(missing).toEqual([]);
    const ofFirst = losses(three.warnings).filter((field) => field.startsWith("contents[1]"));
    expect(ofFirst).toEqual([]);

    const adapterOf = (place: string) => places[place]?.keys.split(",")[0];
    const thoughts = (two.content?.parts ?? []).flatMap(({ kind }, index) =>
      kind.case === "thinking" ? [`contents[4].parts[${index}]`] : [],
    );
    if (adapterOf(a) !== adapterOf(b)) {
      const told = three.warnings.map(({ field }) => field);
      for (const thought of thoughts)
        expect(told.some((field) => field.startsWith(thought))).toBe(true);
    }
  });
});
