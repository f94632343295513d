import type { IncomingHttpHeaders } from "node:http2";
import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { CallContext } from "../contract/connector-api.ts";
import type { LaneAnswer } from "./lane-answer.ts";
import type { MessageFormat } from "./lane-messages.ts";

/** What a handler sees of its call besides message and context. */
export interface LaneExchange {
  readonly requestHeaders: IncomingHttpHeaders;
  /** Takes headers and trailers. */
  readonly answer: Pick<LaneAnswer, "addMetadata">;
}

/** Carries a call out: a promise for unary methods, events for server-streaming ones. */
export type LaneHandler = (
  request: Message,
  context: CallContext,
  exchange: LaneExchange,
) => Promise<Message> | AsyncIterable<Message>;

/** A method that the lane serves: unary or server-streaming. */
export interface LaneRoute {
  readonly method: DescMethod;
  readonly handle: LaneHandler;
}

/** A route with what its messages are made with. */
export interface LaneMethod extends LaneRoute {
  readonly format: MessageFormat;
  readonly timeoutMsMax: number;
}
