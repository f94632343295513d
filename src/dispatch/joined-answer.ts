import { create } from "@bufbuild/protobuf";
import type { StreamProgress } from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import {
  ContentSchema,
  CostSchema,
  type LLMResponse,
  Role,
  type Warning,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  SegmentRestartedSchema,
  type StreamCallResponse,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { StreamEvent } from "../contract/adapter.ts";
import type { ConnectorError } from "../contract/connector-error.ts";
import type { AttemptPlan } from "./call-plan.ts";
import { wrap } from "./committed-stream.ts";
import { DeliveredParts } from "./delivered-parts.ts";
import { progressSum, usageSum } from "./usage-sum.ts";

/** One answer out of segments, each the answer of another attempt. */
export class JoinedAnswer {
  readonly parts: DeliveredParts = new DeliveredParts();
  #segment = 0;
  /** Of the segments that broke off. */
  #progress: StreamProgress | undefined;
  readonly #warnings: Warning[] = [];

  /** How far the segments that broke off had come. Unset: there is none. */
  get progress(): StreamProgress | undefined {
    return this.#progress;
  }

  /**
   * A message of the present segment as one of the whole answer. Unset: it is not delivered again.
   */
  next(message: StreamCallResponse): StreamCallResponse | undefined {
    const { event } = message;
    const { usage } = this.#progress ?? {};
    switch (event.case) {
      case undefined:
        return message;
      case "started":
        return this.#segment === 0 ? message : undefined;
      case "usage": {
        const value = usageSum(usage, event.value);
        return value && wrap({ case: "usage", value });
      }
      case "finished": {
        const { response } = event.value;
        if (response !== undefined && this.#segment > 0) this.#join(response);
        return message;
      }
      default:
        this.parts.take(event);
        return message;
    }
  }

  /** Notes that the present segment broke off, and what was left out of its request. */
  brokeOff({ fields }: ConnectorError, warnings: readonly Warning[]): void {
    this.#progress = progressSum(this.#progress, fields.progress);
    this.warn(warnings);
  }

  /** Adds warnings, each once. */
  warn(warnings: readonly Warning[]): void {
    for (const warning of warnings) {
      const { field, message } = warning;
      const isKnown = this.#warnings.some(
        (known) => known.field === field && known.message === message,
      );
      if (!isKnown) this.#warnings.push(warning);
    }
  }

  /** Ends the segment that broke off for `reason` at one target, and begins that at another. */
  restart(from: AttemptPlan, reason: string, to: AttemptPlan): readonly StreamCallResponse[] {
    const closing = this.parts.close(from.target.adapter.name);
    this.#segment += 1;
    const value = create(SegmentRestartedSchema, {
      segment: this.#segment,
      target: to.target.name,
      reason,
    });
    const restarted: StreamEvent = { case: "segmentRestarted", value };
    return [...closing, restarted].map(wrap);
  }

  #join(response: LLMResponse): void {
    const parts = [...this.parts.closed, ...(response.content?.parts ?? [])];
    const message = parts.map(({ kind }) => (kind.case === "text" ? kind.value.text : "")).join("");
    response.content = create(ContentSchema, { role: Role.ASSISTANT, message, parts });
    const usage = usageSum(this.#progress?.usage, response.usage);
    if (usage !== undefined) response.usage = usage;
    // What a segment that broke off is billed at is not known: its provider never came to say.
    response.cost = create(CostSchema, { known: false });
    this.warn(response.warnings);
    response.warnings = [...this.#warnings];
  }
}
