import { pipeline, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { ConnectorError } from "../contract/connector-error.ts";
import type { ResponseBody } from "./response-body.ts";
import { connectionLost, errorCode, malformedResponse } from "./transport-error.ts";

/** Undoes an encoding, and knows how many encoded bytes it has taken. */
type ContentDecoder = Transform & { readonly bytesWritten: number };

const decoders: ReadonlyMap<string, () => ContentDecoder> = new Map([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);

/**
 * What undoes an encoding that a provider used unasked: gzip, deflate or br; undefined where there
 * is none to undo. Throws PROVIDER_MALFORMED_RESPONSE for an unknown one, or one on top of another:
 * a chain of them is a bomb.
 */
export function contentDecoder(contentEncoding: string | undefined): ContentDecoder | undefined {
  const encoding = contentEncoding?.trim().toLowerCase() ?? "";
  if (encoding === "" || encoding === "identity") return undefined;
  const create = decoders.get(encoding);
  if (create !== undefined) return create();
  throw malformedResponse("headers", "it is encoded in a way that was not asked for");
}

/**
 * Decodes a body as its bytes come. More than `bytesMax` decoded bytes are
 * PROVIDER_RESPONSE_TOO_LARGE, bytes that are not so encoded are PROVIDER_MALFORMED_RESPONSE, and
 * an early end is PROVIDER_CONNECTION_LOST.
 */
export async function* decodeContent(
  body: ResponseBody,
  decoder: ContentDecoder,
  bytesMax: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  pipeline(body, decoder, () => undefined);
  let length = 0;
  try {
    for await (const chunk of decoder) {
      length += chunk.length;
      if (length > bytesMax) throw tooLarge(bytesMax);
      yield chunk;
    }
  } catch (error) {
    // An answer without a byte, to be seen with statuses that have no body, is not a cut one.
    if (decoder.bytesWritten > 0 || !isEarlyEnd(error)) throw decodingError(error);
  } finally {
    decoder.destroy();
    await body.return();
  }
}

function decodingError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ConnectorError) return error;
  const code = errorCode(error);
  if (isEarlyEnd(error)) return connectionLost("body", code, error);
  if (code.startsWith("Z_") || code.startsWith("ERR_")) {
    return malformedResponse("body", `its encoding is broken (${code})`, error);
  }
  return error;
}

function isEarlyEnd(error: unknown): boolean {
  return error instanceof Error && errorCode(error) === "Z_BUF_ERROR";
}

function tooLarge(bytesMax: number): ConnectorError {
  return new ConnectorError(
    "PROVIDER_RESPONSE_TOO_LARGE",
    `The provider's answer is larger than ${bytesMax} bytes when it is decoded.`,
    { metadata: { limit: "provider_response_bytes", limit_bytes: String(bytesMax) } },
  );
}
