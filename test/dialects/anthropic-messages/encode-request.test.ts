// Proves how the other knobs of a request are sent, that hints for the cache are held to four, that
// options of the provider come last, and that whatever is left out is told in a warning.
import { describe, expect, it } from "vitest";
import { Modality, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { part, text } from "../../support/parts.ts";
import { errorOf } from "../../support/wire-under-test.ts";
import { send } from "./support.ts";

const tools = [{ name: "look" }];

describe("the request", () => {
  it("sends nothing that was not asked for", () => {
    const { body, text: sent, headers, path, warnings } = send();
    expect(body).toEqual({
      model: "claude-sonnet-4-6",
      messages: [{ role: "user", content: "Hi" }],
      max_tokens: 100,
    });
    expect(sent).not.toContain("null");
    expect(path).toBe("/v1/messages");
    expect(headers).toEqual({ "anthropic-version": "2023-06-01" });
    expect(warnings).toEqual([]);
  });

  it("sends what the API takes under its own names", () => {
    const { body, warnings } = send(
      {
        temperature: 0.5,
        topK: 7,
        stopSequences: ["END", "."],
        endUserId: "u-1",
        modalities: [Modality.TEXT],
        responseFormat: { format: { case: "text", value: {} } },
      },
      { stream: true },
    );
    expect(body).toMatchObject({
      temperature: 0.5,
      top_k: 7,
      stop_sequences: ["END", "."],
      metadata: { user_id: "u-1" },
      stream: true,
    });
    expect(warnings).toEqual([]);
  });

  it.each([
    [{ seed: 1n }, "seed"],
    [{ presencePenalty: 0 }, "presence_penalty"],
    [{ frequencyPenalty: 1 }, "frequency_penalty"],
    [{ metadata: { team: "a" } }, "metadata"],
    [{ modalities: [Modality.TEXT, Modality.AUDIO] }, "modalities[1]"],
    [
      { responseFormat: { format: { case: "jsonObject", value: {} } } },
      "response_format.json_object",
    ],
  ] as const)("leaves out %o", (init, field) => {
    const { body, warnings } = send(structuredClone(init) as object);
    expect(warnings).toEqual([`DROPPED ${field}`]);
    expect(Object.keys(body)).toEqual(["model", "messages", "max_tokens"]);
  });
});

describe("hints for the cache", () => {
  const hint = (seconds?: number) =>
    seconds === undefined ? {} : { ttl: { seconds: BigInt(Math.floor(seconds)), nanos: 0 } };

  it.each([
    [undefined, undefined, []],
    [300, "5m", []],
    [3_600, "1h", []],
    [60, "5m", ["CHANGED contents[0].parts[0].cache.ttl"]],
    [1_949, "5m", ["CHANGED contents[0].parts[0].cache.ttl"]],
    [1_951, "1h", ["CHANGED contents[0].parts[0].cache.ttl"]],
    [86_400, "1h", ["CHANGED contents[0].parts[0].cache.ttl"]],
  ])("of %s seconds become the nearest time", (seconds, ttl, warnings) => {
    const parts = [text("a", { cache: hint(seconds) })];
    const sent = send({ contents: [{ role: Role.USER, parts }] });
    expect((sent.body.messages as { content: object[] }[])[0]?.content[0]).toEqual({
      type: "text",
      text: "a",
      cache_control: { type: "ephemeral", ...(ttl && { ttl }) },
    });
    expect(sent.warnings).toEqual(warnings);
  });

  it("are held to the last four, in the order of the prompt", () => {
    const { body, warnings } = send({
      tools: [
        { name: "a", cache: {} },
        { name: "b", cache: {} },
      ],
      contents: [
        { role: Role.SYSTEM, parts: [text("s", { cache: {} })] },
        { role: Role.USER, parts: [text("a", { cache: {} }), text("b", { cache: {} })] },
        { role: Role.ASSISTANT, parts: [text("c", { cache: {} })] },
      ],
    });
    expect(JSON.stringify(body).match(/cache_control/g)).toHaveLength(4);
    expect(JSON.stringify(body.tools)).not.toContain("cache_control");
    expect(warnings).toEqual(["DROPPED tools[0].cache", "DROPPED tools[1].cache"]);
  });

  it("are told as lost where their part is left out or cannot carry them", () => {
    const value = { adapter: "anthropic", signature: "s" };
    const parts = [
      part({ case: "thinking", value }, { cache: {} }),
      text("", { cache: {} }),
      text("a"),
    ];
    expect(send({ contents: [{ role: Role.ASSISTANT, parts }] }).warnings).toEqual([
      "DROPPED contents[0].parts[0].cache",
      "DROPPED contents[0].parts[1].cache",
    ]);
  });
});

describe("options of the provider", () => {
  it("are laid on last, member by member; those of others are not", () => {
    const { body, headers } = send({
      endUserId: "u",
      thinking: { effort: "low" },
      providerOptions: {
        anthropic: {
          anthropic_beta: ["files-api-2025-04-14", "context-1m-2025-08-07"],
          metadata: { tier: "a" },
          output_config: { effort: "high" },
          service_tier: "auto",
        },
        openai: { service_tier: "flex" },
      },
    });
    expect(body).toMatchObject({
      metadata: { user_id: "u", tier: "a" },
      output_config: { effort: "high" },
      service_tier: "auto",
    });
    expect(body).not.toHaveProperty("anthropic_beta");
    expect(headers["anthropic-beta"]).toBe("files-api-2025-04-14,context-1m-2025-08-07");
  });

  it("go to the adapter that speaks", () => {
    const providerOptions = { custom: { top_k: 3 }, anthropic: { top_k: 4 } };
    expect(send({ providerOptions }, { adapter: "custom" }).body.top_k).toBe(3);
  });

  it("of a part are laid on its block", () => {
    const options = {
      providerOptions: { anthropic: { citations: { enabled: true }, context: "c" } },
    };
    const value = { mimeType: "application/pdf", source: { case: "fileId", value: "f" } } as const;
    const parts = [part({ case: "media", value }, options)];
    const { body } = send({ contents: [{ role: Role.USER, parts }] });
    expect((body.messages as { content: object[] }[])[0]?.content).toEqual([
      {
        type: "document",
        source: { type: "file", file_id: "f" },
        citations: { enabled: true },
        context: "c",
      },
    ]);
  });

  it.each([
    [{ anthropic: 1 }, "request.provider_options.anthropic"],
    [
      { anthropic: { anthropic_beta: "a\r\nx: y" } },
      "request.provider_options.anthropic.anthropic_beta",
    ],
    [{ anthropic: { anthropic_beta: [1] } }, "request.provider_options.anthropic.anthropic_beta"],
  ])("are refused where they cannot be sent: %o", (providerOptions, field) => {
    const error = errorOf(() => send({ providerOptions }));
    expect(error.reason).toBe("INVALID_REQUEST");
    expect(error.fields.violations?.[0]?.field).toBe(field);
  });
});

describe("counting tokens", () => {
  it("asks with what the model reads, and nothing that only shapes the answer", () => {
    const { body, path, headers, warnings } = send(
      {
        maxOutputTokens: undefined,
        temperature: 0.5,
        stopSequences: ["."],
        endUserId: "u",
        tools,
        thinking: { effort: "low" },
        contents: [
          { role: Role.SYSTEM, message: "s" },
          { role: Role.USER, message: "a" },
        ],
        providerOptions: {
          anthropic: { service_tier: "auto", top_p: 1, anthropic_beta: ["b"], mcp_servers: [] },
        },
      },
      { count: true },
    );
    expect(path).toBe("/v1/messages/count_tokens");
    expect(body).toEqual({
      model: "claude-sonnet-4-6",
      system: "s",
      messages: [{ role: "user", content: "a" }],
      tools: [{ name: "look", input_schema: { type: "object", properties: {} } }],
      thinking: { type: "adaptive" },
      output_config: { effort: "low" },
      mcp_servers: [],
    });
    expect(headers["anthropic-beta"]).toBe("b");
    expect(warnings).toEqual([]);
  });
});
