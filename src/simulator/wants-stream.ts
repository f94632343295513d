import type { Call } from "./wire.ts";

/**
 * Whether to answer with a stream: as the request asks, unless a directive says the opposite.
 *
 * @param isAsked Whether the request asks for one. Default: its body says `stream`.
 */
export function wantsStream(
  { body, directive }: Call,
  isAsked: boolean = body.stream === true,
): boolean {
  return isAsked ? !directive.jsonInsteadOfStream : directive.streamInsteadOfJSON === true;
}
