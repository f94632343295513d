import type { JsonObject } from "@bufbuild/protobuf";
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
import {
  arrayOf,
  isObject,
  objectOf,
  objectOrMessage,
  parseObject,
  textOf,
  unknownMembers,
} from "../json.ts";
import { ResponseBuilder } from "../response-builder.ts";
import { ContentBlocks } from "./content-blocks.ts";
import { messagesEventError } from "./errors.ts";
import { MessageEnvelope } from "./message-envelope.ts";

/**
 * A whole message as an answer. Arguments of tools are written by `JSON.stringify`, while a stream
 * has them as the model wrote them: between the two forms, only their white space may differ.
 *
 * Throws PROVIDER_MALFORMED_RESPONSE for a body that is no message, and the classified error for
 * one that is an error.
 */
export function decodeMessage(body: JsonObject, context: DecodeContext): LLMResponse {
  if (isError(body)) throw messagesEventError(body);
  if (!isMessage(body)) throw notAMessage();
  const assembly = new MessageAssembly(context);
  assembly.takeMessage(body);
  return assembly.finish();
}

/** What of an answer both forms of it go through: its parts, and what stands around them. */
class MessageAssembly {
  readonly builder: ResponseBuilder = new ResponseBuilder();
  readonly envelope: MessageEnvelope = new MessageEnvelope();
  readonly blocks: ContentBlocks;
  readonly #model: string;
  #refused = false;

  constructor({ adapter, model }: DecodeContext) {
    this.blocks = new ContentBlocks(this.builder, adapter);
    this.#model = model;
  }

  /** Takes a whole message, or the beginning of one, which may hold blocks too. */
  takeMessage(message: JsonObject): void {
    this.envelope.takeMessage(message);
    const { content } = message;
    if (typeof content === "string") this.blocks.addWhole({ type: "text", text: content });
    for (const block of arrayOf(content)) this.blocks.addWhole(block);
  }

  /** Ends what is open; a refusal with a category becomes a part of its own, once. */
  close(): void {
    this.blocks.endAll();
    const category = this.envelope.refusalCategory;
    if (category === "" || this.#refused) return;
    this.#refused = true;
    this.builder.addWhole({ kind: { case: "refusal", value: { category } } });
  }

  finish(): LLMResponse {
    this.close();
    return this.builder.build(this.envelope.finish(this.#model));
  }
}

/** Begins to decode a stream of events. */
export function createMessageDecoder(context: DecodeContext): StreamDecoder {
  return new MessageDecoder(context);
}

const blockStartMembers: ReadonlySet<string> = new Set(["type", "index", "content_block"]);
const blockDeltaMembers: ReadonlySet<string> = new Set(["type", "index", "delta"]);
const pingMembers: ReadonlySet<string> = new Set(["type"]);
const blockStopMembers: ReadonlySet<string> = new Set(["type", "index"]);

/** The state of a stream: an answer in the making, and whether its end was seen. */
class MessageDecoder implements StreamDecoder {
  readonly #assembly: MessageAssembly;
  #hasBegun = false;
  #isDone = false;

  constructor(context: DecodeContext) {
    this.#assembly = new MessageAssembly(context);
  }

  get done(): boolean {
    return this.#isDone;
  }

  push(frame: Frame): readonly StreamEvent[] {
    // Some gateways close with the mark of another wire; it ends nothing here.
    if (this.#isDone || frame.data.trim() === "" || frame.data === "[DONE]") return [];
    if (frame.event === "error") throw messagesEventError(objectOrMessage(frame.data));
    const event = parseObject(frame.data);
    if (isError(event)) throw messagesEventError(event);
    this.#take(textOf(event.type) || frame.event, event);
    return this.#assembly.builder.takeEvents();
  }

  end(): { readonly events: readonly StreamEvent[]; readonly end: StreamEnd } {
    const { builder, envelope } = this.#assembly;
    if (!this.#isDone && !envelope.hasStopped) return { events: [], end: { kind: "truncated" } };
    const response = this.#assembly.finish();
    const kind = this.#isDone ? "complete" : "logical";
    return { events: builder.takeEvents(), end: { kind, response } };
  }

  progress(): StreamSnapshot {
    const { builder, envelope } = this.#assembly;
    const { id, model, usage } = envelope;
    return { id, model, usage, toolCallsOpen: builder.toolCallsOpen };
  }

  #take(type: string, event: JsonObject): void {
    const { blocks, envelope } = this.#assembly;
    switch (type) {
      case "ping":
        this.#keepRest(event, pingMembers);
        break;
      case "message_start":
        this.#assembly.takeMessage(objectOf(event.message));
        envelope.takeStartEvent(event);
        this.#begun(true);
        break;
      case "content_block_start":
        blocks.begin(indexOf(event), objectOf(event.content_block));
        this.#keepRest(event, blockStartMembers);
        this.#begun(false);
        break;
      case "content_block_delta":
        this.#change(event);
        this.#begun(false);
        break;
      case "content_block_stop":
        blocks.end(indexOf(event));
        this.#keepRest(event, blockStopMembers);
        break;
      case "message_delta":
        envelope.takeDeltaEvent(event);
        this.#begun(true);
        break;
      case "message_stop":
        if (!this.#hasBegun) throw notAMessage();
        envelope.takeStopEvent(event);
        this.#assembly.close();
        this.#isDone = true;
        break;
      default:
        envelope.keepUnknown(event);
    }
  }

  #begun(tellsUsage: boolean): void {
    this.#hasBegun = true;
    const { builder, envelope } = this.#assembly;
    const usage = tellsUsage ? envelope.usage : undefined;
    if (usage !== undefined) builder.usage(usage);
  }

  #change(event: JsonObject): void {
    const index = indexOf(event);
    const left = this.#assembly.blocks.change(index, objectOf(event.delta));
    const rest = unknownMembers(event, blockDeltaMembers);
    if (left === undefined && rest === undefined) return;
    const kept = { type: "content_block_delta", index, ...(left && { delta: left }), ...rest };
    this.#assembly.envelope.keepUnknown(kept);
  }

  #keepRest(event: JsonObject, known: ReadonlySet<string>): void {
    const rest = unknownMembers(event, known);
    if (rest === undefined) return;
    const { type = "", index } = event;
    this.#assembly.envelope.keepUnknown({ type, ...(index !== undefined && { index }), ...rest });
  }
}

/** Where a block stands. A server that leaves it out has one block at a time. */
function indexOf({ index }: JsonObject): number {
  return typeof index === "number" ? index : 0;
}

function isMessage(body: JsonObject): boolean {
  return (
    Array.isArray(body.content) ||
    typeof body.content === "string" ||
    textOf(body.stop_reason) !== ""
  );
}

/** An error in any of the shapes that servers of this wire give it, inside a success. */
function isError(value: JsonObject): boolean {
  if (value.type === "error") return true;
  const { error } = value;
  const hasError = isObject(error) || (typeof error === "string" && error !== "");
  return hasError && !isMessage(value);
}

function notAMessage(): ConnectorError {
  return new ConnectorError("PROVIDER_MALFORMED_RESPONSE", "the provider's answer is no message");
}
