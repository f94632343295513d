import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeEvent } from "../support/aws-event-stream.ts";
import { liveRecords } from "./live-recordings.ts";
import { isObject, objectOf, type Plain } from "./plain.ts";

/** One recorded exchange with a real provider. */
export interface Recording {
  readonly id: string;
  readonly api: string;
  readonly stream: boolean;
  readonly framing: string;
  readonly model: string;
  readonly request: Plain;
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    /** What a provider would send: JSON text, or the stream as recorded. */
    readonly bytes: Buffer;
    /** The same as text; of no use where it is binary. */
    readonly text: string;
    /** Whether it is an AWS event stream. */
    readonly isBinary: boolean;
    /** The parsed body of a whole answer. Unset: a stream, or no JSON. */
    readonly json: Plain | undefined;
  };
}

/** Folder of the recordings. Unset: the tests that read them are skipped. */
export const corpusFolder: string | undefined = process.env.CONNECTORS_CORPUS;

/**
 * All recordings of the given APIs, in the order of their files; of live servers, what ended
 * complete.
 */
export function recordingsOf(apis: readonly string[]): readonly Recording[] {
  if (corpusFolder === undefined || !existsSync(corpusFolder)) return [];
  const folder = corpusFolder;
  const exchanges = readdirSync(folder)
    .filter((name) => /^exchanges-.*\.jsonl$/.test(name))
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Plain);
  const live = liveRecords(folder).filter(({ ended }) => ended === "complete");
  return [...exchanges, ...live].filter(({ api }) => apis.includes(String(api))).map(toRecording);
}

/**
 * Exchanges with live servers of the given APIs that broke off: the client left, or the server
 * died.
 */
export function brokenRecordings(apis: readonly string[]): readonly Recording[] {
  if (corpusFolder === undefined) return [];
  return liveRecords(corpusFolder)
    .filter(({ api, ended }) => ended !== "complete" && apis.includes(String(api)))
    .map(toRecording);
}

function toRecording(record: Plain): Recording {
  const response = objectOf(record.response);
  const { body, framing } = { body: response.body, framing: String(record.framing) };
  const json = isObject(body) ? body : undefined;
  const eventStream = eventStreamOf(response, framing, String(record.api));
  const isBinary = eventStream !== undefined;
  const bytes = eventStream ?? Buffer.from(textOf(body, response.body_text, framing));
  return {
    id: String(record.id),
    api: String(record.api),
    stream: record.stream === true,
    framing,
    model: typeof record.model === "string" ? record.model : "",
    request: objectOf(objectOf(record.request).body),
    response: {
      status: Number(response.status ?? 200),
      headers: headersOf(objectOf(response.headers)),
      bytes,
      text: bytes.toString(),
      isBinary,
      json,
    },
  };
}

/**
 * The bytes of an AWS event stream: in base64, which some recorders did not say, or events of which
 * a recorder kept only the lines. Undefined: it is none.
 */
function eventStreamOf(
  { body, encoding }: Plain,
  framing: string,
  api: string,
): Buffer | undefined {
  if (typeof body !== "string") return undefined;
  // A total length of less than 16 MiB begins with a zero byte.
  if (encoding === "base64" || /^AAA[A-Za-z0-9+/]{20}/.test(body))
    return Buffer.from(body, "base64");
  if (framing !== "payload-lines" || api !== "bedrock.converseStream") return undefined;
  const events = body.split("\n").filter((line) => line.trim() !== "");
  const messages = events.flatMap((line) => Object.entries(JSON.parse(line) as Plain));
  return Buffer.concat(messages.map(([type, event]) => encodeEvent(type, event)));
}

/** `payload-lines` recordings lack their framing: each line was the data of one event. */
function textOf(body: unknown, bodyText: unknown, framing: string): string {
  if (typeof bodyText === "string") return bodyText;
  if (typeof body !== "string") return JSON.stringify(body ?? null);
  if (framing !== "payload-lines") return body;
  return body
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => `data: ${line}\n\n`)
    .join("");
}

const perConnection = new Set(["connection", "keep-alive", "content-length", "transfer-encoding"]);

function headersOf(headers: Plain): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !perConnection.has(name.toLowerCase()))
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : String(value)]),
  );
}
