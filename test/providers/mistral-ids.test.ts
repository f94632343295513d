// Proves for any history that every id of a tool call which leaves for Mistral has nine letters
// and digits, that ids in this form stay, that two ids never become one, that a result names its
// call, and that an id becomes the same one in every turn of a conversation.
import { create } from "@bufbuild/protobuf";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { ContentSchema, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { MistralToolIDs } from "../../src/providers/mistral/tool-ids.ts";
import { mistralTurns } from "../support/mistral.ts";

const form = /^[a-zA-Z0-9]{9}$/;

const ids = fc.uniqueArray(
  fc.oneof(
    fc.stringMatching(/^[a-zA-Z0-9]{9}$/),
    fc.stringMatching(/^[a-zA-Z0-9]{8,10}$/),
    fc.stringMatching(/^toolu_[a-zA-Z0-9]{24}$/),
    fc.uuid(),
    fc.constantFrom("call_0", "call_1", "call-1", "é23456789", "123456789 ", "null"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).map((id) => id.toWellFormed()),
  ),
  { minLength: 1, maxLength: 24 },
);

function historyOf(all: readonly string[]) {
  return all.map((id) =>
    create(ContentSchema, {
      role: Role.ASSISTANT,
      parts: [{ kind: { case: "toolCall", value: { id, name: "f" } } }],
    }),
  );
}

describe("ids", () => {
  property.prop([ids])("have the API's form, stay if they have it, and stay different", (all) => {
    const map = new MistralToolIDs(historyOf(all));
    const sent = all.map((id) => map.map(id));
    expect(sent.filter((id) => !form.test(id))).toEqual([]);
    expect(new Set(sent).size).toBe(all.length);
    expect(all.map((id) => (form.test(id) ? id : undefined))).toEqual(
      all.map((id, index) => (form.test(id) ? sent[index] : undefined)),
    );
    expect(all.map((id) => map.map(id))).toEqual(sent);
  });

  property.prop([ids])("are the same in a later turn", (all) => {
    const foreign = all.filter((id) => !form.test(id));
    const early = new MistralToolIDs(historyOf(foreign.slice(0, 1)));
    const late = new MistralToolIDs(historyOf(foreign));
    expect(foreign.slice(0, 1).map((id) => late.map(id))).toEqual(
      foreign.slice(0, 1).map((id) => early.map(id)),
    );
  });

  property.prop([ids])("of results are those of their calls", (all) => {
    const { messages } = mistralTurns(
      all.flatMap((id) => [
        {
          role: Role.ASSISTANT,
          parts: [{ kind: { case: "toolCall" as const, value: { id, name: "f" } } }],
        },
        {
          role: Role.TOOL,
          parts: [{ kind: { case: "toolResult" as const, value: { toolCallId: id } } }],
        },
      ]),
    );
    const called = messages.flatMap(({ tool_calls: calls }) =>
      Array.isArray(calls) ? calls.map((call) => Object(call).id) : [],
    );
    const answered = messages.flatMap(({ tool_call_id: id }) => (id === undefined ? [] : [id]));
    expect(called).toHaveLength(all.length);
    expect(answered).toEqual(called);
  });

  it("give way to one of the API's own that is the same", () => {
    const [plain] = ["toolu_1"].map((id) => new MistralToolIDs(historyOf([id])).map(id));
    const beside = new MistralToolIDs(historyOf(["toolu_1", plain ?? ""]));
    expect(beside.map(plain ?? "")).toBe(plain);
    expect(beside.map("toolu_1")).not.toBe(plain);
    expect(beside.map("toolu_1")).toMatch(form);
  });
});
