// Proves that tool calls are put together from their pieces whatever a server does with indexes,
// ids and names, and that calls which were cut are marked and never repaired.
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { StopReason } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { openAIChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { chunk, decodeChatStream, partsOf } from "../../support/openai-chat.ts";
import { frameOf } from "../../support/wire-under-test.ts";

const done = "[DONE]";

function piece(members: JsonObject): JsonObject {
  return chunk({ tool_calls: [members] });
}

function calls(...pieces: readonly JsonObject[]) {
  const { response } = decodeChatStream([...pieces, chunk({}, "tool_calls"), done]);
  return partsOf(response);
}

describe("tool calls in pieces", () => {
  const f = (name: string, args: string) => ({ name, arguments: args });

  it("are joined by index, with id and name in the first piece", () => {
    const { events, response } = decodeChatStream([
      piece({ index: 0, id: "a", type: "function", function: f("now", "") }),
      piece({ index: 0, function: { arguments: '{"zone"' } }),
      piece({ index: 0, function: { arguments: ':"UTC"}' } }),
      chunk({}, "tool_calls"),
      done,
    ]);
    expect(partsOf(response)).toEqual([["toolCall", "a", "now", '{"zone":"UTC"}']]);
    const deltas = events.filter(({ case: kind }) => kind === "toolCallDelta");
    expect(deltas.map(({ value }) => value)).toMatchObject([
      { partIndex: 0, id: "a", name: "now", arguments: "" },
      { partIndex: 0, id: "", name: "", arguments: '{"zone"' },
      { partIndex: 0, id: "", name: "", arguments: ':"UTC"}' },
    ]);
  });

  it("are joined when three calls come in turn", () => {
    const ids = ["a", "b", "c"];
    const first = ids.map((id, index) => piece({ index, id, function: f(`f${index}`, "{") }));
    const middle = ids.map((id, index) => piece({ index, function: { arguments: `"k":"${id}"` } }));
    const last = [2, 0, 1].map((index) => piece({ index, function: { arguments: "}" } }));
    expect(calls(...first, ...middle, ...last)).toEqual(
      ids.map((id, index) => ["toolCall", id, `f${index}`, `{"k":"${id}"}`]),
    );
  });

  it("never join names that every piece repeats, nor their mirror of the older wire", () => {
    const repeated = (args: string) => ({
      ...chunk({
        function_call: f("now", args),
        tool_calls: [{ index: 0, id: "a", type: "function", function: f("now", args) }],
      }),
    });
    expect(calls(repeated("{"), repeated("}"))).toEqual([["toolCall", "a", "now", "{}"]]);
  });

  it("come whole without an index", () => {
    const two = [
      { id: "a", function: f("now", "{}") },
      { id: "b", function: f("then", "{}") },
    ];
    expect(
      calls(chunk({ tool_calls: two }), piece({ id: "c", function: f("ever", "{}") })),
    ).toEqual([
      ["toolCall", "a", "now", "{}"],
      ["toolCall", "b", "then", "{}"],
      ["toolCall", "c", "ever", "{}"],
    ]);
  });

  it("without an index go on where they were", () => {
    const parts = calls(
      piece({ id: "a", function: f("now", "{") }),
      piece({ function: { arguments: "}" } }),
    );
    expect(parts).toEqual([["toolCall", "a", "now", "{}"]]);
  });

  it("are told apart by their ids where a server numbers all of them 0", () => {
    expect(
      calls(
        piece({ index: 0, id: "a", function: f("now", "{}") }),
        piece({ index: 0, id: "b", function: f("now", "{}") }),
      ),
    ).toEqual([
      ["toolCall", "a", "now", "{}"],
      ["toolCall", "b", "now", "{}"],
    ]);
  });

  it("have an id made up where the server gives none, or an empty one", () => {
    expect(
      calls(
        piece({ index: 0, function: f("now", "{}") }),
        piece({ index: 1, id: "", function: f("then", "{}") }),
      ),
    ).toEqual([
      ["toolCall", "call_0", "now", "{}"],
      ["toolCall", "call_1", "then", "{}"],
    ]);
  });

  it("wait for their name, and go without it at the end", () => {
    expect(
      calls(
        piece({ index: 0, id: "a", function: { arguments: "{" } }),
        piece({ index: 0, function: f("now", "}") }),
      ),
    ).toEqual([["toolCall", "a", "now", "{}"]]);
    expect(calls(piece({ index: 0, id: "a", function: { arguments: "{}" } }))).toEqual([
      ["toolCall", "a", "", "{}"],
    ]);
  });

  it("of the older wire are joined too", () => {
    expect(
      calls(
        chunk({ function_call: { name: "now", arguments: "" } }),
        chunk({ function_call: { arguments: "{" } }),
        chunk({ function_call: { arguments: "}" } }),
      ),
    ).toEqual([["toolCall", "call_0", "now", "{}"]]);
  });

  it("that were cut are marked, and counted while they are open", () => {
    const cut = piece({ index: 0, id: "a", function: f("now", '{"zone') });
    const { response } = decodeChatStream([cut, chunk({}, "length"), done]);
    expect(response?.stopReason).toBe(StopReason.MAX_TOKENS);
    expect(response?.content?.parts[0]?.kind.value).toMatchObject({ validJson: false });
    const decoder = openAIChat.createDecoder({ adapter: "openai", model: "m" });
    decoder.push(frameOf(cut));
    expect(decoder.progress()).toMatchObject({ id: "chatcmpl-1", toolCallsOpen: 1 });
    decoder.push(frameOf(chunk({}, "tool_calls")));
    expect(decoder.progress().toolCallsOpen).toBe(0);
  });
});
