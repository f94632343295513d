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
import { bedrockEventError } from "../bedrock-errors.ts";
import { arrayOf, isObject, objectOf, parseObject, unknownMembers } from "../json.ts";
import { ResponseBuilder } from "../response-builder.ts";
import { AnswerEnvelope } from "./answer-envelope.ts";
import { BlockStream } from "./block-stream.ts";
import { ContentBlocks } from "./content-blocks.ts";

/**
 * A whole answer of Converse. Throws PROVIDER_MALFORMED_RESPONSE for a body that is none.
 */
export function decodeConverse(body: JsonObject, context: DecodeContext): LLMResponse {
  const { message } = objectOf(body.output);
  if (!isObject(message)) throw notAnAnswer();
  const builder = new ResponseBuilder();
  const blocks = new ContentBlocks(builder, context.adapter);
  const envelope = new AnswerEnvelope();
  envelope.take(body);
  for (const block of arrayOf(message.content)) blocks.add(block);
  return builder.build(envelope.finish(context.model));
}

/** Begins to decode a stream of events. */
export function createConverseDecoder(context: DecodeContext): StreamDecoder {
  return new ConverseDecoder(context);
}

/** Members of events that are no news: where a block stands, and padding against eavesdroppers. */
const eventMembers: ReadonlySet<string> = new Set([
  ...["contentBlockIndex", "start", "delta", "role", "p"],
]);

/** The state of a stream: an answer in the making, and which of its ends were seen. */
class ConverseDecoder implements StreamDecoder {
  readonly #builder = new ResponseBuilder();
  readonly #envelope = new AnswerEnvelope();
  readonly #blocks: BlockStream;
  readonly #model: string;
  #hasBegun = false;
  #hasStopped = false;
  #hasMetadata = false;

  constructor({ adapter, model }: DecodeContext) {
    const whole = new ContentBlocks(this.#builder, adapter);
    this.#blocks = new BlockStream(this.#builder, adapter, whole);
    this.#model = model;
  }

  /** `messageStop` ends the answer, and `metadata`, which comes last, brings its usage. */
  get done(): boolean {
    return this.#hasStopped && this.#hasMetadata;
  }

  push({ event, data }: Frame): readonly StreamEvent[] {
    if (this.done) return [];
    if (/^(?:exception|error):/.test(event)) throw bedrockEventError(event, data);
    if (data.trim() === "") return [];
    this.#take(event, parseObject(data));
    return this.#builder.takeEvents();
  }

  end(): { readonly events: readonly StreamEvent[]; readonly end: StreamEnd } {
    if (!this.#hasStopped) return { events: [], end: { kind: "truncated" } };
    this.#blocks.endAll();
    const response = this.#builder.build(this.#envelope.finish(this.#model));
    const kind = this.done ? "complete" : "logical";
    return { events: this.#builder.takeEvents(), end: { kind, response } };
  }

  progress(): StreamSnapshot {
    const { model, usage } = this.#envelope;
    return { id: "", model, usage, toolCallsOpen: this.#builder.toolCallsOpen };
  }

  #take(type: string, event: JsonObject): void {
    const index = typeof event.contentBlockIndex === "number" ? event.contentBlockIndex : 0;
    switch (type) {
      case "messageStart":
        this.#hasBegun = true;
        this.#keepRest(type, event);
        break;
      case "contentBlockStart":
        this.#hasBegun = true;
        this.#keepLeft(type, index, "start", this.#blocks.begin(index, objectOf(event.start)));
        this.#keepRest(type, event);
        break;
      case "contentBlockDelta":
        this.#hasBegun = true;
        this.#keepLeft(type, index, "delta", this.#blocks.change(index, objectOf(event.delta)));
        this.#keepRest(type, event);
        break;
      case "contentBlockStop":
        this.#blocks.end(index);
        this.#keepRest(type, event);
        break;
      case "messageStop":
        if (!this.#hasBegun) throw notAnAnswer();
        this.#envelope.take(event);
        this.#blocks.endAll();
        this.#hasStopped = true;
        break;
      case "metadata":
        this.#takeMetadata(event);
        break;
      default:
        this.#envelope.keepUnknown({ [type]: event });
    }
  }

  #takeMetadata(event: JsonObject): void {
    this.#envelope.take(event);
    this.#hasMetadata = true;
    const { usage } = this.#envelope;
    if (usage !== undefined) this.#builder.usage(usage);
  }

  /** Keeps what of a block's beginning or delta had no place. */
  #keepLeft(type: string, index: number, name: string, left: JsonObject | undefined): void {
    if (left === undefined) return;
    this.#envelope.keepUnknown({ [type]: { contentBlockIndex: index, [name]: left } });
  }

  #keepRest(type: string, event: JsonObject): void {
    const rest = unknownMembers(event, eventMembers);
    if (rest !== undefined) this.#envelope.keepUnknown({ [type]: rest });
  }
}

function notAnAnswer(): ConnectorError {
  return new ConnectorError(
    "PROVIDER_MALFORMED_RESPONSE",
    "the provider's answer is no answer of Converse",
  );
}
