import { ConnectorError } from "../../src/contract/connector-error.ts";
import { connectionLost } from "../../src/http/transport-error.ts";
import type { Chance } from "./chance.ts";
import {
  bodyStep,
  cutSteps,
  exactMs,
  milestones,
  type Script,
  type Step,
  soundSteps,
  streamSteps,
} from "./script.ts";
import type { Answer, Wire } from "./wire.ts";

/** What a fault is made from. */
export interface FaultInput {
  readonly wire: Wire;
  readonly answer: Answer;
  readonly isStream: boolean;
  /** Time to the head of an answer, and between the pieces of a stream, ms. */
  readonly headMs: number;
  readonly gapMs: number;
  readonly chance: Chance;
  /** The script of an answer with nothing wrong. */
  readonly sound: Script;
}

type Fault = (input: FaultInput) => Script;

const nothing = { steps: [], end: "well", text: "", outputTokens: undefined } as const;

/** What can go wrong at a provider once; failures by status are elsewhere. */
export const faultKinds = [
  "refused",
  "connect timeout",
  "dns again",
  "tls invalid",
  "reset before head",
  "no head",
  "no body",
  "empty body",
  "html",
  "broken json",
  "json list",
  "other json",
  "half an answer",
  "error in 200",
  "lost before first",
  "end before first",
  "silence before first",
  "lost after first",
  "lost inside",
  "end after first",
  "end inside",
  "silence after first",
  "error event first",
  "error event late",
  "bad event",
  "only pings",
  "no last mark",
  "silence at the end",
  "wrong form",
  "no usage",
  "trickle",
] as const;

/** One of them. */
export type FaultKind = (typeof faultKinds)[number];

/** What becomes of a request by each fault. */
export const faults: Readonly<Record<FaultKind, Fault>> = {
  // No connection.
  refused: () =>
    noHead("refused", 1, "PROVIDER_CONNECT_FAILED", () => connectFailed("ECONNREFUSED")),
  "connect timeout": () =>
    noHead("connect timeout", 5000, "PROVIDER_CONNECT_FAILED", () => connectFailed("ETIMEDOUT")),
  "dns again": () => noHead("dns again", 2, "PROVIDER_DNS_FAILED", () => dnsFailed("EAI_AGAIN")),
  "tls invalid": () => noHead("tls invalid", 8, "PROVIDER_TLS_INVALID", tlsInvalid),
  // No answer.
  "reset before head": ({ headMs }) =>
    noHead("reset before head", headMs, "PROVIDER_CONNECTION_LOST", () => lost("headers")),
  "no head": noAnswer,
  "no body": (input) => ({ ...asAnswer(input, []), name: "no body", end: "never" }),
  // What is no answer of the wire.
  "empty body": (input) => wrong(input, "empty body", ""),
  html: (input) => wrong(input, "html", "<!doctype html><html><body>Sign in</body></html>"),
  "broken json": (input) => wrong(input, "broken json", '{"id": "x", "choices": [}, "content": ['),
  "json list": (input) => wrong(input, "json list", "[1, 2, 3]"),
  "other json": (input) => wrong(input, "other json", '{"status_page": "all good"}'),
  "half an answer": halfAnAnswer,
  "error in 200": ({ wire, ...input }) => ({
    ...asAnswer({ wire, ...input }, bodyStep(wire.failure(overload))),
    name: "error in 200",
    reason: "PROVIDER_OVERLOADED",
    text: "",
    outputTokens: undefined,
  }),
  // Streams that go wrong; a unary answer goes wrong in the way that is nearest.
  "lost before first": (input) => broken(input, "lost before first", "before", "lost", false),
  "end before first": (input) => broken(input, "end before first", "before", "well", false),
  "silence before first": (input) =>
    broken(input, "silence before first", "before", "never", false),
  "lost after first": (input) => broken(input, "lost after first", "after", "lost", false),
  "lost inside": (input) => broken(input, "lost inside", "after", "lost", true),
  "end after first": (input) => broken(input, "end after first", "after", "well", false),
  "end inside": (input) => broken(input, "end inside", "after", "well", true),
  "silence after first": (input) => broken(input, "silence after first", "after", "never", false),
  "error event first": (input) => errorEvent(input, "before"),
  "error event late": (input) => errorEvent(input, "after"),
  "bad event": badEvent,
  "only pings": onlyPings,
  "no last mark": noLastMark,
  "silence at the end": (input) => ({
    ...noLastMark(input),
    name: "silence at the end",
    end: "never",
  }),
  // Odd, and still an answer.
  "wrong form": wrongForm,
  "no usage": ({ sound }) => sound,
  trickle,
};

/** Name of a fault. */
export type FaultName = FaultKind | StatusName;

/** Failures by status that carry no wait of their own. */
export const statusNames = [
  "400",
  "404",
  "409",
  "413",
  "422",
  "302",
  "403",
  "408",
  "425",
  "429",
  "500",
  "502",
  "503",
  "504",
  "520",
  "529",
  "401",
  "spent",
  "ramp",
  "daily quota",
] as const;

/** One of them. */
export type StatusName = (typeof statusNames)[number];

/** Whether it is one of them. */
export function isStatusName(name: FaultName): name is StatusName {
  return (statusNames as readonly string[]).includes(name);
}

const overload = { type: "overloaded_error", message: "Overloaded" };

function noHead(
  name: string,
  headMs: number,
  reason: NonNullable<Script["reason"]>,
  refusal: () => ConnectorError,
): Script {
  const accepts = reason === "PROVIDER_CONNECTION_LOST" ? "maybe" : "no";
  return { ...nothing, name, reason, accepts, headMs, refusal, status: 0, headers: {} };
}

function noAnswer(): Script {
  return {
    ...nothing,
    name: "no head",
    reason: "ATTEMPT_TIMEOUT",
    accepts: "maybe",
    headMs: Number.POSITIVE_INFINITY,
    status: 0,
    headers: {},
  };
}

function asAnswer({ sound, headMs }: FaultInput, steps: readonly Step[]): Script {
  return { ...sound, headMs, steps };
}

function wrong(input: FaultInput, name: string, body: string): Script {
  // A stream that ends without an event is one that was cut off.
  const reason =
    input.isStream && (body === "" || body.startsWith("["))
      ? "STREAM_TRUNCATED"
      : "PROVIDER_MALFORMED_RESPONSE";
  const script = { ...asAnswer(input, bodyStep(body)), name, text: "", outputTokens: undefined };
  // In lines, a last one that is broken and one that was cut look the same.
  const isUnclear = body.startsWith("[") || (input.isStream && input.wire.isLines);
  return isUnclear ? script : { ...script, reason };
}

function halfAnAnswer(input: FaultInput): Script {
  if (input.isStream) return broken(input, "half an answer", "after", "well", true);
  const bytes = Buffer.from(input.wire.whole(input.answer));
  const half = bytes.subarray(0, input.chance.integer(1, bytes.length));
  const step = { afterMs: 1, bytes: half, told: 0, isLogical: false, isWhole: false };
  const end = input.chance.pick(["well", "lost"] as const);
  const script = { ...asAnswer(input, [step]), name: "half an answer", end };
  return { ...script, reason: "PROVIDER_MALFORMED_RESPONSE", text: "", outputTokens: undefined };
}

function broken(
  input: FaultInput,
  name: string,
  where: "before" | "after",
  end: Script["end"],
  inside: boolean,
): Script {
  if (!input.isStream) {
    const half = halfAnAnswer(input);
    // A unary answer that never ends runs into the time of the attempt.
    return end === "never"
      ? { ...half, name, end, reason: "ATTEMPT_TIMEOUT" }
      : { ...half, name, end };
  }
  const steps = eventSteps(input);
  const { firstWord, logical } = milestones(steps);
  const count =
    where === "before"
      ? input.chance.integer(0, firstWord)
      : input.chance.integer(firstWord + 1, logical);
  const cut = cutSteps(steps, count, inside);
  const kept: Script = { ...asAnswer(input, cut), name, end, outputTokens: undefined };
  if (where === "after") return kept;
  return { ...kept, reason: end === "never" ? "ATTEMPT_TIMEOUT" : "STREAM_TRUNCATED", text: "" };
}

function eventSteps({ wire, answer, gapMs, chance }: FaultInput): readonly Step[] {
  return streamSteps(wire.events(answer), "events", gapMs, chance);
}

function errorEvent(input: FaultInput, where: "before" | "after"): Script {
  const { wire, isStream, chance } = input;
  if (!isStream) return faults["error in 200"](input);
  const steps = eventSteps(input);
  const { firstWord, logical } = milestones(steps);
  const count =
    where === "before" ? chance.integer(0, firstWord) : chance.integer(firstWord + 1, logical);
  const kept = steps.slice(0, count);
  const { told = 0 } = kept.at(-1) ?? {};
  const error = { ...lastStep(wire.failureEvent(overload)), told };
  const script = {
    ...asAnswer(input, [...kept, error]),
    name: `error event ${where === "before" ? "first" : "late"}`,
    reason: "PROVIDER_OVERLOADED" as const,
    outputTokens: undefined,
  };
  return where === "before" ? { ...script, text: "" } : script;
}

function badEvent(input: FaultInput): Script {
  if (!input.isStream) return faults["broken json"](input);
  const kept = cutSteps(eventSteps(input), input.chance.integer(0, 4), false);
  const { told = 0 } = kept.at(-1) ?? {};
  const bad = { ...lastStep('data: {"type": "content_block_delta", "choices": [{]\n\n'), told };
  return {
    ...asAnswer(input, [...kept, bad]),
    name: "bad event",
    reason: "PROVIDER_MALFORMED_RESPONSE",
    outputTokens: undefined,
  };
}

function onlyPings(input: FaultInput): Script {
  if (!input.isStream) return faults["no body"](input);
  const pings = Array.from({ length: 20 }, () => ({ ...lastStep(input.wire.ping), afterMs: 2000 }));
  return {
    ...asAnswer(input, pings),
    name: "only pings",
    reason: "ATTEMPT_TIMEOUT",
    end: "never",
    text: "",
    outputTokens: undefined,
  };
}

/** Ends when the answer is logically whole, before the wire's own last mark: still an answer. */
function noLastMark(input: FaultInput): Script {
  if (!input.isStream) return input.sound;
  const steps = eventSteps(input);
  const count = steps.findIndex(({ isWhole }) => isWhole);
  if (steps[count - 1]?.isLogical !== true) return { ...input.sound, steps, name: "no last mark" };
  const end = input.chance.pick(["well", "lost"] as const);
  return { ...asAnswer(input, steps.slice(0, count)), name: "no last mark", end };
}

/** A stream where a whole answer was asked for, and the other way round. */
function wrongForm(input: FaultInput): Script {
  const { wire, answer, isStream } = input;
  const whole = bodyStep(wire.whole(answer), answer);
  const script = asAnswer(input, isStream ? whole : eventSteps(input));
  return { ...script, name: "wrong form" };
}

/** One piece a second. */
function trickle(input: FaultInput): Script {
  const { wire, answer, isStream, chance } = input;
  if (!isStream) return { ...input.sound, name: "trickle", headMs: exactMs(input.headMs * 8) };
  const steps = soundSteps(wire, answer, 1000, chance);
  return { ...asAnswer(input, steps), name: "trickle" };
}

function lastStep(text: string): Step {
  return { afterMs: 1, bytes: Buffer.from(text), told: 0, isLogical: false, isWhole: false };
}

function lost(phase: "headers" | "body"): ConnectorError {
  return connectionLost(phase, "ECONNRESET", undefined);
}

function connectFailed(code: string): ConnectorError {
  return new ConnectorError("PROVIDER_CONNECT_FAILED", `No connection was made (${code}).`, {
    metadata: { phase: "connect", network_error: code },
  });
}

function dnsFailed(code: string): ConnectorError {
  return new ConnectorError("PROVIDER_DNS_FAILED", `The name was not resolved (${code}).`, {
    metadata: { phase: "connect", network_error: code },
  });
}

function tlsInvalid(): ConnectorError {
  return new ConnectorError("PROVIDER_TLS_INVALID", "No trusted connection was made.", {
    metadata: { phase: "connect", network_error: "CERT_HAS_EXPIRED" },
  });
}
