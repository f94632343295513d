import { type JSONObject, objectsIn, textOr } from "../json.ts";
import { invalid } from "../openai/failures.ts";
import { isSealed } from "../seal.ts";
import type { Call } from "../wire.ts";

/**
 * The conversation so far: what the request refers to and what it brings. Checks that calls and
 * outputs belong together and that thoughts come back as this seed sent them. Throws Refusal.
 */
export function checkItems({ body, state, seed }: Call): readonly JSONObject[] {
  const known = state.conversations;
  const brought = toItems(body.input).flatMap((item) => {
    const isReference = item.type === "item_reference" || isBareThought(item);
    return isReference ? recall(textOr(item.id), known) : [item];
  });
  checkThoughts(brought, seed);
  const items = [...previousItems(body, known), ...brought];
  checkCalls(items);
  return items;
}

/** Items as a list; plain text is a message of the user. */
function toItems(input: unknown): readonly JSONObject[] {
  if (typeof input === "string") return [{ type: "message", role: "user", content: input }];
  return objectsIn(input).map((item) => ({ type: "message", ...item }));
}

/** A thought that is only named: the provider has to know it. */
function isBareThought(item: JSONObject): boolean {
  return item.type === "reasoning" && textOr(item.encrypted_content) === "";
}

type Conversations = Call["state"]["conversations"];

function recall(id: string, known: Conversations): readonly JSONObject[] {
  const items = known.get(id);
  if (items) return items;
  const reason = "Items are not persisted when `store` is set to false.";
  throw invalid(`Item with id '${id}' not found. ${reason}`, { param: "input" }, 404);
}

function previousItems(body: JSONObject, known: Conversations): readonly JSONObject[] {
  const id = textOr(body.previous_response_id);
  if (id === "") return [];
  const items = known.get(id);
  if (items) return items;
  throw invalid(`Previous response with id '${id}' not found.`, {
    param: "previous_response_id",
    code: "previous_response_not_found",
  });
}

function checkThoughts(items: readonly JSONObject[], seed: number): void {
  for (const [index, item] of items.entries()) {
    if (item.type !== "reasoning") continue;
    const id = textOr(item.id);
    const sealed = textOr(item.encrypted_content);
    if (sealed !== "" && !isSealed(seed, "reasoning", "", sealed)) {
      const message =
        `The encrypted content for item ${id} could not be verified. Reason: ` +
        "Encrypted content could not be decrypted or parsed.";
      throw invalid(message, { code: "invalid_encrypted_content" });
    }
    const next = items[index + 1];
    const isFollowed = next && (next.type !== "message" || next.role === "assistant");
    if (!isFollowed) {
      throw invalid(
        `Item '${id}' of type 'reasoning' was provided without its required following item.`,
        { param: "input" },
      );
    }
  }
}

function checkCalls(items: readonly JSONObject[]): void {
  const called = new Set<string>();
  const awaited = new Set<string>();
  for (const item of items) {
    const id = textOr(item.call_id);
    const type = textOr(item.type);
    if (type.endsWith("_call")) called.add(id);
    if (type === "function_call") awaited.add(id);
    if (type !== "function_call_output") continue;
    awaited.delete(id);
    if (!called.delete(id)) {
      throw invalid(`No tool call found for function call output with call_id ${id}.`, {
        param: "input",
      });
    }
  }
  const [missing] = awaited;
  if (missing === undefined) return;
  throw invalid(`No tool output found for function call ${missing}.`, { param: "input" });
}
