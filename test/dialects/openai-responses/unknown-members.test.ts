// Proves that what servers add to events they share with OpenAI is kept, that pictures in the
// making are not, and that reasoning with a piece of an unknown kind reads as if it had none.
import { describe, expect, it } from "vitest";
import { StopReason } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { openAIResponses } from "../../../src/dialects/openai-responses/dialect.ts";
import { partsOf } from "../../support/openai-chat.ts";
import { frameOf } from "../../support/wire-under-test.ts";

const context = { adapter: "custom", model: "m1" };
const message = {
  type: "message",
  role: "assistant",
  content: [{ type: "output_text", text: "Hi" }],
};
const completed = {
  type: "response.completed",
  response: { id: "r1", status: "completed", output: [message] },
};

function streamed(...events: readonly object[]) {
  const decoder = openAIResponses.createDecoder(context);
  for (const event of [...events, completed]) decoder.push(frameOf(JSON.stringify(event)));
  const { end } = decoder.end();
  if (end.kind === "truncated") throw new Error("the stream is cut");
  return end.response;
}

describe("a member that nobody knows", () => {
  it.each([
    { type: "response.created", response: {} },
    { type: "response.output_item.added", item: { type: "message" }, output_index: 0 },
    { type: "response.content_part.added", part: { type: "output_text" }, output_index: 0 },
    { type: "response.output_text.delta", delta: "Hi", output_index: 0 },
    { type: "response.output_text.done", text: "Hi", output_index: 0 },
    { type: "response.web_search_call.searching", item_id: "w1", output_index: 1 },
  ])("of $type is kept with the type", (event) => {
    const response = streamed({ ...event, sequence_number: 1, took: 3 });
    expect(response.providerMetadata).toEqual({ unknown_events: [{ type: event.type, took: 3 }] });
    expect(partsOf(response)[0]).toEqual(["text", "Hi"]);
  });

  it("of the last event stands beside what the response holds", () => {
    const decoder = openAIResponses.createDecoder(context);
    decoder.push(frameOf(JSON.stringify({ ...completed, copilot_usage: { total: 1 } })));
    const { end } = decoder.end();
    expect(end).toMatchObject({
      kind: "complete",
      response: { providerMetadata: { copilot_usage: { total: 1 } } },
    });
  });
});

describe("what is known", () => {
  it("is not kept again", () => {
    const response = streamed(
      {
        type: "response.image_generation_call.partial_image",
        partial_image_b64: "AAAA",
        partial_image_index: 0,
        size: "1024x1024",
      },
      { type: "response.function_call_arguments.done", arguments: "{}", name: "f", item_id: "f1" },
      { type: "response.output_text.delta", delta: "Hi", logprobs: [], obfuscation: "xy" },
    );
    expect(response.providerMetadata).toBeUndefined();
  });

  it("includes annotations, but for those that are no objects", () => {
    const type = "response.output_text.annotation.added";
    const response = streamed(
      { type: "response.output_text.delta", delta: "Hi", output_index: 0 },
      { type, annotation: "odd", output_index: 0 },
    );
    expect(response.providerMetadata).toEqual({
      unknown_events: [{ type, annotation: "odd", output_index: 0 }],
    });
  });
});

describe("reasoning with a piece of an unknown kind", () => {
  it.each(["content", "summary"])("in its %s reads as its texts, and goes back whole", (member) => {
    const pieces = [{ type: "chart", data: 1 }, { type: "text", text: "a" }, { text: "b" }];
    const item = { type: "reasoning", id: "rs_1", [member]: pieces };
    const response = openAIResponses.decode({ status: "completed", output: [item] }, context);
    expect(partsOf(response)).toEqual([["thinking", "a\n\nb"]]);
    expect(response.content?.parts[0]?.providerOptions).toEqual({
      custom: { item: { id: "rs_1", [member]: pieces } },
    });
  });
});

describe("a call of a custom tool", () => {
  const call = {
    type: "custom_tool_call",
    id: "ctc_1",
    call_id: "xs_1",
    name: "x_keyword_search",
    input: '{"query":"a"}',
  };
  const offers: readonly (readonly [string, readonly object[] | undefined, boolean])[] = [
    ["that was offered", [{ type: "custom", name: "x_keyword_search" }], false],
    ["where the tools are not told", undefined, false],
    ["where none is told", [], false],
    ["that a namespace may hold", [{ type: "namespace", name: "crm" }], false],
    ["beside the provider's own tool", [{ type: "x_search" }], true],
    ["beside another one", [{ type: "x_search" }, { type: "custom", name: "run" }], true],
  ];

  it.each(offers)("%s", (_name, tools, isProviders) => {
    const response = { status: "completed", tools, output: [call, message] };
    const whole = openAIResponses.decode(response as never, context);
    const decoder = openAIResponses.createDecoder(context);
    const at = { output_index: 0, item_id: "ctc_1" };
    const events = [
      { type: "response.created", response: { tools } },
      { type: "response.output_item.added", item: { ...call, input: "" }, output_index: 0 },
      { type: "response.custom_tool_call_input.delta", delta: call.input, ...at },
      { type: "response.output_item.done", item: call, output_index: 0 },
      { type: "response.completed", response },
    ];
    const told = events.flatMap((event) => decoder.push(frameOf(JSON.stringify(event))));
    const { end } = decoder.end();
    const [first] = partsOf(whole);
    expect(first?.[0]).toBe(isProviders ? "provider" : "toolCall");
    expect(end).toMatchObject({ kind: "complete", response: { content: whole.content } });
    expect(told.some((event) => event.case === "toolCallDelta")).toBe(!isProviders);
    expect(whole.stopReason).toBe(isProviders ? StopReason.END_TURN : StopReason.TOOL_USE);
  });
});
