import type { Call } from "./wire.ts";

/** Whether to answer with a stream: as the request asks, unless a directive says the opposite. */
export function wantsStream({ body, directive }: Call): boolean {
  return body.stream === true
    ? !directive.jsonInsteadOfStream
    : directive.streamInsteadOfJSON === true;
}
