import type { JsonValue } from "@bufbuild/protobuf";
import { type Content, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { isObject } from "../json.ts";
import { encodeParts, type PlacedPart, placedParts, shortForm } from "./encode-content.ts";
import type { EncodeScope } from "./encode-scope.ts";
import type { WireBlock, WireMessage } from "./wire.ts";

/** A conversation as it is sent. */
export interface WireConversation {
  /** Unset: no system prompt. */
  readonly system: JsonValue | undefined;
  readonly messages: WireMessage[];
}

interface PlacedContent {
  readonly content: Content;
  readonly field: string;
}

/**
 * The system prompt and the turns. System contents after the first turn are moved to the system
 * prompt. Turns stay as they were given (the API joins neighbours of one role by itself), but the
 * results of tools are gathered: they must come together, and first, right after the calls.
 *
 * Throws INVALID_REQUEST where no turn is left to send.
 */
export function encodeTurns(contents: readonly Content[], scope: EncodeScope): WireConversation {
  const placed = contents.map((content, index) => ({ content, field: `contents[${index}]` }));
  for (const { content, field } of placed) {
    if (content.name !== "") scope.warnings.dropped(`${field}.name`, "speakers have no names here");
  }
  const system = encodeSystem(placed, scope);
  const messages = userRuns(placed.filter(({ content }) => content.role !== Role.SYSTEM)).flatMap(
    (run) => encodeRun(run, scope),
  );
  if (messages.length === 0) {
    throw invalidField("request.contents", "needs a turn besides the system prompt");
  }
  return { system, messages };
}

function encodeSystem(placed: readonly PlacedContent[], scope: EncodeScope): JsonValue | undefined {
  const blocks: WireBlock[] = [];
  const firstTurn = placed.findIndex(({ content }) => content.role !== Role.SYSTEM);
  for (const [index, { content, field }] of placed.entries()) {
    if (content.role !== Role.SYSTEM) continue;
    if (firstTurn >= 0 && index > firstTurn) {
      scope.warnings.changed(field, "moved to the system prompt, before the conversation");
    }
    const taken = placedParts(content, field).filter((part) => isForSystem(part, scope));
    blocks.push(...encodeParts(taken, Role.SYSTEM, scope));
  }
  return blocks.length === 0 ? undefined : shortForm(blocks);
}

function isForSystem({ part, field }: PlacedPart, { warnings }: EncodeScope): boolean {
  if (part.kind.case === "text" || part.kind.case === "provider") return true;
  warnings.dropped(field, "the system prompt takes text only");
  return false;
}

/** Turns, those of the user and of tools between two of the assistant as one run. */
function userRuns(placed: readonly PlacedContent[]): PlacedContent[][] {
  const runs: PlacedContent[][] = [];
  for (const turn of placed) {
    const last = runs.at(-1);
    const isUserSide = turn.content.role !== Role.ASSISTANT;
    if (isUserSide && last?.[0]?.content.role !== Role.ASSISTANT && last) last.push(turn);
    else runs.push([turn]);
  }
  return runs;
}

function encodeRun(run: readonly PlacedContent[], scope: EncodeScope): WireMessage[] {
  const gathered: WireBlock[] = [];
  const messages: WireMessage[] = [];
  for (const { content, field } of run) {
    const role = wireRole(content.role, field);
    const blocks = encodeParts(placedParts(content, field), content.role, scope);
    const sorted = resultsFirst(blocks);
    const isLate = messages.length > 0 && sorted.some(isResult);
    if (isLate || sorted.some((block, index) => block !== blocks[index])) {
      scope.warnings.changed(
        field,
        "results were moved before the user's words, as the API requires",
      );
    }
    const isGathered = (block: WireBlock): boolean =>
      content.role === Role.TOOL || (isLate && isResult(block));
    gathered.push(...sorted.filter(isGathered));
    const rest = sorted.filter((block) => !isGathered(block));
    if (blocks.length === 0) scope.warnings.dropped(field, "nothing of this turn is left to send");
    if (rest.length > 0) messages.push({ role, content: shortForm(rest) });
  }
  if (gathered.length === 0) return messages;
  return [{ role: "user", content: resultsFirst(gathered) }, ...messages];
}

function wireRole(role: Role, field: string): "user" | "assistant" {
  if (role === Role.USER || role === Role.TOOL) return "user";
  if (role === Role.ASSISTANT) return "assistant";
  throw invalidField(`request.${field}.role`, "must be system, user, assistant or tool");
}

function resultsFirst(blocks: readonly WireBlock[]): WireBlock[] {
  return [...blocks.filter(isResult), ...blocks.filter((block) => !isResult(block))];
}

function isResult(block: WireBlock): boolean {
  return isObject(block) && block.type === "tool_result";
}
