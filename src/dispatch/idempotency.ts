import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type CallRequest,
  type CallResponse,
  CallResponseSchema,
  type StreamCallRequest,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { WarningKind, WarningSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { Clock } from "../contract/clock.ts";
import type { CallContext } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import type { PulledMessages } from "../contract/pulled-messages.ts";
import type { Random } from "../contract/random.ts";
import { WatchedMessages } from "../contract/watched-messages.ts";
import { jittered } from "./admission-queue.ts";
import { requestFingerprint, secretFingerprint } from "./request-fingerprint.ts";

/** What the memory of request ids is made of. */
export interface IdempotencyOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Pick<
    Limits,
    "idempotencyMs" | "idempotencyEntries" | "idempotencyAnswerBytes" | "idempotencyStoreBytes"
  >;
}

/** A call with a request id that has ended. */
interface Remembered {
  readonly body: string;
  readonly untilMs: number;
  /** The answer. Unset: it failed, was a stream, or is too long to be kept. */
  readonly answer: Uint8Array | undefined;
}

/** A call with a request id that is under way. */
interface Running {
  readonly key: string;
  readonly body: string;
  readonly startMs: number;
}

const waitMsMin = 100;
const waitMsMax = 5_000;

/**
 * What is remembered of calls by the ids that their callers gave them: one id means one request. It
 * outlives a reload of the configuration.
 *
 * Ids are those of a caller: of its name, and of its own key for the provider where it sends one.
 * Those who are not told apart share theirs.
 */
export class Idempotency {
  readonly #options: IdempotencyOptions;
  readonly #running = new Map<string, Running>();
  /** In the order in which they ended, which is also that in which they are forgotten. */
  readonly #ended = new Map<string, Remembered>();
  #answerBytes = 0;

  constructor(options: IdempotencyOptions) {
    this.#options = options;
  }

  /**
   * Runs a call, or gives the answer that the same one had a while ago; then a Warning says so.
   * Rejects with IDEMPOTENCY_IN_PROGRESS while the same one is under way, and with
   * IDEMPOTENCY_MISMATCH where the id was used for another. A call without an id is just run.
   */
  call(
    request: CallRequest,
    context: CallContext,
    run: () => Promise<CallResponse>,
  ): Promise<CallResponse> {
    return request.options?.requestId ? this.#call(request, context, run) : run();
  }

  /**
   * Opens a stream under the same rules, but for its answer, which is not kept. They are applied
   * when the first message is asked for.
   */
  stream(
    request: StreamCallRequest,
    context: CallContext,
    open: () => PulledMessages<StreamCallResponse>,
  ): PulledMessages<StreamCallResponse> {
    return request.options?.requestId ? this.#stream(request, context, open) : open();
  }

  async #call(
    request: CallRequest,
    context: CallContext,
    run: () => Promise<CallResponse>,
  ): Promise<CallResponse> {
    const call = this.#identify(request, context);
    const known = this.#ended.get(call.key)?.answer;
    if (known !== undefined) return answerAgain(known);
    this.#running.set(call.key, call);
    let answer: CallResponse | undefined;
    try {
      answer = await run();
      return answer;
    } finally {
      this.#end(call, answer);
    }
  }

  #stream(
    request: StreamCallRequest,
    context: CallContext,
    open: () => PulledMessages<StreamCallResponse>,
  ): PulledMessages<StreamCallResponse> {
    return new WatchedMessages(() => {
      const call = this.#identify(request, context);
      const onOver = (): void => this.#end(call, undefined);
      this.#running.set(call.key, call);
      try {
        return { messages: open(), onOver };
      } catch (thrown) {
        onOver();
        throw thrown;
      }
    });
  }

  /** A call by its id. Throws where it may not run now. */
  #identify(request: CallRequest | StreamCallRequest, context: CallContext): Running {
    const { requestId = "", apiKey = "" } = request.options ?? {};
    const key = JSON.stringify([context.caller, apiKey && secretFingerprint(apiKey), requestId]);
    const body = requestFingerprint(request);
    const startMs = this.#options.clock.now();
    this.#forget(startMs);
    const running = this.#running.get(key);
    const known = running ?? this.#ended.get(key);
    if (known !== undefined && known.body !== body) throw mismatch();
    if (running !== undefined) throw this.#inProgress(startMs - running.startMs);
    return { key, body, startMs };
  }

  #end({ key, body }: Running, answer: CallResponse | undefined): void {
    const { clock, limits } = this.#options;
    const nowMs = clock.now();
    this.#running.delete(key);
    this.#drop(key);
    const bytes = answer && toBinary(CallResponseSchema, answer);
    const isKept = bytes !== undefined && bytes.length <= limits.idempotencyAnswerBytes;
    this.#ended.set(key, {
      body,
      untilMs: nowMs + limits.idempotencyMs,
      answer: isKept ? bytes : undefined,
    });
    if (isKept) this.#answerBytes += bytes.length;
    this.#forget(nowMs);
  }

  /** Forgets what is old, and the oldest of what is too much. */
  #forget(nowMs: number): void {
    const { idempotencyEntries, idempotencyStoreBytes } = this.#options.limits;
    for (const [key, { untilMs }] of this.#ended) {
      const isTooMuch =
        this.#ended.size > idempotencyEntries || this.#answerBytes > idempotencyStoreBytes;
      if (untilMs > nowMs && !isTooMuch) return;
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    this.#answerBytes -= this.#ended.get(key)?.answer?.length ?? 0;
    this.#ended.delete(key);
  }

  /** Nobody knows when a call ends: as long again as it has taken is as good a time as any. */
  #inProgress(runningMs: number): ConnectorError {
    const waitMs = Math.min(Math.max(runningMs, waitMsMin), waitMsMax);
    return new ConnectorError(
      "IDEMPOTENCY_IN_PROGRESS",
      "a call with this options.request_id is under way",
      { retryAfterMs: jittered(waitMs, this.#options.random) },
    );
  }
}

function mismatch(): ConnectorError {
  const field = "options.request_id";
  const description = "was used for another request a while ago; take a new one";
  return new ConnectorError("IDEMPOTENCY_MISMATCH", `${field} ${description}`, {
    violations: [{ field, description }],
  });
}

function answerAgain(bytes: Uint8Array): CallResponse {
  const answer = fromBinary(CallResponseSchema, bytes);
  const warning = create(WarningSchema, {
    field: "options.request_id",
    message: "the answer of an earlier call with this id, given again; nobody was asked",
    kind: WarningKind.ANSWER,
  });
  answer.response?.warnings.push(warning);
  return answer;
}
