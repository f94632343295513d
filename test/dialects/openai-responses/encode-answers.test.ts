// Proves that the model's own turns go back to the provider that made them by the members that came
// with them, and that what another provider made is left out with a warning.
import { describe, expect, test } from "vitest";
import { Role, WarningKind } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { encode, type PartInit, text } from "./request-parts.ts";

const { DROPPED } = WarningKind;

describe("the model's own turns", () => {
  const thinking = (value: object, item?: object): PartInit => ({
    kind: { case: "thinking", value: { adapter: "openai", ...value } },
    ...(item && { providerOptions: { openai: { item } as never } }),
  });
  const reasoning: readonly (readonly [string, PartInit, unknown])[] = [
    [
      "id and sealed form",
      thinking({ text: "Hm.", signature: "sealed" }, { id: "rs_1" }),
      {
        type: "reasoning",
        summary: [{ type: "summary_text", text: "Hm." }],
        encrypted_content: "sealed",
        id: "rs_1",
      },
    ],
    ["id only", thinking({}, { id: "rs_1" }), { type: "reasoning", summary: [], id: "rs_1" }],
    [
      "sealed form only",
      thinking({ signature: "sealed" }),
      { type: "reasoning", summary: [], encrypted_content: "sealed" },
    ],
    [
      "own words",
      thinking({ text: "a\n\nb" }, { id: "rs_1", content: [{ text: "a" }, { text: "b" }] }),
      { type: "reasoning", summary: [], id: "rs_1", content: [{ text: "a" }, { text: "b" }] },
    ],
    [
      "own words alone",
      thinking({ text: "a" }, { content: [{ text: "a" }] }),
      { type: "reasoning", summary: [], content: [{ text: "a" }] },
    ],
  ];

  test.each(reasoning)("reasoning goes back by %s", (_name, part, item) => {
    const { items, include, warnings } = encode({ role: Role.ASSISTANT, parts: [part] });
    expect(items).toEqual([item]);
    expect(include).toEqual(["reasoning.encrypted_content"]);
    expect(warnings).toEqual([]);
  });

  test.each([
    ["another provider's", thinking({ text: "Hm.", signature: "s", adapter: "anthropic" })],
    ["nobody's", thinking({ text: "Hm.", adapter: "" })],
    ["without id and sealed form", thinking({ text: "Hm." })],
  ])("thinking that is %s is left out", (_name, part) => {
    const { items, include, warnings } = encode({ role: Role.ASSISTANT, parts: [part] });
    expect([items, include]).toEqual([[], undefined]);
    expect(warnings).toEqual([["contents[0].parts[0]", DROPPED]]);
  });

  test("an answer that comes back as it came says its text once", () => {
    const parts = [text("Hello, "), text("world.")];
    const { items } = encode({ role: Role.ASSISTANT, message: "Hello, world.", parts });
    expect(items).toMatchObject([{ content: [{ text: "Hello, " }, { text: "world." }] }]);
  });

  test("pieces of one message go back together, those of two apart", () => {
    const item = (id: string): object => ({ openai: { item: { id, status: "completed" } } });
    const own = (part: PartInit, id: string): PartInit => ({
      ...part,
      providerOptions: item(id) as never,
    });
    const refusal: PartInit = { kind: { case: "refusal", value: { text: "No." } } };
    const { items } = encode({
      role: Role.ASSISTANT,
      parts: [own(text("a"), "msg_1"), own(refusal, "msg_1"), own(text("b"), "msg_2")],
    });
    expect(items).toEqual([
      {
        type: "message",
        role: "assistant",
        id: "msg_1",
        status: "completed",
        content: [
          { type: "output_text", text: "a", annotations: [] },
          { type: "refusal", refusal: "No." },
        ],
      },
      {
        type: "message",
        role: "assistant",
        id: "msg_2",
        status: "completed",
        content: [{ type: "output_text", text: "b", annotations: [] }],
      },
    ]);
  });

  test("citations go back with the provider's own text only", () => {
    const json = '{"type":"url_citation","url":"https://a.example","start_index":0}';
    const cited = (own: boolean): PartInit => ({
      kind: { case: "text", value: { text: "a", citations: [{ json }] } },
      ...(own && { providerOptions: { openai: { item: { id: "msg_1" } } } }),
    });
    const { items, warnings } = encode({
      role: Role.ASSISTANT,
      parts: [cited(true), cited(false)],
    });
    expect(items).toMatchObject([
      { content: [{ annotations: [JSON.parse(json)] }] },
      { content: [{ type: "output_text", text: "a" }] },
    ]);
    expect(warnings).toEqual([["contents[0].parts[1].text.citations", DROPPED]]);
  });

  test("blocks go back as items or pieces, and another provider's are left out", () => {
    const block = (adapter: string, type: string, json: string): PartInit => ({
      kind: { case: "provider", value: { adapter, type, json } },
    });
    const { items, warnings } = encode(
      {
        role: Role.ASSISTANT,
        parts: [
          block("openai", "web_search_call", '{"type":"web_search_call","id":"ws_1"}'),
          block("anthropic", "server_tool_use", "{}"),
        ],
      },
      {
        role: Role.USER,
        parts: [
          text("a"),
          block("openai", "input_text", '{"type":"input_text","text":"b"}'),
          block("openai", "mcp_approval_response", '{"type":"mcp_approval_response"}'),
        ],
      },
    );
    expect(items).toEqual([
      { type: "web_search_call", id: "ws_1" },
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "a" },
          { type: "input_text", text: "b" },
        ],
      },
      { type: "mcp_approval_response" },
    ]);
    expect(warnings).toEqual([["contents[0].parts[1]", DROPPED]]);
  });

  test.each([
    ["a refusal of the user's", { kind: { case: "refusal", value: { text: "No." } } } as PartInit],
    ["a part without a kind", {} as PartInit],
  ])("%s is refused", (_name, part) => {
    expect(() => encode({ role: Role.USER, parts: [part] })).toThrow(
      /^request\.contents\[0\]\.parts\[0\]: /,
    );
  });
});
