import { MediaKind, Role, ToolChoiceMode } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { isObject, objectOf, objectsOf, type Plain, stringOf } from "./plain.ts";
import {
  mediaPart,
  type PartInit,
  ProviderFields,
  type ReadRequest,
  type RequestInit,
  type ToolInit,
  type TurnInit,
  take,
  takeNumber,
  textPart,
  toolSchema,
  type Unsaid,
  withoutNulls,
} from "./request-draft.ts";

/** Reads a body of Converse, with the name of the model laid in, as its author would have asked. */
export function readConverseRequest(body: Plain, adapter: string): ReadRequest {
  const own = new ProviderFields(adapter);
  const { model, system, messages, toolConfig, ...rest } = withoutNulls(body);
  const unsaid: Unsaid = { ...rest };
  const { tools, toolChoice, ...otherConfig } = objectOf(toolConfig);
  if (Object.keys(otherConfig).length > 0) unsaid.toolConfig = otherConfig;
  const prompt = objectsOf(system).length > 0 ? [{ role: "system", content: system }] : [];
  const request: RequestInit = {
    model: stringOf(model),
    contents: [...prompt, ...objectsOf(messages)].map((turn) => contentOf(turn, own)),
    tools: toolsOf(objectsOf(tools), own),
    ...choiceOf(objectOf(toolChoice)),
  };
  Object.assign(request, inferenceOf(unsaid), modelFieldsOf(unsaid), formatOf(unsaid));
  const labels = take(unsaid, "requestMetadata");
  if (isObject(labels)) request.metadata = labels as Record<string, string>;
  Object.assign(request, own.options("request", unsaid));
  return { request, stream: false, needs: own.needs };
}

const roles: ReadonlyMap<unknown, Role> = new Map<unknown, Role>([
  ["system", Role.SYSTEM],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
]);

function contentOf({ role: said, content }: Plain, own: ProviderFields): TurnInit {
  const parts: PartInit[] = [];
  for (const block of objectsOf(content)) {
    const hint = cacheOf(block);
    const last = parts.at(-1);
    if (hint !== undefined && last !== undefined && last.cache === undefined) last.cache = hint;
    else parts.push(partOf(block, own));
  }
  const isAnswer = parts.length > 0 && parts.every(({ kind }) => kind?.case === "toolResult");
  return { role: isAnswer ? Role.TOOL : (roles.get(said) ?? Role.UNSPECIFIED), parts };
}

/** A point of the cache as the hint of what stands before it. Undefined: the block is none. */
function cacheOf(block: Plain): PartInit["cache"] {
  const { type, ttl, ...rest } = objectOf(block.cachePoint);
  if (type !== "default" || Object.keys(rest).length > 0) return undefined;
  const seconds = { "5m": 300n, "1h": 3600n }[stringOf(ttl)];
  return seconds === undefined ? {} : { ttl: { seconds } };
}

function partOf(block: Plain, own: ProviderFields): PartInit {
  const [kind = "", ...others] = Object.keys(withoutNulls(block));
  const part = others.length === 0 ? knownPart(kind, objectOf(block[kind]), block, own) : undefined;
  return part ?? own.blockPart(`block ${kind}`, block);
}

function knownPart(
  kind: string,
  value: Plain,
  block: Plain,
  own: ProviderFields,
): PartInit | undefined {
  switch (kind) {
    case "text":
      return textPart(stringOf(block.text));
    case "image":
    case "document":
    case "video":
    case "audio":
      return mediaOf(kind, value, own);
    case "toolUse": {
      const { toolUseId, name, input, ...rest } = value;
      if (rest.type !== undefined) return undefined;
      const call = {
        id: stringOf(toolUseId),
        name: stringOf(name),
        arguments: JSON.stringify(input),
      };
      return { kind: { case: "toolCall", value: call }, ...within(kind, rest, own) };
    }
    case "toolResult":
      return resultOf(value, own);
    case "reasoningContent":
      return thinkingOf(value, own);
    case "citationsContent": {
      const { content, citations, ...rest } = value;
      const [piece, ...more] = objectsOf(content);
      if (more.length > 0 || Object.keys(rest).length > 0) return undefined;
      const cited = objectsOf(citations).map((citation) => ({ json: JSON.stringify(citation) }));
      const text = { text: stringOf(piece?.text), citations: cited };
      return { kind: { case: "text", value: text } };
    }
    default:
      return undefined;
  }
}

const mediaKinds = {
  image: MediaKind.IMAGE,
  document: MediaKind.DOCUMENT,
  video: MediaKind.VIDEO,
  audio: MediaKind.AUDIO,
} as const;

const types: Readonly<Record<string, string>> = {
  pdf: "application/pdf",
  txt: "text/plain",
  md: "text/markdown",
  html: "text/html",
  csv: "text/csv",
  doc: "application/msword",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xls: "application/vnd.ms-excel",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  mov: "video/quicktime",
  mkv: "video/x-matroska",
  mp3: "audio/mpeg",
};

function mediaOf(
  kind: keyof typeof mediaKinds,
  { format, name, source, ...rest }: Plain,
  own: ProviderFields,
): PartInit | undefined {
  const { bytes, s3Location, ...otherSource } = objectOf(source);
  if (Object.keys(otherSource).length > 0) return undefined;
  const { uri, ...place } = objectOf(s3Location);
  const mimeType = types[stringOf(format)] ?? `${kind}/${stringOf(format)}`;
  const where = isObject(s3Location)
    ? { case: "fileId" as const, value: stringOf(uri) }
    : { case: "data" as const, value: Buffer.from(stringOf(bytes), "base64") };
  const left = {
    ...rest,
    ...(Object.keys(place).length > 0 && { source: { s3Location: place } }),
  };
  const media = { mimeType, name: stringOf(name), source: where };
  return { ...mediaPart(mediaKinds[kind], media), ...within(kind, left, own) };
}

function resultOf({ toolUseId, content, status, ...rest }: Plain, own: ProviderFields): PartInit {
  const parts = objectsOf(content).map((block) => partOf(block, own));
  const value = { toolCallId: stringOf(toolUseId), isError: status === "error", parts };
  return { kind: { case: "toolResult", value }, ...within("toolResult", rest, own) };
}

function thinkingOf(value: Plain, own: ProviderFields): PartInit | undefined {
  const { reasoningText, redactedContent } = value;
  const { adapter } = own.block("reasoning", {});
  own.needs.pop();
  if (typeof redactedContent === "string") {
    const redacted = Buffer.from(redactedContent, "base64");
    return { kind: { case: "thinking", value: { redacted, adapter } } };
  }
  const { text, signature, ...rest } = objectOf(reasoningText);
  if (Object.keys(rest).length > 0) return undefined;
  const thinking = { text: stringOf(text), signature: stringOf(signature), adapter };
  return { kind: { case: "thinking", value: thinking } };
}

function within(kind: string, rest: Plain, own: ProviderFields): Partial<PartInit> {
  return Object.keys(withoutNulls(rest)).length > 0 ? own.options(kind, { [kind]: rest }) : {};
}

function toolsOf(tools: readonly Plain[], own: ProviderFields): ToolInit[] {
  const read: ToolInit[] = [];
  for (const [index, tool] of tools.entries()) {
    const hint = cacheOf(tool);
    const last = read.at(-1);
    if (hint !== undefined && last !== undefined)
      read[read.length - 1] = { ...last, cache: hint } as ToolInit;
    else read.push(toolOf(tool, index, own));
  }
  return read;
}

function toolOf(tool: Plain, index: number, own: ProviderFields): ToolInit {
  if (!isObject(tool.toolSpec)) return { provider: own.block("tool", tool) };
  const { name, description, inputSchema, strict, ...rest } = tool.toolSpec;
  return {
    name: stringOf(name),
    description: stringOf(description),
    ...toolSchema(objectOf(inputSchema).json, index),
    ...(typeof strict === "boolean" && { strict }),
    ...within("toolSpec", rest, own),
  } as ToolInit;
}

function choiceOf({ auto, any, tool }: Plain): RequestInit {
  if (auto !== undefined) return { toolChoice: { mode: ToolChoiceMode.AUTO } };
  if (any !== undefined) return { toolChoice: { mode: ToolChoiceMode.REQUIRED } };
  const { name } = objectOf(tool);
  return isObject(tool) ? { toolChoice: { mode: ToolChoiceMode.NAMED, name: stringOf(name) } } : {};
}

/** Takes the knobs that all models share; those out of the contract's range are left. */
function inferenceOf(unsaid: Unsaid): RequestInit {
  const config: Unsaid = { ...objectOf(take(unsaid, "inferenceConfig")) };
  const stops = take(config, "stopSequences");
  const knobs = withoutNulls({
    maxOutputTokens: takeNumber(config, "maxTokens", 1, 2 ** 31 - 1),
    temperature: takeNumber(config, "temperature", 0, 2),
    topP: takeNumber(config, "topP", 0, 1),
    stopSequences: Array.isArray(stops) && stops.length > 0 ? stops : undefined,
  });
  if (Object.keys(config).length > 0) unsaid.inferenceConfig = config;
  return knobs as RequestInit;
}

/** Takes what the contract can say of a model's own fields. */
function modelFieldsOf(unsaid: Unsaid): RequestInit {
  const fields: Unsaid = { ...objectOf(take(unsaid, "additionalModelRequestFields")) };
  const { type, budget_tokens: budget, display, ...rest } = objectOf(fields.thinking);
  const { effort } = objectOf(fields.output_config);
  const include = { summarized: true, omitted: false }[stringOf(display)];
  const request: RequestInit = {};
  const isSaid = type === "enabled" || (type === "adaptive" && (effort ?? include) !== undefined);
  if (isSaid && Object.keys(rest).length === 0) {
    delete fields.thinking;
    if (typeof effort === "string") delete fields.output_config;
    request.thinking = {
      ...(typeof effort === "string" && { effort }),
      ...(type === "enabled" && { budgetTokens: BigInt(Number(budget)) }),
      ...(include !== undefined && { include }),
    };
  }
  const { type: nova, maxReasoningEffort } = objectOf(fields.reasoningConfig);
  if (nova === "enabled" && typeof maxReasoningEffort === "string") {
    delete fields.reasoningConfig;
    request.thinking = { effort: maxReasoningEffort };
  }
  if (typeof fields.top_k === "number") request.topK = Number(take(fields, "top_k"));
  if (Object.keys(fields).length > 0) unsaid.additionalModelRequestFields = fields;
  return request;
}

function formatOf(unsaid: Unsaid): RequestInit {
  const { textFormat, ...rest } = objectOf(unsaid.outputConfig);
  const { jsonSchema } = objectOf(objectOf(textFormat).structure);
  if (!isObject(jsonSchema) || Object.keys(rest).length > 0) return {};
  delete unsaid.outputConfig;
  const { schema, name, description } = jsonSchema;
  const value = {
    schemaJson: stringOf(schema),
    name: stringOf(name),
    description: stringOf(description),
  };
  return { responseFormat: { format: { case: "jsonSchema", value } } };
}
