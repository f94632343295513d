import type { JsonValue } from "@bufbuild/protobuf";
import { type Content, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { contentParts, promptParts } from "../content-parts.ts";
import { isObject } from "../json.ts";
import { requestField } from "../request-field.ts";
import { encodeParts, shortForm } from "./encode-content.ts";
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
 * The system prompt and the turns. System contents after the first turn stay where the model takes
 * them there, and else are moved to the system prompt. Turns stay as they were given (the API joins
 * neighbours of one role by itself), but the results of tools are gathered: they must come
 * together, and first, right after the calls.
 *
 * Throws INVALID_REQUEST where no turn is left to send.
 */
export function encodeTurns(contents: readonly Content[], scope: EncodeScope): WireConversation {
  const placed = contents.map((content, index) => ({ content, field: `contents[${index}]` }));
  for (const { content, field } of placed) {
    if (content.name !== "") scope.warnings.dropped(`${field}.name`, "speakers have no names here");
  }
  const prompt = new Set(placed.filter((_, index) => isForPrompt(placed, index, scope)));
  const system = encodePrompt([...prompt], scope);
  const turns = placed.filter((turn) => !prompt.has(turn));
  const messages = runsOf(turns).flatMap((run) => encodeRun(run, scope));
  if (messages.length === 0) {
    throw invalidField(requestField("contents"), "needs a turn besides the system prompt");
  }
  return { system, messages };
}

/** Whether a content belongs to the system prompt. Warns of those that stood elsewhere. */
function isForPrompt(
  placed: readonly PlacedContent[],
  index: number,
  { traits, warnings }: EncodeScope,
): boolean {
  if (placed[index]?.content.role !== Role.SYSTEM) return false;
  const isTurn = ({ content }: PlacedContent): boolean => content.role !== Role.SYSTEM;
  const before = placed.slice(0, index).findLast(isTurn)?.content;
  if (before === undefined) return true;
  const after = placed.slice(index).find(isTurn)?.content.role ?? Role.ASSISTANT;
  // The API takes one after a turn of the user, or one of the assistant that ends in a tool of the
  // server, and before a turn of the assistant or the end.
  const isAfterTool = before.parts.at(-1)?.kind.case === "provider";
  const isInPlace = (before.role !== Role.ASSISTANT || isAfterTool) && after === Role.ASSISTANT;
  if (traits.systemTurns && isInPlace) return false;
  const field = `contents[${index}]`;
  warnings.changed(field, "moved to the system prompt, before the conversation");
  return true;
}

function encodePrompt(
  contents: readonly PlacedContent[],
  scope: EncodeScope,
): JsonValue | undefined {
  const blocks = contents.flatMap((content) => systemBlocks(content, scope));
  return blocks.length === 0 ? undefined : shortForm(blocks);
}

function systemBlocks({ content, field }: PlacedContent, scope: EncodeScope): WireBlock[] {
  return encodeParts(promptParts(content, field, scope.warnings), Role.SYSTEM, scope);
}

/**
 * Turns in runs: those of the user and of tools together, those of the system, one of the model.
 */
function runsOf(turns: readonly PlacedContent[]): PlacedContent[][] {
  const runs: PlacedContent[][] = [];
  for (const turn of turns) {
    const side = sideOf(turn.content.role);
    const last = runs.at(-1);
    const lastSide = last?.[0] && sideOf(last[0].content.role);
    if (last && side === lastSide && side !== Role.ASSISTANT) last.push(turn);
    else runs.push([turn]);
  }
  return runs;
}

function sideOf(role: Role): Role {
  return role === Role.TOOL ? Role.USER : role;
}

function encodeRun(run: readonly PlacedContent[], scope: EncodeScope): WireMessage[] {
  if (run[0]?.content.role === Role.SYSTEM) {
    const blocks = run.flatMap((content) => systemBlocks(content, scope));
    return blocks.length === 0 ? [] : [{ role: "system", content: shortForm(blocks) }];
  }
  const gathered: WireBlock[] = [];
  const messages: WireMessage[] = [];
  for (const { content, field } of run) {
    const role = wireRole(content.role, field);
    const blocks = encodeParts(contentParts(content, field), content.role, scope);
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
  throw invalidField(requestField(`${field}.role`), "must be system, user, assistant or tool");
}

function resultsFirst(blocks: readonly WireBlock[]): WireBlock[] {
  return [...blocks.filter(isResult), ...blocks.filter((block) => !isResult(block))];
}

function isResult(block: WireBlock): boolean {
  return isObject(block) && block.type === "tool_result";
}
