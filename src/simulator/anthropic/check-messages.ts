import { type JSONObject, objectOr, objectsIn, textOr } from "../json.ts";
import { isSealed } from "../seal.ts";
import { invalid } from "./failures.ts";
import { takesFreeTurns, takesKnobs } from "./models.ts";

/** A message with its content as blocks. */
interface Turn {
  readonly role: string;
  readonly blocks: readonly JSONObject[];
}

/**
 * Checks what stands in a conversation: who speaks first, that nothing is empty, that calls and
 * results belong together, and that thoughts come back as this seed sent them. Throws Refusal.
 */
export function checkMessages(body: JSONObject, model: string, seed: number): void {
  const turns = objectsIn(body.messages).map(toTurn);
  checkRoles(turns, model);
  for (const [index, turn] of turns.entries()) {
    checkContent(turn, index, index === turns.length - 1);
    checkResults(turn, turns[index - 1], index);
    checkCalls(turn, turns[index + 1], index);
    checkSeals(turn, index, seed);
  }
  checkLastTurn(turns, body, model);
  if (objectOr(body.thinking).type === "enabled") checkThoughtsFirst(turns);
}

function toTurn(message: JSONObject): Turn {
  const { role, content } = message;
  const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content;
  return { role: textOr(role), blocks: objectsIn(blocks) };
}

function checkRoles(turns: readonly Turn[], model: string): void {
  const hasSystem = turns.some((turn) => turn.role === "system");
  const isFree = takesFreeTurns(model);
  if (hasSystem && !isFree) {
    throw invalid(
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` ' +
        'parameter, not "system" as an input message role.',
    );
  }
  const first = turns[0]?.role;
  if (first === "system" || (first === "assistant" && !isFree)) {
    throw invalid('messages: first message must use the "user" role');
  }
}

function checkContent(turn: Turn, index: number, isLast: boolean): void {
  const isEmpty = turn.blocks.every((block) => block.type === "text" && block.text === "");
  if (isEmpty && !(isLast && turn.role === "assistant")) {
    throw invalid(
      `messages.${index}: all messages must have non-empty content except for the optional ` +
        "final assistant message",
    );
  }
  if (!isEmpty && turn.blocks.some((block) => block.type === "text" && block.text === "")) {
    throw invalid("messages: text content blocks must be non-empty");
  }
}

function idsOf(turn: Turn | undefined, type: string, field: string): string[] {
  const blocks = turn?.blocks.filter((block) => block.type === type) ?? [];
  return blocks.map((block) => textOr(block[field]));
}

function checkResults(turn: Turn, before: Turn | undefined, index: number): void {
  const called = before?.role === "assistant" ? idsOf(before, "tool_use", "id") : [];
  for (const [at, block] of turn.blocks.entries()) {
    const id = textOr(block.tool_use_id);
    if (block.type !== "tool_result" || called.includes(id)) continue;
    throw invalid(
      `messages.${index}.content.${at}: unexpected \`tool_use_id\` found in \`tool_result\` ` +
        `blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` ` +
        "block in the previous message.",
    );
  }
}

function checkCalls(turn: Turn, after: Turn | undefined, index: number): void {
  if (turn.role !== "assistant") return;
  const answered = idsOf(after, "tool_result", "tool_use_id");
  const open = idsOf(turn, "tool_use", "id").filter((id) => !answered.includes(id));
  if (open.length === 0) return;
  throw invalid(
    `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks ` +
      `immediately after: ${open.join(", ")}. Each \`tool_use\` block must have a ` +
      "corresponding `tool_result` block in the next message.",
  );
}

function checkSeals(turn: Turn, index: number, seed: number): void {
  for (const [at, block] of turn.blocks.entries()) {
    const where = `messages.${index}.content.${at}`;
    const { type, thinking, signature, data } = block;
    if (type === "thinking" && !isSealed(seed, "signature", textOr(thinking), textOr(signature))) {
      throw invalid(`${where}: Invalid \`signature\` in \`thinking\` block`);
    }
    if (type === "redacted_thinking" && !isSealed(seed, "redacted", "", textOr(data))) {
      throw invalid(`${where}: Invalid \`data\` in \`redacted_thinking\` block`);
    }
    if (type !== "web_search_tool_result") continue;
    for (const [number, page] of objectsIn(block.content).entries()) {
      if (isSealed(seed, "search", textOr(page.url), textOr(page.encrypted_content))) continue;
      throw invalid(
        `${where}.content.${number}: Invalid \`encrypted_content\` in \`search_result\` block`,
      );
    }
  }
}

/** A last message of the assistant is a beginning that the model goes on with. */
function checkLastTurn(turns: readonly Turn[], body: JSONObject, model: string): void {
  const last = turns.at(-1);
  if (last?.role !== "assistant") return;
  const isThinking = ["enabled", "adaptive"].includes(textOr(objectOr(body.thinking).type));
  if (isThinking || !takesKnobs(model)) {
    throw invalid(
      "This model does not support assistant message prefill. The conversation must end with " +
        "a user message.",
    );
  }
  if (/\s$/.test(textOr(last.blocks.at(-1)?.text))) {
    throw invalid("messages: final assistant content cannot end with trailing whitespace");
  }
}

/**
 * While thinking is on, a turn that called tools and awaits their results must begin with its
 * thoughts.
 */
function checkThoughtsFirst(turns: readonly Turn[]): void {
  const at = turns.findLastIndex((turn) => turn.role === "assistant");
  const turn = turns[at];
  const isOpen = turns.slice(at + 1).some((after) => idsOf(after, "tool_result", "tool_use_id")[0]);
  const first = textOr(turn?.blocks[0]?.type);
  if (!turn || !isOpen || first === "thinking" || first === "redacted_thinking") return;
  throw invalid(
    `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but ` +
      `found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must ` +
      "start with a thinking block.",
  );
}
