import type { JsonObject } from "@bufbuild/protobuf";
import { type Content, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { contentParts, promptParts } from "../content-parts.ts";
import { isObject } from "../json.ts";
import { requestField } from "../request-field.ts";
import { signCalls } from "./call-signatures.ts";
import { encodeParts } from "./encode-parts.ts";
import type { EncodeScope } from "./encode-scope.ts";
import type { WireContent, WirePart } from "./wire.ts";

/** A conversation as it is sent. */
export interface WireConversation {
  /** Unset: no system instruction. */
  readonly system: JsonObject | undefined;
  readonly contents: WireContent[];
}

interface PlacedContent {
  readonly content: Content;
  readonly field: string;
}

/**
 * The system instruction and the turns. System contents that stand later are moved to the
 * instruction; for a model that takes none, it stands before the words of the first turn. Results
 * of tools are gathered: they must come together, and right after their calls.
 *
 * Throws INVALID_REQUEST where no turn is left to send.
 */
export function encodeTurns(contents: readonly Content[], scope: EncodeScope): WireConversation {
  const placed = contents.map((content, index) => ({ content, field: `contents[${index}]` }));
  for (const { content, field } of placed) {
    if (content.name !== "") scope.warnings.dropped(`${field}.name`, "speakers have no names here");
  }
  const isSystem = ({ content }: PlacedContent): boolean => content.role === Role.SYSTEM;
  const turns = placed.filter((turn) => !isSystem(turn));
  const system = placed.filter(isSystem).flatMap((turn) => systemParts(turn, turns[0], scope));
  const sent = runsOf(turns).flatMap((run) => encodeRun(run, scope));
  if (sent.length === 0) {
    throw invalidField(requestField("contents"), "needs a turn besides the system instruction");
  }
  signCalls(sent, scope);
  if (system.length === 0) return { system: undefined, contents: sent };
  if (scope.traits.system) return { system: { parts: system }, contents: sent };
  scope.warnings.changed("contents", `${scope.model} takes no system turns: sent before the first`);
  return { system: undefined, contents: withWordsFirst(sent, system) };
}

function systemParts(
  { content, field }: PlacedContent,
  firstTurn: PlacedContent | undefined,
  scope: EncodeScope,
): WirePart[] {
  if (firstTurn !== undefined && indexOf(field) > indexOf(firstTurn.field)) {
    scope.warnings.changed(field, "moved to the system instruction, before the conversation");
  }
  return encodeParts(promptParts(content, field, scope.warnings), Role.SYSTEM, scope);
}

function indexOf(field: string): number {
  return Number(/\d+/.exec(field)?.[0]);
}

function withWordsFirst(contents: WireContent[], words: readonly WirePart[]): WireContent[] {
  const [first, ...rest] = contents;
  return first?.role === "user"
    ? [{ role: "user", parts: [...words, ...first.parts] }, ...rest]
    : [{ role: "user", parts: [...words] }, ...contents];
}

/** Turns in runs: those of the user and of tools together, each of the model alone. */
function runsOf(turns: readonly PlacedContent[]): PlacedContent[][] {
  const runs: PlacedContent[][] = [];
  for (const turn of turns) {
    const last = runs.at(-1);
    const isModels = ({ content }: PlacedContent): boolean => content.role === Role.ASSISTANT;
    if (last?.[0] !== undefined && !isModels(turn) && !isModels(last[0])) last.push(turn);
    else runs.push([turn]);
  }
  return runs;
}

function encodeRun(run: readonly PlacedContent[], scope: EncodeScope): WireContent[] {
  const gathered: WirePart[] = [];
  const contents: WireContent[] = [];
  for (const { content, field } of run) {
    const role = wireRole(content.role, field);
    const parts = turnParts({ content, field }, scope);
    if (parts.length === 0) {
      scope.warnings.dropped(field, "nothing of this turn is left to send");
      continue;
    }
    const sorted = resultsFirst(parts);
    const isLate = contents.length > 0 && sorted.some(isResult);
    if (isLate || sorted.some((part, index) => part !== parts[index])) {
      scope.warnings.changed(field, "results were moved before other words, as the API requires");
    }
    if (content.role === Role.TOOL) gathered.push(...sorted);
    else {
      const isMoved = (part: WirePart): boolean => isLate && isResult(part);
      gathered.push(...sorted.filter(isMoved));
      const rest = sorted.filter((part) => !isMoved(part));
      if (rest.length > 0) contents.push({ role, parts: rest });
    }
  }
  return gathered.length === 0
    ? contents
    : [{ role: "user", parts: resultsFirst(gathered) }, ...contents];
}

/**
 * Parts of a turn. One that says nothing but an empty text is sent as that, to keep the turns'
 * order.
 */
function turnParts({ content, field }: PlacedContent, scope: EncodeScope): WirePart[] {
  const placed = contentParts(content, field);
  const parts = encodeParts(placed, content.role, scope);
  const isEmptyText = placed.length > 0 && placed.every(({ part }) => part.kind.case === "text");
  return parts.length === 0 && isEmptyText ? [{ text: "" }] : parts;
}

function wireRole(role: Role, field: string): "user" | "model" {
  if (role === Role.USER || role === Role.TOOL) return "user";
  if (role === Role.ASSISTANT) return "model";
  throw invalidField(requestField(`${field}.role`), "must be system, user, assistant or tool");
}

function resultsFirst(parts: readonly WirePart[]): WirePart[] {
  return [...parts.filter(isResult), ...parts.filter((part) => !isResult(part))];
}

/** Whether a part is the result of a tool. */
function isResult(part: WirePart): boolean {
  return isObject(part) && part.functionResponse !== undefined;
}
