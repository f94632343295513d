// Proves in which members thinking goes back to its own host: as text, as the details that it came
// with, or as both, by what the host takes; that proofs of it go back on their message; and that
// nobody gets the thinking of another.
import { create, type JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { LLMRequestSchema, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { chatDialect } from "../../../src/dialects/openai-chat/dialect.ts";
import type { ChatHost } from "../../../src/dialects/openai-chat/wire.ts";
import {
  chunk,
  decodeChatStream,
  decodeChoice,
  encodeTurns,
  partsOf,
} from "../../support/openai-chat.ts";

const host: ChatHost = {
  path: "/chat/completions",
  maxTokensMember: "max_tokens",
  stopSequencesMax: 4,
  toolIDCharactersMax: 64,
};
const details = [{ type: "reasoning.text", text: "hm", index: 0 }];
const sealed = [{ type: "reasoning.text", text: "hm", signature: "x", index: 0 }];
const encrypted = [{ type: "reasoning.encrypted", data: "x", index: 0 }];

/** The members of the model's message besides its words, and the fields that were warned of. */
function sentBack(rules: Partial<ChatHost>, adapter: string, own: JsonObject | undefined) {
  const thinking = { case: "thinking" as const, value: { text: "hm", adapter } };
  const request = create(LLMRequestSchema, {
    contents: [
      {
        role: Role.ASSISTANT,
        message: "4",
        parts: [{ kind: thinking, ...(own && { providerOptions: { custom: own } }) }],
      },
    ],
  });
  const wire = chatDialect({ ...host, ...rules }, "");
  const input = { request, adapter: "custom", model: "m", stream: false, requestId: "" };
  const { body, warnings } = wire.encode(input);
  const { role: _, content: __, ...rest } = JSON.parse(body).messages[0];
  return [rest, warnings.map(({ field }) => field)];
}

const member = { reasoningMember: "reasoning_content" } as const;
const gateway = { reasoningMember: "reasoning", thinking: { form: "object" } } as const;
const dropped = ["contents[0].parts[0]"];

describe("thinking", () => {
  const cases: readonly [string, Partial<ChatHost>, string, JsonObject | undefined, unknown][] = [
    [
      "its text to a host with a member",
      member,
      "custom",
      undefined,
      [{ reasoning_content: "hm" }, []],
    ],
    [
      "both to a host that gave details as well",
      member,
      "custom",
      { reasoning_details: details },
      [{ reasoning_content: "hm", reasoning_details: details }, []],
    ],
    [
      "details alone where they are sealed",
      member,
      "custom",
      { reasoning_details: sealed },
      [{ reasoning_details: sealed }, []],
    ],
    [
      "details alone where they are encrypted",
      member,
      "custom",
      { reasoning_details: encrypted },
      [{ reasoning_details: encrypted }, []],
    ],
    [
      "details alone to a gateway",
      gateway,
      "custom",
      { reasoning_details: details },
      [{ reasoning_details: details }, []],
    ],
    [
      "its text to a gateway that gave none",
      gateway,
      "custom",
      undefined,
      [{ reasoning: "hm" }, []],
    ],
    [
      "details to a host without a member",
      {},
      "custom",
      { reasoning_details: details },
      [{ reasoning_details: details }, []],
    ],
    ["nothing to a host without a member", {}, "custom", undefined, [{}, dropped]],
    ["nobody's to a host with a member", member, "", undefined, [{ reasoning_content: "hm" }, []]],
    ["nothing of another's", member, "anthropic", { reasoning_details: details }, [{}, dropped]],
  ];
  it.each(cases)("goes back as %s", (_, rules, adapter, own, expected) => {
    expect(sentBack(rules, adapter, own)).toEqual(expected);
  });
});

describe("a proof of thinking", () => {
  const proof = { google: { thought_signature: "AVSo" } };

  it("comes with the words of a message, and goes back on it", () => {
    const whole = decodeChoice({ message: { content: "Noon.", extra_content: proof } });
    const { response } = decodeChatStream([
      chunk({ content: "No" }),
      chunk({ content: "on." }),
      chunk({ extra_content: proof }, "stop"),
      "[DONE]",
    ]);
    for (const answer of [whole, response]) {
      expect(answer?.content?.parts[0]?.providerOptions).toEqual({
        openai: { extra_content: proof },
      });
      expect(encodeTurns(answer?.content && [answer.content]).messages).toEqual([
        { role: "assistant", content: "Noon.", extra_content: proof },
      ]);
    }
  });

  it("without words is kept", () => {
    const tool = { id: "a", type: "function", function: { name: "f", arguments: "{}" } };
    const answer = decodeChoice({ message: { tool_calls: [tool], extra_content: proof } });
    expect(answer.providerMetadata?.message).toEqual({ extra_content: proof });
  });
});

describe("thinking among the content", () => {
  const summary = (text: string, rest: JsonObject = {}): JsonObject => ({
    type: "reasoning",
    summary: [{ type: "summary_text", text, ...rest }],
  });
  const words = { type: "text", text: "4" };
  const encrypted = { type: "reasoning", summary: [{ type: "summary_encrypted_text", data: "x" }] };

  it("is summaries with their signatures, whole or in pieces, and goes back there", () => {
    const content = [summary("two and two", { signature: "s" }), words];
    const whole = decodeChoice({ message: { content } });
    const { response } = decodeChatStream([
      chunk({ content: [summary("two ")] }),
      chunk({ content: [summary("and two")] }),
      chunk({ content: [summary("", { signature: "s" })] }),
      chunk({ content: [words] }, "stop"),
      "[DONE]",
    ]);
    for (const answer of [whole, response]) {
      expect(partsOf(answer)).toEqual([
        ["thinking", "two and two"],
        ["text", "4"],
      ]);
      expect(answer?.content?.parts[0]?.kind.value).toMatchObject({ signature: "s" });
      expect(encodeTurns(answer?.content && [answer.content])).toEqual({
        messages: [{ role: "assistant", content }],
        warnings: [],
      });
    }
  });

  it("may be encrypted", () => {
    const answer = decodeChoice({ message: { content: [encrypted, words] } });
    expect(partsOf(answer)[0]).toEqual(["thinking", ""]);
    expect(encodeTurns(answer.content && [answer.content]).messages).toEqual([
      { role: "assistant", content: [encrypted, words] },
    ]);
  });
});

describe("thinking that is sealed beside its words", () => {
  it("goes back with them", () => {
    const members = { reasoning_text: "hm", reasoning_opaque: "abc" };
    const whole = decodeChoice({ message: { content: "4", ...members } });
    const { response } = decodeChatStream([
      chunk({ reasoning_text: "h" }),
      chunk({ reasoning_text: "m", content: null }),
      chunk({ content: "4", reasoning_opaque: "abc" }, "stop"),
      "[DONE]",
    ]);
    for (const answer of [whole, response]) {
      expect(answer?.content?.parts[0]?.kind.value).toMatchObject({ text: "hm", signature: "abc" });
      expect(encodeTurns(answer?.content && [answer.content])).toEqual({
        messages: [{ role: "assistant", content: "4", ...members }],
        warnings: [],
      });
    }
  });

  it("goes back without any", () => {
    const answer = decodeChoice({ message: { content: "4", reasoning_opaque: "abc" } });
    expect(encodeTurns(answer.content && [answer.content]).messages).toEqual([
      { role: "assistant", content: "4", reasoning_opaque: "abc" },
    ]);
  });
});
