import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { FieldViolation } from "../contract/connector-error.ts";
import { arrayOf, isObject, objectOf, textOf } from "./json.ts";
import { cleanText, type ProviderErrorBody } from "./provider-error.ts";

/** An error of the OpenAI family, read from whichever of its shapes it came in. */
export interface OpenAIErrorBody extends ProviderErrorBody {
  /** The status it names itself: a number in `code`, `status` or `status_code`. 0: none. */
  readonly status: number;
  /** Fields that a list of violations names (`detail[]` of FastAPI servers). */
  readonly violations: readonly FieldViolation[];
  /** A word for the class that stands beside a code: `error_type` of OpenRouter. Empty: none. */
  readonly word: string;
  /** The host behind a gateway that failed, as the gateway names it. Empty: not told. */
  readonly upstream: string;
  /** The error object as it came, for members that one host alone sends. */
  readonly raw: JsonObject;
}

const violationsMax = 32;

/**
 * Reads the body of a failure: `{error: {…}}`, `{error: "text"}`, the first of `{errors: […]}`, a
 * flat `{object: "error", …}`, `{detail: …}`, the first element of an array, plain text. HTML and
 * empty bodies say nothing.
 */
export function readErrorText(body: string): OpenAIErrorBody {
  const text = body.trim();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return readErrorObject(text.startsWith("<") ? {} : { message: text });
  }
  const object = Array.isArray(value) ? value[0] : value;
  return isObject(object) ? readErrorObject(object) : readErrorObject({ message: textOf(object) });
}

/** Reads an error object, inside its envelope or without it. */
export function readErrorObject(object: JsonObject): OpenAIErrorBody {
  // Cloudflare and watsonx list what went wrong.
  const [listed] = arrayOf(object.errors);
  const first = isObject(listed) ? listed : object;
  const raw = isObject(object.error) ? object.error : first;
  const words = raw.message ?? raw.detail ?? raw.error ?? object.message;
  // The Responses wire marks its error event with the type "error", which names no class.
  const type = textOf(raw.type) === "error" ? "" : textOf(raw.type);
  // Databricks and Cohere have names of their own for it.
  const named = raw.code ?? raw.error_code ?? raw.error_type;
  const code = typeof named === "number" ? String(named) : textOf(named);
  const metadata = objectOf(raw.metadata);
  const said = [wordsOf(words), upstreamWords(metadata.raw)].filter((text) => text !== "");
  return {
    raw,
    word: textOf(metadata.error_type),
    upstream: textOf(metadata.provider_name),
    type,
    // A code that only repeats the status says less than a type.
    code: type !== "" && /^[45]\d\d$/.test(code) ? "" : code,
    message: said.join(": "),
    field: textOf(raw.param),
    status: statusOf(raw, object),
    violations: violationsOf(words),
  };
}

/** What the host behind a gateway said: OpenRouter passes its body on as text or as an object. */
function upstreamWords(raw: JsonValue | undefined): string {
  const body = typeof raw === "string" ? (parsed(raw) ?? raw) : raw;
  if (typeof body === "string") return body.startsWith("<") ? "" : body;
  const { error, message, detail } = objectOf(body);
  const words = objectOf(error).message ?? message ?? detail ?? error;
  return typeof words === "string" ? words : "";
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function wordsOf(words: JsonValue | undefined): string {
  // llama-cpp-python adds the stack to its words.
  if (typeof words === "string") return words.split('\n  File "')[0]?.trimEnd() ?? "";
  const list = detailList(words);
  if (list.length > 0) return list.map((item) => textOf(objectOf(item).msg)).join("; ");
  return textOf(objectOf(words).message ?? objectOf(words).detail);
}

function detailList(words: JsonValue | undefined): readonly JsonValue[] {
  return arrayOf(isObject(words) ? words.detail : words);
}

function violationsOf(words: JsonValue | undefined): readonly FieldViolation[] {
  return detailList(words)
    .slice(0, violationsMax)
    .map((item) => {
      const { loc, msg } = objectOf(item);
      const path = arrayOf(loc).filter((step) => step !== "body");
      return {
        field: cleanText(path.join(".")) || "request",
        description: cleanText(textOf(msg)),
      };
    });
}

function statusOf(raw: JsonObject, object: JsonObject): number {
  const told = [raw.code, raw.status_code, raw.status, raw.raw_status_code];
  const candidates = [...told, object.status, object.status_code];
  for (const candidate of candidates) {
    const status = typeof candidate === "string" ? Number(candidate) : candidate;
    if (typeof status !== "number" || !Number.isInteger(status)) continue;
    if (status >= 400 && status <= 599) return status;
  }
  return 0;
}
