import type { ExpectedAnswer, ExpectedToolCall } from "./expectation.ts";
import { judgedAPIs } from "./judged-apis.ts";
import { isObject, objectsOf, type Plain, stringOf } from "./plain.ts";
import type { Recording } from "./recordings.ts";
import type { RequestAPI } from "./request-judge.ts";

/** Two recorded turns of one conversation: the later one sends the answer to the earlier back. */
export interface TurnPair {
  readonly earlier: Recording;
  readonly later: Recording;
  /** How many turns or items of the later request stand before that answer. */
  readonly start: number;
  /** What it sends back. */
  readonly sentBack: readonly Plain[];
}

interface Conversation {
  readonly recording: Recording;
  readonly turns: readonly Plain[];
  /** The turns as texts that are equal where the turns are. */
  readonly keys: readonly string[];
}

/**
 * The pairs among recordings of one API: the later request begins as the earlier one, and what the
 * model says next there has an id of a call, or the whole text, of the recorded answer.
 */
export function turnPairs(recordings: readonly Recording[], api: RequestAPI): readonly TurnPair[] {
  const conversations = recordings.map((recording): Conversation => {
    const turns = turnsOf(api.canonical(recording.request));
    return { recording, turns, keys: turns.map(keyOf) };
  });
  return conversations.flatMap(({ recording: earlier, keys }) => {
    const answer = judgedAPIs[earlier.api]?.expect(earlier);
    if (answer?.kind !== "answer" || keys.length === 0) return [];
    return conversations.flatMap(({ recording: later, turns, keys: laterKeys }) => {
      const isContinued = keys.every((key, index) => key === laterKeys[index]);
      const sentBack = isContinued ? spokenBy(turns.slice(keys.length)) : [];
      if (!isSameAnswer(sentBack, answer) || !isFrom(earlier, sentBack)) return [];
      return [{ earlier, later, start: keys.length, sentBack }];
    });
  });
}

/** The turns of a canonical body, or its items. */
export function turnsOf(body: Plain): readonly Plain[] {
  return objectsOf(body.messages ?? body.input);
}

/** What the model says at the beginning of these turns. */
export function spokenBy(turns: readonly Plain[]): readonly Plain[] {
  const isSpoken = ({ role, type }: Plain): boolean =>
    role === undefined ? !stringOf(type).endsWith("_output") : role === "assistant";
  const end = turns.findIndex((turn) => !isSpoken(turn));
  return turns.slice(0, end < 0 ? turns.length : end);
}

function isSameAnswer(sentBack: readonly Plain[], answer: ExpectedAnswer): boolean {
  const { toolCalls, text, thinking } = answer;
  const thoughts = sentBack.flatMap(({ reasoning_details: details }) => objectsOf(details));
  const said = JSON.stringify(sentBack);
  // Where ids are blacked out, other words tell another take.
  const isOther =
    thoughts.some((thought) => !thinking.includes(stringOf(thought.text))) ||
    (said.includes("_REDACTED_") && !text.includes(textIn(sentBack).trim()));
  if (sentBack.length === 0 || isOther) return false;
  if (toolCalls.some((call) => call.id !== "" && isIn(said, call))) return true;
  return text !== "" && toolCalls.length === 0 && textIn(sentBack) === text;
}

/**
 * Ids that only tell a place ("functions.get_time:0") come again in every take, with other
 * arguments.
 */
function isIn(said: string, { id, arguments: args }: ExpectedToolCall): boolean {
  if (!said.includes(JSON.stringify(id))) return false;
  const texts = isObject(args)
    ? Object.values(args).filter((value) => typeof value === "string")
    : [];
  return !/:\d+$/.test(id) || texts.every((text) => said.includes(text));
}

/** Another take of the same test has the same words, but ids and signatures of its own. */
function isFrom({ response }: Recording, sentBack: readonly Plain[]): boolean {
  let isKnown = true;
  JSON.stringify(sentBack, (name, value: unknown) => {
    const isMark = identifying.has(name) && typeof value === "string" && value !== "";
    if (isMark && !response.text.includes(value)) isKnown = false;
    return value;
  });
  return isKnown;
}

const identifying = new Set(["id", "call_id", "signature", "encrypted_content"]);

function textIn(turns: readonly Plain[]): string {
  return turns
    .flatMap(({ content }) => objectsOf(content))
    .map(({ text }) => stringOf(text))
    .join("");
}

/** Marks of the prompt cache wander from turn to turn, so they tell nothing. */
function keyOf(turn: Plain): string {
  return JSON.stringify(turn, (name, value: unknown) => {
    if (name === "cache_control") return undefined;
    return isObject(value) ? Object.fromEntries(Object.entries(value).sort()) : value;
  });
}
