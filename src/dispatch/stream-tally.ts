import { create } from "@bufbuild/protobuf";
import {
  type StreamProgress,
  StreamProgressSchema,
} from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import type { LLMRequest } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Frame, StreamEvent, StreamSnapshot } from "../contract/adapter.ts";
import { estimateUsage } from "./token-estimate.ts";

/** Counts what of a stream was delivered, for the error that may end it. */
export class StreamTally {
  #deltas = 0;
  #characters = 0;
  #lastEventId = "";

  /** Notes a frame of the provider. */
  frame(frame: Frame): void {
    if (frame.id !== "") this.#lastEventId = frame.id;
  }

  /** Notes a delivered event. */
  event(event: StreamEvent): void {
    switch (event.case) {
      case "textDelta":
      case "thinkingDelta":
        this.#deltas++;
        this.#characters += event.value.text.length;
        break;
      case "toolCallDelta":
        this.#deltas++;
        break;
      default:
    }
  }

  /** How far the stream has come. */
  progress(request: LLMRequest, snapshot: StreamSnapshot | undefined): StreamProgress {
    return create(StreamProgressSchema, {
      deltas: BigInt(this.#deltas),
      outputChars: BigInt(this.#characters),
      toolCallsOpen: snapshot?.toolCallsOpen ?? 0,
      usage: snapshot?.usage ?? estimateUsage(request, this.#characters),
      lastEventId: this.#lastEventId.slice(0, 256),
    });
  }
}
