import { MediaKind, Role, ToolChoiceMode } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { isObject, objectOf, objectsOf, type Plain, stringOf } from "./plain.ts";
import {
  atAddress,
  choiceModes,
  mediaPart,
  type PartInit,
  ProviderFields,
  type ReadRequest,
  type RequestInit,
  schemaFormat,
  type ToolInit,
  type TurnInit,
  take,
  takeSampling,
  textPart,
  textTurn,
  toolSchema,
  type Unsaid,
  withoutNulls,
} from "./request-draft.ts";

const sealed = "reasoning.encrypted_content";

/**
 * Reads a body of OpenAI's Responses as its author would have asked the contract. `adapter` is the
 * one that is asked.
 */
export function readOpenAIResponsesRequest(body: Plain, adapter = "openai"): ReadRequest {
  const own = new ProviderFields(adapter);
  const { model, input, stream, tools, tool_choice: choice, ...rest } = withoutNulls(body);
  const unsaid = { ...rest } as Unsaid;
  const contents = [...instructionsOf(unsaid), ...new InputReader(own).read(input)];
  const request: RequestInit = {
    model: stringOf(model),
    contents,
    tools: objectsOf(tools).map((tool, index) => toolOf(tool, index, own)),
  };
  const isThinkingOver = contents.some(({ parts = [] }) =>
    parts.some(({ kind }) => kind?.case === "thinking"),
  );
  Object.assign(
    request,
    choiceOf(choice, unsaid),
    formatOf(unsaid),
    reasoningOf(unsaid),
    knobsOf(unsaid),
  );
  const asked = Array.isArray(unsaid.include) ? unsaid.include : [];
  const isAskedAnyway = request.thinking !== undefined || isThinkingOver;
  if (asked.every((name) => name === sealed && isAskedAnyway)) delete unsaid.include;
  Object.assign(request, own.options("request", unsaid));
  return { request, stream: stream === true, needs: own.needs };
}

/** Instructions begin the conversation; those that replace earlier ones are the provider's own. */
function instructionsOf(unsaid: Unsaid): TurnInit[] {
  const { instructions, previous_response_id, conversation, prompt } = unsaid;
  const isContinued = [previous_response_id, conversation, prompt].some((id) => id !== undefined);
  if (typeof instructions !== "string" || isContinued) return [];
  delete unsaid.instructions;
  if (instructions === "") return [];
  return [{ role: Role.SYSTEM, message: instructions }];
}

const roles: ReadonlyMap<unknown, Role> = new Map<unknown, Role>([
  ["system", Role.SYSTEM],
  ["developer", Role.SYSTEM],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
]);

class InputReader {
  readonly #own: ProviderFields;
  readonly #calls = new Set<unknown>();
  readonly #contents: TurnInit[] = [];

  constructor(own: ProviderFields) {
    this.#own = own;
  }

  read(input: unknown): TurnInit[] {
    if (typeof input === "string") return [textTurn(Role.USER, input)];
    for (const item of objectsOf(input)) this.#add(item);
    return this.#contents;
  }

  #add(item: Plain): void {
    const { type, role } = item;
    if (type === undefined || type === "message") this.#addMessage(item);
    else if (type === "function_call" || type === "custom_tool_call") this.#addCall(item);
    else if (type === "reasoning") this.#addSpoken(this.#reasoning(item));
    else if (this.#isKnownResult(item)) {
      this.#contents.push({ role: Role.TOOL, parts: [this.#result(item)] });
    } else {
      const speaker = stringOf(type).endsWith("_output") ? Role.TOOL : Role.ASSISTANT;
      const part = this.#own.blockPart("item", item);
      this.#contents.push({ role: roles.get(role) ?? speaker, parts: [part] });
    }
  }

  /** What the model did belongs to its turn. */
  #addSpoken(part: PartInit): void {
    const last = this.#contents.at(-1);
    if (last?.role === Role.ASSISTANT && last.parts !== undefined) last.parts.push(part);
    else this.#contents.push({ role: Role.ASSISTANT, parts: [part] });
  }

  #addMessage({ type: _, role: said, content, ...members }: Plain): void {
    const role = roles.get(said) ?? Role.UNSPECIFIED;
    const item = Object.keys(members).length > 0 ? { item: members } : {};
    if (typeof content === "string" && item.item === undefined) {
      this.#contents.push(textTurn(role, content));
      return;
    }
    const text = role === Role.ASSISTANT ? "output_text" : "input_text";
    const pieces = typeof content === "string" ? [{ type: text, text: content }] : content;
    const parts = objectsOf(pieces).map((piece) => this.#piece(piece, item));
    this.#contents.push({ role, parts });
  }

  #piece(piece: Plain, item: Plain): PartInit {
    const { type, text, refusal, annotations, logprobs, ...rest } = piece;
    const marks = objectsOf(logprobs).length > 0 ? { logprobs } : {};
    const options = { ...rest, ...marks, ...item };
    switch (type) {
      case "input_text":
      case "output_text": {
        const citations = objectsOf(annotations).map((annotation) => ({
          type: stringOf(annotation.type),
          json: JSON.stringify(annotation),
        }));
        const value = { text: stringOf(text), citations };
        return { kind: { case: "text", value }, ...this.#own.options("text", options) };
      }
      case "refusal": {
        const value = { text: stringOf(refusal) };
        return { kind: { case: "refusal", value }, ...this.#own.options("refusal", options) };
      }
      case "input_image":
      case "input_file":
        return this.#media(piece);
      default:
        return this.#own.blockPart("piece", piece);
    }
  }

  #media({ type, image_url, file_url, file_data, file_id, filename, ...rest }: Plain): PartInit {
    const kind = type === "input_image" ? MediaKind.IMAGE : MediaKind.DOCUMENT;
    const url = [image_url, file_url, file_data].find((place) => typeof place === "string");
    const source =
      typeof url === "string"
        ? atAddress(url)
        : { source: { case: "fileId" as const, value: stringOf(file_id) } };
    const { detail, ...others } = rest;
    const options = { ...others, ...(detail !== "auto" && { detail }) };
    const part = mediaPart(kind, { ...source, name: stringOf(filename) });
    return { ...part, ...this.#own.options(stringOf(type), options) };
  }

  #addCall(item: Plain): void {
    const { type, call_id: id, name, arguments: args, input, ...members } = item;
    const value = { id: stringOf(id), name: stringOf(name), arguments: stringOf(args ?? input) };
    const kept = type === "function_call" ? members : { ...members, type };
    const options = Object.keys(kept).length > 0 ? { item: kept } : {};
    this.#calls.add(id);
    this.#addSpoken({ kind: { case: "toolCall", value }, ...this.#own.options("call", options) });
  }

  #isKnownResult({ type, call_id: id }: Plain): boolean {
    const isResult = type === "function_call_output" || type === "custom_tool_call_output";
    return isResult && this.#calls.has(id);
  }

  #result({ type: _, call_id: id, output, ...rest }: Plain): PartInit {
    const parts =
      typeof output === "string"
        ? [textPart(output)]
        : objectsOf(output).map((piece) => this.#piece(piece, {}));
    const value = { toolCallId: stringOf(id), parts };
    return { kind: { case: "toolResult", value }, ...this.#own.options("result", rest) };
  }

  #reasoning({ type: _, encrypted_content: seal, summary, ...members }: Plain): PartInit {
    const texts = objectsOf(summary);
    const isPlain = texts.length === 1 && objectsOf(members.content).length === 0;
    const text = isPlain ? stringOf(texts[0]?.text) : "";
    const kept = { ...members, ...(texts.length > 0 && !isPlain && { summary }) };
    const value = { text, signature: stringOf(seal), adapter: this.#own.adapter };
    const options = Object.keys(kept).length > 0 ? { item: kept } : {};
    return { kind: { case: "thinking", value }, ...this.#own.options("reasoning", options) };
  }
}

function toolOf(tool: Plain, index: number, own: ProviderFields): ToolInit {
  const { type, name, description, parameters, strict, ...rest } = tool;
  if (type !== "function") return { provider: own.block("tool", tool) };
  return {
    name: stringOf(name),
    description: stringOf(description),
    ...toolSchema(parameters, index),
    ...(typeof strict === "boolean" && { strict }),
    ...own.options("tool", rest),
  };
}

function choiceOf(choice: unknown, unsaid: Unsaid): RequestInit {
  const mode = choiceModes.get(choice);
  if (mode !== undefined) return { toolChoice: { mode } };
  const { type, name } = objectOf(choice);
  if ((type === "function" || type === "custom") && typeof name === "string") {
    return { toolChoice: { mode: ToolChoiceMode.NAMED, name } };
  }
  if (isObject(choice)) unsaid.tool_choice = choice;
  return {};
}

function formatOf(unsaid: Unsaid): RequestInit {
  const { format, ...text } = objectOf(unsaid.text);
  delete unsaid.text;
  if (Object.keys(withoutNulls(text)).length > 0) unsaid.text = withoutNulls(text);
  const written = objectOf(format);
  switch (written.type) {
    case "text":
      return { responseFormat: { format: { case: "text", value: {} } } };
    case "json_object":
      return { responseFormat: { format: { case: "jsonObject", value: {} } } };
    case "json_schema":
      return { responseFormat: schemaFormat(written) };
    default:
      return {};
  }
}

function reasoningOf(unsaid: Unsaid): RequestInit {
  const { effort, summary, ...rest } = withoutNulls(objectOf(unsaid.reasoning));
  delete unsaid.reasoning;
  const kept = { ...rest, ...(summary !== "auto" && summary !== undefined && { summary }) };
  if (Object.keys(kept).length > 0) unsaid.reasoning = kept;
  const thinking = {
    ...(typeof effort === "string" && { effort }),
    ...(summary === "auto" && { include: true }),
  };
  return Object.keys(thinking).length > 0 ? { thinking } : {};
}

/** Takes what is a knob of the contract out of `unsaid`. */
function knobsOf(unsaid: Unsaid): RequestInit {
  return withoutNulls({
    maxOutputTokens: take(unsaid, "max_output_tokens"),
    ...takeSampling(unsaid),
    parallelToolCalls: take(unsaid, "parallel_tool_calls"),
    endUserId: take(unsaid, "safety_identifier"),
    metadata: take(unsaid, "metadata"),
  }) as RequestInit;
}
