import type { JsonObject } from "@bufbuild/protobuf";
import type { ProviderFailure } from "../contract/adapter.ts";
import type { ConnectorError, ErrorFields } from "../contract/connector-error.ts";
import type { Reason } from "../contract/reasons.ts";
import { isObject, textOf } from "./json.ts";
import { cleanText, providerError, reasonForStatus } from "./provider-error.ts";

/** A failure of Bedrock, classified by the type of its error, its words and its status. */
export function bedrockError({ status, headers, body }: ProviderFailure): ConnectorError {
  const object = readBody(body);
  const told = headers["x-amzn-errortype"] || textOf(object.__type) || textOf(object.code);
  const isOwn = told !== "" || (body.trimStart().startsWith("{") && wordsOf(object) !== "");
  const byStatus = (isOwn ? reasonByStatus.get(status) : undefined) ?? reasonForStatus(status);
  return classify(typeOf(told), object, status, byStatus);
}

/**
 * An exception inside a stream: `exception:` or `error:` and its type, as the framing names it. Its
 * data is the error's body.
 */
export function bedrockEventError(event: string, data: string): ConnectorError {
  const type = typeOf(event.slice(event.indexOf(":") + 1));
  const isRequests = type === "ValidationException";
  const reason = isRequests ? "PROVIDER_INVALID_REQUEST" : "PROVIDER_INTERNAL";
  return classify(type, readBody(data), 200, reason);
}

/** What of a type counts: `com.amazon…#` may stand before it, and `:http://…` behind it. */
function typeOf(told: string): string {
  const type = told.split(":")[0]?.split("#").at(-1)?.trim() ?? "";
  return type.slice(0, 1).toUpperCase() + type.slice(1);
}

function readBody(text: string): JsonObject {
  const trimmed = text.trim();
  try {
    const value: unknown = JSON.parse(trimmed);
    return isObject(value) ? value : { message: textOf(value) };
  } catch {
    // A page of a proxy says nothing to people who read one line; plain text does.
    return trimmed.startsWith("<") ? {} : { message: trimmed };
  }
}

/**
 * Types that say more than a status. ValidationException (400) and InternalServerException (500)
 * say no more than theirs, so that another status beside them says more.
 */
const reasonByType: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ["AccessDeniedException", "PROVIDER_PERMISSION_DENIED"],
  ["ConflictException", "PROVIDER_CONFLICT"],
  ["ExpiredTokenException", "PROVIDER_CREDENTIAL_INVALID"],
  ["ExpiredToken", "PROVIDER_CREDENTIAL_INVALID"],
  ["IncompleteSignatureException", "PROVIDER_CREDENTIAL_INVALID"],
  ["IncompleteSignature", "PROVIDER_CREDENTIAL_INVALID"],
  ["InvalidClientTokenId", "PROVIDER_CREDENTIAL_INVALID"],
  ["InvalidSignatureException", "PROVIDER_CREDENTIAL_INVALID"],
  ["MissingAuthenticationToken", "PROVIDER_CREDENTIAL_INVALID"],
  ["MissingAuthenticationTokenException", "PROVIDER_CREDENTIAL_INVALID"],
  ["ModelErrorException", "PROVIDER_INTERNAL"],
  ["ModelNotReadyException", "PROVIDER_UNAVAILABLE"],
  ["ModelStreamErrorException", "PROVIDER_INTERNAL"],
  ["ModelTimeoutException", "PROVIDER_TIMEOUT"],
  ["NotAuthorized", "PROVIDER_PERMISSION_DENIED"],
  ["OptInRequired", "PROVIDER_PERMISSION_DENIED"],
  ["RequestExpired", "PROVIDER_CREDENTIAL_INVALID"],
  ["ResourceNotFoundException", "MODEL_NOT_FOUND"],
  // A limit of the account, though its status is 400.
  ["ServiceQuotaExceededException", "PROVIDER_QUOTA_EXHAUSTED"],
  ["ServiceUnavailable", "PROVIDER_UNAVAILABLE"],
  ["ServiceUnavailableException", "PROVIDER_UNAVAILABLE"],
  ["SignatureDoesNotMatch", "PROVIDER_CREDENTIAL_INVALID"],
  ["Throttling", "PROVIDER_RATE_LIMITED"],
  ["ThrottlingException", "PROVIDER_RATE_LIMITED"],
  ["TooManyRequestsException", "PROVIDER_RATE_LIMITED"],
  ["UnknownOperationException", "PROVIDER_ENDPOINT_NOT_FOUND"],
  ["UnrecognizedClientException", "PROVIDER_CREDENTIAL_INVALID"],
]);

/**
 * Statuses that mean something else here than elsewhere, where AWS itself answers. A page of a
 * proxy has their usual meaning.
 */
const reasonByStatus: ReadonlyMap<number, Reason> = new Map<number, Reason>([
  [404, "MODEL_NOT_FOUND"],
  [408, "PROVIDER_TIMEOUT"],
  [424, "PROVIDER_INTERNAL"],
]);

interface WordRule {
  readonly words: RegExp;
  /** What the error must be without its words. */
  readonly within: readonly Reason[];
  readonly reason: Reason;
  /** What to do, for people. */
  readonly hint?: string;
}

const refused: readonly Reason[] = ["PROVIDER_INVALID_REQUEST", "MODEL_NOT_FOUND"];
const denied: readonly Reason[] = ["PROVIDER_PERMISSION_DENIED", ...refused];

/** Classes that only words tell apart, and what helps. The first that fits holds. */
const wordRules: readonly WordRule[] = [
  {
    words:
      /too many (?:input )?tokens|input is too long|prompt is too long|input tokens? exceed|exceeds? [^.]{0,60}(?:input|context|token)[^.]{0,20}(?:limit|length|window)|context (?:length|window|limit)/i,
    within: ["PROVIDER_INVALID_REQUEST"],
    reason: "CONTEXT_LENGTH_EXCEEDED",
  },
  {
    words: /on-demand throughput/i,
    within: refused,
    reason: "MODEL_NOT_FOUND",
    hint: "give the id of an inference profile, such as us.anthropic.… or global.…, or its ARN",
  },
  {
    words: /model identifier is invalid/i,
    within: refused,
    reason: "MODEL_NOT_FOUND",
    hint: "give the id of a model of this region, or of an inference profile (us., eu., apac., global.)",
  },
  {
    words: /doesn.t support counting tokens/i,
    within: refused,
    reason: "PROVIDER_UNSUPPORTED",
  },
  {
    words: /use case details have not been submitted/i,
    within: denied,
    reason: "PROVIDER_PERMISSION_DENIED",
  },
  {
    words: /payment instrument/i,
    within: denied,
    reason: "PROVIDER_BILLING_EXHAUSTED",
  },
  {
    words:
      /(?:countr|region|territor)[^.]{0,60} (?:not|un)[ -]?(?:supported|allowed)|unsupported countr/i,
    within: denied,
    reason: "PROVIDER_REGION_BLOCKED",
  },
  {
    words: /don.t have access to the model/i,
    within: denied,
    reason: "PROVIDER_PERMISSION_DENIED",
    hint: "ask for access to the model in the console of Bedrock, in this region",
  },
  {
    words: /api key is (?:not )?valid|bearer token|security token|authentication failed/i,
    within: ["PROVIDER_PERMISSION_DENIED"],
    reason: "PROVIDER_CREDENTIAL_INVALID",
  },
  {
    words: /signature (?:expired|not yet current)/i,
    within: ["PROVIDER_CREDENTIAL_INVALID", "PROVIDER_PERMISSION_DENIED"],
    reason: "PROVIDER_CREDENTIAL_INVALID",
    hint: "the clock of this machine is more than five minutes off",
  },
  {
    words: /blocked by [^.]{0,20}content filter/i,
    within: ["PROVIDER_INVALID_REQUEST", "PROVIDER_PERMISSION_DENIED"],
    reason: "CONTENT_FILTERED",
  },
  {
    words: /per day|daily/i,
    within: ["PROVIDER_RATE_LIMITED"],
    reason: "PROVIDER_QUOTA_EXHAUSTED",
  },
];

function wordsOf(object: JsonObject): string {
  return textOf(object.message) || textOf(object.Message) || textOf(object.originalMessage);
}

/** @param byStatus What the status means where the type says no more. */
function classify(
  type: string,
  object: JsonObject,
  httpStatus: number,
  byStatus: Reason,
): ConnectorError {
  const words = cleanText(wordsOf(object));
  const plain = reasonByType.get(type) ?? byStatus;
  const isInside = httpStatus < 300;
  const rule = wordRules.find((one) => one.within.includes(plain) && one.words.test(words));
  const said = words || (isInside ? "the provider reported an error" : "");
  const message = rule?.hint && said ? `${said} (${rule.hint})` : said;
  const body = { type, code: type, message, field: "" };
  const reason = rule?.reason ?? plain;
  return providerError(reason, body, httpStatus, {
    ...fieldsOf(reason, words),
    metadata: metadataOf(reason, words, object),
  });
}

function fieldsOf(reason: Reason, words: string): ErrorFields {
  const [, name] = /\bmodel ID ([\w.:/-]{1,256}?) with/i.exec(words) ?? [];
  if (reason !== "MODEL_NOT_FOUND" || name === undefined) return {};
  return { resource: { type: "model", name } };
}

/** How makers of models say how long a prompt is, and how long it may be. */
const lengthWords: readonly RegExp[] = [
  /(?<requested>\d{1,12})(?: \+ \d{1,12})?(?: tokens)? > (?<limit>\d{1,12})/,
  /max input tokens: (?<limit>\d{1,12}), [^.]{0,40}count: (?<requested>\d{1,12})/i,
  /maximum (?:context|input) length (?:is|of) (?<limit>\d{1,12})/i,
];

/** The status that a model's own server gave, and the numbers of a prompt that is too long. */
function metadataOf(
  reason: Reason,
  words: string,
  { originalStatusCode }: JsonObject,
): Readonly<Record<string, string>> {
  const isTooLong = reason === "CONTEXT_LENGTH_EXCEEDED";
  const found = isTooLong ? lengthWords.map((form) => form.exec(words)).find(Boolean) : undefined;
  return {
    ...(typeof originalStatusCode === "number" && {
      original_status: String(originalStatusCode),
    }),
    ...found?.groups,
  };
}
