// Proves that the failures which users of the providers have reported get a reason that fits them,
// and that limits of rate, spent money, overload and prompts that are too long are told apart. What
// fits is told by their status, codes and words here, without any code of the product.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Reason } from "../../src/contract/reasons.ts";
import { judgedAPIs } from "./judged-apis.ts";
import { isObject, objectOf, type Plain, stringOf } from "./plain.ts";
import { corpusFolder } from "./recordings.ts";
import { wireOf } from "./request-judge.ts";

if (corpusFolder === undefined) {
  console.info("test/corpus/reported-errors.test.ts is skipped: CONNECTORS_CORPUS is not set");
}

/** A failure as somebody reported it. */
interface Reported {
  readonly id: string;
  readonly api: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function reported(folder: string): readonly Reported[] {
  const lines = readFileSync(join(folder, "errors-reported.jsonl"), "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => toReported(JSON.parse(line)));
}

function toReported({ id, api, response }: Plain): Reported {
  const { status, headers, body } = objectOf(response);
  return {
    id: String(id),
    api: String(api),
    status: Number(status),
    headers: objectOf(headers) as Record<string, string>,
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

/**
 * Wires of one family classify alike: the older ones are not spoken, and read as their successors.
 */
function apiOf(api: string): string {
  if (judgedAPIs[api] !== undefined) return api;
  return judgedAPIs[`${api.split(".")[0]}.chat`] === undefined
    ? "openai.chat"
    : `${api.split(".")[0]}.chat`;
}

const moneyCodes = /insufficient_(?:quota|credits)|credit_balance|spend_limit|billing/;
const longWords =
  /context (?:length|window|limit)|too (?:long|many input tokens)|number of tokens allowed|max_tokens must be at least 1, got -/i;

/** What may be said of a failure; the first of them that fits is the narrowest. */
function fitting({ status, body }: Reported): readonly Reason[] {
  const codes = codesOf(body);
  if (status === 402 || moneyCodes.test(codes)) return ["PROVIDER_BILLING_EXHAUSTED"];
  if (/content_filter|content_policy/.test(codes)) return ["CONTENT_FILTERED"];
  if ([400, 413, 422].includes(status) && longWords.test(body)) return ["CONTEXT_LENGTH_EXCEEDED"];
  if (status === 529 || (status >= 500 && /overloaded/i.test(body))) return ["PROVIDER_OVERLOADED"];
  switch (status) {
    case 413:
      return /rate_limit/.test(codes) ? ["PROVIDER_RATE_LIMITED"] : ["REQUEST_TOO_LARGE"];
    case 429:
      return isLasting(body) ? ["PROVIDER_QUOTA_EXHAUSTED"] : ["PROVIDER_RATE_LIMITED"];
    case 500:
      return ["PROVIDER_INTERNAL"];
    case 503:
      return ["PROVIDER_UNAVAILABLE"];
    default:
      return ["PROVIDER_INVALID_REQUEST"];
  }
}

/** Codes and types of a body, joined. */
function codesOf(body: string): string {
  const words: string[] = [];
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(collect);
    if (!isObject(value)) return;
    for (const [name, member] of Object.entries(value)) {
      if (/^(?:code|type|reason)$/.test(name)) words.push(stringOf(member));
      collect(member);
    }
  };
  collect(body.trim().startsWith("<") ? {} : parsed(body));
  return words.join(" ");
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}

/** A limit of a day or month, of nothing at all, or one that is over in an hour at the earliest. */
function isLasting(body: string): boolean {
  const [, seconds] = /retry after (\d+) seconds/i.exec(body) ?? [];
  return (
    Number(seconds) >= 3600 ||
    /per_?(?:day|month)|(?:tokens|requests) per (?:day|month)|"quotaValue": ?"0"|limit: 0\b/i.test(
      body,
    )
  );
}

describe.skipIf(corpusFolder === undefined)("reported failures", () => {
  const failures = corpusFolder === undefined ? [] : reported(corpusFolder);

  it("are there", () => {
    expect(failures.length).toBeGreaterThan(0);
  });

  it.each(failures)("$id, status $status", (failure) => {
    const { status, headers, body } = failure;
    const { dialect } = wireOf(apiOf(failure.api));
    const error = dialect.toError({ status, headers, body });
    expect(fitting(failure)).toContain(error.reason);
    expect(error.fields.metadata).toMatchObject({ http_status: String(status) });
    expect(error.message).not.toMatch(/^the provider answered with status/);
    const [, wait] = /(?:retry|try again) (?:in|after) (\d+)/i.exec(body) ?? [];
    if (wait !== undefined && status === 429) {
      expect(error.fields.retryAfterMs).toBeGreaterThanOrEqual(Number(wait) * 1000);
    }
  });
});
