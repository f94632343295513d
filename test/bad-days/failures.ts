import type { Reason } from "../../src/contract/reasons.ts";
import type { Chance } from "./chance.ts";
import type { HintKind } from "./conditions.ts";
import type { StatusName } from "./faults.ts";
import { bodyStep, type Script } from "./script.ts";
import type { Complaint, Wire } from "./wire.ts";

interface Failure {
  readonly status: number;
  readonly reason: Reason;
  readonly complaint: Complaint;
  /** Whether the provider may say how long to wait. */
  readonly mayHint?: boolean;
}

function plain(status: number, reason: Reason, type: string, mayHint = false): Failure {
  return { status, reason, complaint: { type, message: `status ${status}` }, mayHint };
}

const failures: Readonly<Record<Exclude<StatusName, "spent" | "ramp">, Failure>> = {
  "302": plain(302, "PROVIDER_REDIRECT_REFUSED", "moved"),
  "400": plain(400, "PROVIDER_INVALID_REQUEST", "invalid_request_error"),
  "401": plain(401, "PROVIDER_CREDENTIAL_INVALID", "authentication_error"),
  "403": plain(403, "PROVIDER_PERMISSION_DENIED", "permission_error"),
  "404": {
    ...plain(404, "MODEL_NOT_FOUND", "not_found_error"),
    complaint: {
      type: "not_found_error",
      code: "model_not_found",
      message: "The model `some` does not exist",
    },
  },
  "408": plain(408, "PROVIDER_REQUEST_TIMEOUT", "timeout", true),
  "409": plain(409, "PROVIDER_CONFLICT", "conflict_error"),
  "413": plain(413, "REQUEST_TOO_LARGE", "request_too_large"),
  "422": plain(422, "PROVIDER_INVALID_REQUEST", "invalid_request_error"),
  "425": plain(425, "PROVIDER_TOO_EARLY", "too_early"),
  "429": plain(429, "PROVIDER_RATE_LIMITED", "rate_limit_error", true),
  "500": plain(500, "PROVIDER_INTERNAL", "api_error"),
  "502": plain(502, "PROVIDER_UNAVAILABLE", "bad_gateway", true),
  "503": plain(503, "PROVIDER_UNAVAILABLE", "unavailable_error", true),
  "504": plain(504, "PROVIDER_TIMEOUT", "timeout_error"),
  "520": plain(520, "PROVIDER_EDGE_ERROR", "edge_error"),
  "529": plain(529, "PROVIDER_OVERLOADED", "overloaded_error", true),
  "daily quota": {
    ...plain(429, "PROVIDER_QUOTA_EXHAUSTED", "rate_limit_error"),
    complaint: { type: "rate_limit_error", message: "No more today", isDaily: true },
  },
};

const dailyWaitSeconds = 7200;
/** Bodies that say nothing: a reason must come from the status alone. */
const mute = ["", "<html><body>Bad gateway</body></html>", "no healthy upstream"];

/** What a failure by status is made from. */
export interface FailureInput {
  readonly wire: Wire;
  readonly hint: HintKind;
  readonly headMs: number;
  readonly nowMs: number;
  readonly wallTimeMs: number;
  readonly chance: Chance;
  /** The wait to tell, ms. Unset: by chance. */
  readonly waitMs?: number;
}

/** The script of a failure by status. */
export function failureScript(name: StatusName, input: FailureInput): Script {
  const { wire, chance, headMs } = input;
  const { status, reason, complaint, mayHint } = failureOf(name, wire);
  const isMute = status >= 500 && chance.happens(0.4);
  const body = isMute ? chance.pick(mute) : wire.failure(complaint);
  const hint =
    name === "daily quota" ? farHint(input) : mayHint ? hintOf(input, status === 429) : noHint;
  return {
    name,
    reason,
    accepts: "no",
    ...(hint.waitMs !== undefined && {
      waitMs: hint.waitMs,
      waitUntilMs: input.nowMs + headMs + hint.waitMs,
    }),
    headMs,
    status,
    headers: { "content-type": isMute ? "text/html" : "application/json", ...hint.headers },
    steps: bodyStep(body),
    end: "well",
    text: "",
    outputTokens: undefined,
  };
}

/** A wire that has no word of its own for it says the next best thing. */
function failureOf(name: StatusName, { spent, slowDown }: Wire): Failure {
  switch (name) {
    case "spent":
      if (spent === undefined) return failures["401"];
      return { ...spent, reason: "PROVIDER_BILLING_EXHAUSTED" };
    case "ramp":
      if (slowDown === undefined) return failures["429"];
      return { ...slowDown, reason: "PROVIDER_RAMP_LIMITED", mayHint: true };
    default:
      return failures[name];
  }
}

interface Hint {
  readonly waitMs: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

const noHint: Hint = { waitMs: undefined, headers: {} };
/** Values that no client may believe. */
const unbelievable = ["-1", "NaN", "soon", "", "Mon, 01 Jan 2001 00:00:00 GMT"];
/** The same for failures that are no limits: of a limit it would say that a quota is used up. */
const tooLong = ["1e9", "99999999999"];

function farHint(input: FailureInput): Hint {
  return hintFor("seconds", dailyWaitSeconds * 1000, input);
}

function hintOf(input: FailureInput, isLimit: boolean): Hint {
  const { chance, hint, waitMs } = input;
  if (hint === "none") return noHint;
  if (waitMs !== undefined) return hintFor(hint, waitMs, input);
  if (chance.happens(0.1)) {
    return {
      waitMs: undefined,
      headers: {
        "retry-after": chance.pick(isLimit ? unbelievable : [...unbelievable, ...tooLong]),
      },
    };
  }
  // A minute and a half is more than any call may wait, and sets the place aside for all.
  const seconds = chance.happens(0.003) ? 90 : chance.pick([0, 1, 1, 2, 2, 3, 5, 8]);
  return hintFor(hint, seconds * 1000, input);
}

function hintFor(kind: HintKind, waitMs: number, { wire, headMs, wallTimeMs }: FailureInput): Hint {
  // What is said of the time is said when the head leaves.
  const wallMs = wallTimeMs + headMs;
  switch (kind) {
    case "none":
      return noHint;
    case "seconds": {
      const seconds = Math.ceil(waitMs / 1000);
      return { waitMs: seconds * 1000, headers: { "retry-after": String(seconds) } };
    }
    case "ms": {
      const ms = Math.ceil(waitMs);
      return { waitMs: ms, headers: { "retry-after-ms": String(ms) } };
    }
    case "date": {
      const atMs = Math.ceil((wallMs + waitMs) / 1000) * 1000;
      const headers = { "retry-after": new Date(atMs).toUTCString() };
      return { waitMs: atMs - wallMs, headers };
    }
    case "reset": {
      if (wire.limitHeaders === undefined) return noHint;
      const ms = Math.ceil(waitMs);
      const { remaining, reset } = wire.limitHeaders;
      const headers = { [remaining]: "0", [reset]: wire.resetValue(ms, wallMs) };
      return { waitMs: ms, headers };
    }
    default:
      return kind satisfies never;
  }
}
