import type { Frame, Framing } from "../contract/adapter.ts";
import type { Limits } from "../contract/limits.ts";
import { AWSEventStreamFramer } from "./aws-event-stream-framer.ts";
import { JSONArrayFramer } from "./json-array-framer.ts";
import { NDJSONFramer } from "./ndjson-framer.ts";
import { SSEFramer } from "./sse-framer.ts";

/**
 * Cuts the bytes of a provider's stream into frames, wherever the network has cut them. After it
 * has thrown, a framer is of no more use.
 */
export interface Framer {
  /**
   * Takes the next bytes and gives the frames they complete. Throws PROVIDER_RESPONSE_TOO_LARGE for
   * a frame over the limit `frame_bytes`, and PROVIDER_MALFORMED_RESPONSE for what cannot be cut.
   */
  push(chunk: Uint8Array): readonly Frame[];
  /**
   * Says that the bytes ended of themselves, and gives the last frame if only its terminator is
   * missing; a frame that was cut is discarded, for the decoder knows best that the end is missing.
   */
  end(): readonly Frame[];
}

/** A framer for a provider's stream. */
export function createFramer(framing: Framing, limits: Limits): Framer {
  switch (framing) {
    case "sse":
      return new SSEFramer(limits.frameBytes);
    case "ndjson":
      return new NDJSONFramer(limits.frameBytes);
    case "json-array":
      return new JSONArrayFramer(limits.frameBytes);
    case "aws-event-stream":
      return new AWSEventStreamFramer(limits.frameBytes);
    default:
      return framing satisfies never;
  }
}
