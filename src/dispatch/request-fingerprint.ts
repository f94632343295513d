import { createHash, type Hash } from "node:crypto";
import type {
  CallRequest,
  StreamCallRequest,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import type { CallOptions } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";

/**
 * What a request asks for, as a hash: the same for two requests that ask for the same. How long it
 * may take, its id and the caller's own key are not part of it; whether it is streamed is. The
 * order of the entries of a mapping does not count: clients may send them in any.
 */
export function requestFingerprint(request: CallRequest | StreamCallRequest): string {
  const { options, ...asked } = request;
  const hash = createHash("sha256");
  feed(hash, asked);
  feed(hash, options && withoutTimes(options));
  return hash.digest("base64url");
}

/** A secret as a name that tells nothing of it. */
export function secretFingerprint(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

function withoutTimes(options: CallOptions): Partial<CallOptions> {
  const {
    timeout: _timeout,
    attemptTimeout: _attemptTimeout,
    firstDeltaTimeout: _firstDeltaTimeout,
    idleTimeout: _idleTimeout,
    requestId: _requestId,
    apiKey: _apiKey,
    ...asked
  } = options;
  return asked;
}

/** Adds a value so that no two different ones give the same bytes: each says its kind and length. */
function feed(hash: Hash, value: unknown): void {
  if (value instanceof Uint8Array) {
    hash.update(`b${value.length}:`).update(value);
  } else if (Array.isArray(value)) {
    hash.update(`[${value.length}:`);
    for (const item of value) feed(hash, item);
  } else if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined);
    hash.update(`{${entries.length}:`);
    for (const [key, each] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${key.length}:${key}`);
      feed(hash, each);
    }
  } else {
    const text = String(value);
    hash.update(`${typeof value}${text.length}:${text}`);
  }
}
