import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { arrayOf, isObject, mergeInto, objectOf, storable, textOf } from "../json.ts";

/** Members of a delta that a stream tells in pieces. */
const piecewise: readonly string[] = ["content", "refusal", "reasoning_content", "reasoning"];

/**
 * Answers beside the first (`n` over 1). The contract has one answer; the others are kept as the
 * provider sent them, those of a stream put together as a whole body would hold them.
 */
export class OtherChoices {
  readonly #choices: JsonObject[] = [];
  readonly #streamed = new Map<JsonValue, JsonObject>();

  /** What was kept, in the order of its coming. */
  get all(): readonly JsonObject[] {
    return this.#choices;
  }

  /** Whether the provider said of each why it ended. */
  get areFinished(): boolean {
    return this.#choices.every((choice) => textOf(choice.finish_reason) !== "");
  }

  /** Keeps choices of a whole body. */
  keep(choices: readonly JsonValue[]): void {
    this.#choices.push(...choices.filter(isObject).map((choice) => storable(choice) as JsonObject));
  }

  /** Takes a choice of a chunk. */
  take(choice: JsonObject): void {
    const index = choice.index ?? 0;
    let whole = this.#streamed.get(index);
    if (whole === undefined) {
      whole = { index, message: {} };
      this.#streamed.set(index, whole);
      this.#choices.push(whole);
    }
    const { delta, finish_reason: reason, ...rest } = choice;
    mergeInto(whole, storable(rest) as JsonObject);
    if (textOf(reason) !== "") whole.finish_reason = textOf(reason);
    joinDelta(objectOf(whole.message), objectOf(storable(delta ?? null)));
  }
}

function joinDelta(message: JsonObject, delta: JsonObject): void {
  const { tool_calls: calls, ...rest } = delta;
  for (const member of piecewise) {
    const piece = rest[member];
    if (typeof piece === "string") rest[member] = textOf(message[member]) + piece;
  }
  mergeInto(message, rest);
  for (const call of arrayOf(calls)) if (isObject(call)) joinCall(message, call);
}

function joinCall(message: JsonObject, call: JsonObject): void {
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  message.tool_calls = calls;
  const before = calls.filter(isObject).find(({ index }) => index === call.index);
  if (before === undefined) {
    calls.push(mergeInto({}, call));
    return;
  }
  const piece = objectOf(call.function);
  const known = objectOf(before.function);
  const joined = { ...piece, arguments: textOf(known.arguments) + textOf(piece.arguments) };
  mergeInto(before, { ...call, function: joined });
}
