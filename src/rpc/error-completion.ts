import { gunzipSync } from "node:zlib";
import { ConnectError } from "@connectrpc/connect";
import {
  compressedFlag,
  encodeEnvelope,
  type UniversalServerResponse,
} from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  endStreamFlag,
  endStreamFromJson,
  endStreamToJson,
  errorFromJsonBytes,
  errorToJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { findTrailerError, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerParse, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import { Code } from "../../gen/ts/google/rpc/code_pb.ts";
import { ConnectorError, type FieldViolation } from "../contract/connector-error.ts";
import { connectErrorOf, reasonOfCode } from "./error-status.ts";
import { unescapePrintable } from "./error-text.ts";

/** Told of an error that left Connect without details and is a fault of this server. */
export type OnFault = (error: ConnectorError) => void;

const envelopeHeadBytes = 5;
const codesOfFaults: ReadonlySet<Code> = new Set<Code>([Code.INTERNAL, Code.UNKNOWN]);
// Statuses that Connect gives by itself; any other is a service's own, and stays as it is.
const codesOfConnect: ReadonlySet<Code> = new Set<Code>([
  ...codesOfFaults,
  Code.CANCELLED,
  Code.INVALID_ARGUMENT,
  Code.DEADLINE_EXCEEDED,
  Code.RESOURCE_EXHAUSTED,
  Code.UNIMPLEMENTED,
]);

/**
 * Gives the errors that Connect makes itself (a message over the limit, bytes it cannot read, a
 * broken envelope) the ErrorInfo that every error of this server has, in each of the three
 * protocols. Nothing of Connect's can be hooked there, so its answers are completed on their way
 * out.
 */
export function completeErrors(
  response: UniversalServerResponse,
  onFault: OnFault,
): Promise<UniversalServerResponse> | UniversalServerResponse {
  const { body, header, trailer } = response;
  const contentType = header?.get("content-type") ?? "";
  if (body === undefined) return response;
  if (contentType.startsWith("application/grpc-web")) {
    return { ...response, body: mapped(body, (chunk) => completeWebTrailer(chunk, onFault)) };
  }
  if (trailer !== undefined && contentType.startsWith("application/grpc")) {
    return { ...response, body: ended(body, () => completeTrailer(trailer, onFault)) };
  }
  if (contentType.startsWith("application/connect+")) {
    return { ...response, body: mapped(body, (chunk) => completeEndOfStream(chunk, onFault)) };
  }
  return response.status === 200 ? response : completeUnary(response, onFault);
}

/** The error with details. Unset: it has them, or is none of Connect's own. */
function completed(error: ConnectError, onFault: OnFault): ConnectError | undefined {
  const code = error.code as number as Code;
  if (error.details.length > 0 || !codesOfConnect.has(code)) return undefined;
  const complete = connectorErrorOf(code, error.rawMessage);
  if (complete.reason === "INTERNAL_FAULT") onFault(complete);
  return connectErrorOf(complete);
}

function connectorErrorOf(code: Code, message: string): ConnectorError {
  // Connect calls these internal, but they are about the bytes that a caller sent.
  if (/^(?:parse binary: |received compressed envelope|decompression failed)/.test(message)) {
    return new ConnectorError("INVALID_REQUEST", `the message cannot be read: ${message}`);
  }
  if (codesOfFaults.has(code)) {
    return new ConnectorError("INTERNAL_FAULT", "this server failed; see its log", {
      cause: message,
    });
  }
  return new ConnectorError(reasonOfCode(code), message, { violations: violationsOf(message) });
}

/** The field that the JSON codec could not read, if it names one. */
function violationsOf(message: string): readonly FieldViolation[] | undefined {
  const [, field] = /^cannot decode field ([\w.]+) from JSON/.exec(message) ?? [];
  return field === undefined ? undefined : [{ field, description: "cannot be read from JSON" }];
}

function completeTrailer(trailer: Headers, onFault: OnFault): void {
  const error = findTrailerError(trailer);
  const complete = error && completed(error, onFault);
  if (complete !== undefined) setTrailerStatus(trailer, complete);
  const message = trailer.get("grpc-message");
  if (message !== null) trailer.set("grpc-message", unescapePrintable(message));
}

function completeWebTrailer(chunk: Uint8Array, onFault: OnFault): Uint8Array {
  const bytes = payload(chunk, trailerFlag);
  if (bytes === undefined) return chunk;
  const trailer = trailerParse(bytes);
  completeTrailer(trailer, onFault);
  return encodeEnvelope(trailerFlag, trailerSerialize(trailer) as Uint8Array<ArrayBuffer>);
}

function completeEndOfStream(chunk: Uint8Array, onFault: OnFault): Uint8Array {
  const bytes = payload(chunk, endStreamFlag);
  if (bytes === undefined) return chunk;
  const { metadata, error } = endStreamFromJson(bytes);
  const complete = error && completed(error, onFault);
  if (complete === undefined) return chunk;
  const json = JSON.stringify(endStreamToJson(metadata, complete, undefined));
  return encodeEnvelope(endStreamFlag, new TextEncoder().encode(json));
}

/** What the last envelope of an answer holds, unpacked. Unset: the envelope is another. */
function payload(chunk: Uint8Array, lastFlag: number): Uint8Array<ArrayBuffer> | undefined {
  const bytes = chunk.subarray(envelopeHeadBytes) as Uint8Array<ArrayBuffer>;
  if (chunk[0] === lastFlag) return bytes;
  return chunk[0] === (lastFlag | compressedFlag) ? gunzipSync(bytes) : undefined;
}

async function completeUnary(
  response: UniversalServerResponse,
  onFault: OnFault,
): Promise<UniversalServerResponse> {
  const { body, header } = response;
  if (!body || header?.get("content-type") !== "application/json") return response;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const plain = header.has("content-encoding") ? gunzipSync(bytes) : bytes;
  const error = errorFromJsonBytes(plain, undefined, new ConnectError("an error without a body"));
  const complete = completed(error, onFault);
  if (complete === undefined) return { ...response, body: streamed(bytes) };
  const completeBytes = errorToJsonBytes(complete, undefined);
  complete.metadata.forEach((value, name) => {
    header.set(name, value);
  });
  header.delete("content-encoding");
  header.set("content-length", String(completeBytes.length));
  return { ...response, status: codeToHttpStatus(complete.code), body: streamed(completeBytes) };
}

async function* streamed(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The same chunks through a function. Connect yields one envelope a chunk. */
function mapped(
  chunks: AsyncIterable<Uint8Array>,
  map: (chunk: Uint8Array) => Uint8Array,
): AsyncIterable<Uint8Array> {
  return relayed(chunks, (result) =>
    result.done === true ? result : { done: false, value: map(result.value) },
  );
}

/** The same chunks, and a call at their end. */
function ended(chunks: AsyncIterable<Uint8Array>, atEnd: () => void): AsyncIterable<Uint8Array> {
  return relayed(chunks, (result) => {
    if (result.done === true) atEnd();
    return result;
  });
}

function relayed(
  chunks: AsyncIterable<Uint8Array>,
  relay: (result: IteratorResult<Uint8Array>) => IteratorResult<Uint8Array>,
): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const source = chunks[Symbol.asyncIterator]();
      return {
        next: async () => relay(await source.next()),
        // How Connect hears that writing failed, and that nobody reads any more.
        throw: (reason) => source.throw?.(reason) ?? Promise.reject(reason),
        return: (value) => source.return?.(value) ?? Promise.resolve({ done: true, value }),
      };
    },
  };
}
