import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type {
  DecodeContext,
  Frame,
  StreamDecoder,
  StreamEnd,
  StreamEvent,
  StreamSnapshot,
} from "../../contract/adapter.ts";
import { ConnectorError } from "../../contract/connector-error.ts";
import { isObject, objectOf, parseObject, textOf, unknownMembers } from "../json.ts";
import { UnknownEvents } from "../unknown-events.ts";
import { CohereAnswer } from "./answer.ts";
import { cohereEventError } from "./errors.ts";
import { usageOf } from "./usage.ts";
import { messageMembers } from "./wire.ts";

/**
 * A whole body as an answer. Throws the classified error of a body that holds one, and
 * PROVIDER_MALFORMED_RESPONSE for a body without a message.
 */
export function decodeCohere(body: JsonObject, context: DecodeContext): LLMResponse {
  const { message } = body;
  if (!isObject(message) && isError(body)) throw cohereEventError(body);
  if (!isObject(message) && textOf(body.finish_reason) === "") {
    throw new ConnectorError("PROVIDER_MALFORMED_RESPONSE", "the provider's answer has no message");
  }
  const answer = new CohereAnswer(context);
  answer.id = textOf(body.id);
  answer.takeMessage(objectOf(message));
  return answer.finish(body, {});
}

const eventMembers: ReadonlySet<string> = new Set(["type", "index", "delta", "id", "logprobs"]);
const deltaMembers: ReadonlySet<string> = new Set(["message"]);
const endMembers: ReadonlySet<string> = new Set(["type", "delta", "id"]);

/** A stream of named events as a state machine; `message-end` is its terminal marker. */
export class CohereStreamDecoder implements StreamDecoder {
  readonly #answer: CohereAnswer;
  readonly #unknown = new UnknownEvents();
  readonly #model: string;
  #end: JsonObject | undefined;
  #response: LLMResponse | undefined;

  constructor(context: DecodeContext) {
    this.#answer = new CohereAnswer(context);
    this.#model = context.model;
  }

  get done(): boolean {
    return this.#response !== undefined;
  }

  push(frame: Frame): readonly StreamEvent[] {
    const data = frame.data.trim();
    // The mark of another wire follows the end, and proves nothing before it.
    if (this.done || data === "" || data === "[DONE]") return [];
    const event = parseObject(data);
    const type = textOf(event.type) || frame.event;
    if (type === "message-end") this.#finish(event);
    else if (isError(event)) throw cohereEventError(event);
    else this.#take(type, event);
    return this.#answer.builder.takeEvents();
  }

  end(): { readonly events: readonly StreamEvent[]; readonly end: StreamEnd } {
    const response = this.#response;
    if (response === undefined) return { events: [], end: { kind: "truncated" } };
    return { events: this.#answer.builder.takeEvents(), end: { kind: "complete", response } };
  }

  progress(): StreamSnapshot {
    return {
      id: this.#answer.id,
      model: this.#model,
      usage: usageOf(this.#end?.usage),
      toolCallsOpen: this.#answer.builder.toolCallsOpen,
    };
  }

  #take(type: string, event: JsonObject): void {
    const answer = this.#answer;
    const message = objectOf(objectOf(event.delta).message);
    const index = typeof event.index === "number" ? event.index : 0;
    switch (type) {
      case "message-start":
        answer.id = textOf(event.id) || answer.id;
        answer.takeMessage(message);
        break;
      case "content-start":
        answer.contents.begin(index, objectOf(message.content));
        break;
      case "content-delta":
        answer.contents.append(index, objectOf(message.content));
        answer.takeLogprobs(event.logprobs);
        break;
      case "tool-plan-delta":
        answer.appendPlan(textOf(message.tool_plan));
        break;
      case "tool-call-start":
        answer.beginCall(index, oneOf(message.tool_calls));
        break;
      case "tool-call-delta":
        answer.appendCall(index, oneOf(message.tool_calls));
        break;
      case "tool-call-end":
        answer.endCall(index);
        break;
      case "citation-start":
        answer.cite(oneOf(message.citations));
        break;
      case "content-end":
      case "citation-end":
        break;
      default:
        this.#unknown.keep({ ...event, type });
        return;
    }
    const rest = restOf(type, event);
    if (Object.keys(rest).length > 0) this.#unknown.keep({ type, ...rest });
  }

  #finish(event: JsonObject): void {
    const rest = unknownMembers(event, endMembers);
    this.#answer.id = textOf(event.id) || this.#answer.id;
    this.#end = { ...objectOf(event.delta), ...rest };
    this.#response = this.#answer.finish(this.#end, this.#unknown.members());
  }
}

/** The one call or citation of an event, which some servers send as a list of one. */
function oneOf(value: JsonValue | undefined): JsonObject {
  return objectOf(Array.isArray(value) ? value[0] : value);
}

/**
 * What an event says beyond what is known of it. The beginning of a message is read like a whole
 * one.
 */
function restOf(type: string, event: JsonObject): JsonObject {
  const delta = objectOf(event.delta);
  const isWhole = type === "message-start";
  const message = isWhole ? undefined : unknownMembers(objectOf(delta.message), messageMembers);
  const inner = { ...unknownMembers(delta, deltaMembers), ...(message && { message }) };
  return {
    ...unknownMembers(event, eventMembers),
    ...(Object.keys(inner).length > 0 && { delta: inner }),
  };
}

/** An error in place of an answer: its `message` is plain words. */
function isError({ error, message, type }: JsonObject): boolean {
  if (typeof message === "string") return true;
  return type === "error" || isObject(error) || (typeof error === "string" && error !== "");
}
