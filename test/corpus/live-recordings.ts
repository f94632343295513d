import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject, type Plain, stringOf } from "./plain.ts";

/** Endpoints that the adapters speak to, by the ends of their names in the files. */
const paths: ReadonlySet<string> = new Set([
  "/api/chat",
  "/v1/chat/completions",
  "/v1/messages",
  "/v1/responses",
]);

/**
 * The exchanges of live servers that are questions to a model, in the form of the other recordings.
 * Their APIs begin with `live.`, and `ended` says how each ended: `complete`, or the client left
 * (`client_abort`), or the server died (`eof`).
 */
export function liveRecords(folder: string): readonly Plain[] {
  return ["live-llamacpp.jsonl", "live-ollama.jsonl"].flatMap((name) => {
    const file = join(folder, name);
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Plain)
      .filter(({ method, path, status }) => method === "POST" && paths.has(String(path)) && status)
      .map(recordOf);
  });
}

function recordOf(record: Plain): Plain {
  const headers = headersOf(record.response_headers);
  const text = textOf(record);
  const asked = parsed(stringOf(record.request_body)) ?? {};
  const status = Number(record.status);
  const isStream = /event-stream|ndjson/.test(headers["content-type"] ?? "");
  const isNative = record.path === "/api/chat";
  return {
    id: `live-${String(record.api)}-${String(record.name)}`.replaceAll(".", "-"),
    api: `live.${String(record.api)}`,
    stream: isNative ? asked.stream !== false : asked.stream === true,
    framing: isStream ? (isNative ? "ndjson" : "sse") : "json",
    model: stringOf(asked.model),
    request: { body: status >= 400 || isOdd.test(String(record.name)) ? {} : withModel(asked) },
    response: {
      status,
      headers,
      body: isStream ? text : (parsed(text) ?? text),
      body_text: text,
    },
    ended: String(record.ended),
  };
}

/** Requests that were wrong on purpose, or that are no question: nobody asks the contract so. */
const isOdd = /^error-|temperature$|^chat-(?:empty|load|max-tokens-0)|^unload$/;

/** llama.cpp needs no name of a model; the contract does. */
function withModel(asked: Plain): Plain {
  return { model: "recorded", ...asked };
}

function textOf({ response_body: body, response_chunks: chunks }: Plain): string {
  const pieces = Array.isArray(chunks) ? chunks.map((chunk) => (chunk as unknown[])[1]) : [body];
  const bytes = pieces.map((piece) =>
    isObject(piece) ? Buffer.from(stringOf(piece.b64), "base64") : Buffer.from(stringOf(piece)),
  );
  return Buffer.concat(bytes).toString();
}

function parsed(text: string): Plain | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function headersOf(pairs: unknown): Record<string, string> {
  const list = Array.isArray(pairs) ? (pairs as [string, string][]) : [];
  return Object.fromEntries(list.map(([name, value]) => [name.toLowerCase(), value]));
}
