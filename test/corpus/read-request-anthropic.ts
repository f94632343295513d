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
  takeSampling,
  textPart,
  textTurn,
  toolSchema,
  type Unsaid,
  withoutNulls,
} from "./request-draft.ts";

/**
 * Reads a body of Anthropic's Messages as its author would have asked the contract. `adapter` is
 * the one that is asked.
 */
export function readAnthropicRequest(body: Plain, adapter = "anthropic"): ReadRequest {
  const own = new ProviderFields(adapter);
  const { model, system, messages, stream, tools, ...rest } = withoutNulls(body);
  const unsaid = { ...rest } as Unsaid;
  const prompt = system === undefined ? [] : [{ role: "system", content: system }];
  const request: RequestInit = {
    model: stringOf(model),
    contents: [...prompt, ...objectsOf(messages)].map((message) => contentOf(message, own)),
    tools: objectsOf(tools).map((tool, index) => toolOf(tool, index, own)),
  };
  Object.assign(request, choiceOf(unsaid), knobsOf(unsaid), formatOf(unsaid), thinkingOf(unsaid));
  Object.assign(request, own.options("request", unsaid));
  return { request, stream: stream === true, needs: own.needs };
}

const roles: ReadonlyMap<unknown, Role> = new Map<unknown, Role>([
  ["system", Role.SYSTEM],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
]);

function contentOf({ role: said, content }: Plain, own: ProviderFields): TurnInit {
  const role = roles.get(said) ?? Role.UNSPECIFIED;
  if (typeof content === "string") return textTurn(role, content);
  const blocks = objectsOf(content);
  const isAnswer = blocks.length > 0 && blocks.every(({ type }) => type === "tool_result");
  return { role: isAnswer ? Role.TOOL : role, parts: blocks.map((block) => partOf(block, own)) };
}

/** A block; its mark for the cache, and what else the contract has no field for, beside it. */
function partOf(block: Plain, own: ProviderFields): PartInit {
  const { cache_control: mark, ...bare } = block;
  const [part, rest] = kindOf(bare, own.adapter);
  if (part === undefined) return own.blockPart("block", block);
  return { ...part, ...cacheOf(mark), ...own.options(stringOf(block.type), rest) };
}

function cacheOf(mark: unknown): Pick<PartInit, "cache"> {
  if (!isObject(mark)) return {};
  const seconds = { "5m": 300n, "1h": 3600n }[stringOf(mark.ttl)];
  return { cache: seconds === undefined ? {} : { ttl: { seconds } } };
}

function kindOf(block: Plain, adapter: string): readonly [PartInit | undefined, Plain] {
  const { type, ...members } = block;
  switch (type) {
    case "text": {
      const { text, citations, ...rest } = members;
      const cited = objectsOf(citations).map((citation) => ({
        type: stringOf(citation.type),
        json: JSON.stringify(citation),
      }));
      const value = { text: stringOf(text), citations: cited };
      return [{ kind: { case: "text", value } }, rest];
    }
    case "image":
    case "document":
      return mediaOf(block);
    case "tool_use": {
      const { id, name, input, ...rest } = members;
      const value = { id: stringOf(id), name: stringOf(name), arguments: JSON.stringify(input) };
      return [{ kind: { case: "toolCall", value } }, rest];
    }
    case "tool_result":
      return resultOf(members);
    case "thinking": {
      const { thinking, signature, ...rest } = members;
      const value = { text: stringOf(thinking), signature: stringOf(signature) };
      return [{ kind: { case: "thinking", value: { ...value, adapter } } }, rest];
    }
    case "redacted_thinking": {
      const { data, ...rest } = members;
      const redacted = new TextEncoder().encode(stringOf(data));
      return [{ kind: { case: "thinking", value: { redacted, adapter } } }, rest];
    }
    default:
      return [undefined, {}];
  }
}

function mediaOf({ type, source, title, ...rest }: Plain): readonly [PartInit | undefined, Plain] {
  const kind = type === "image" ? MediaKind.IMAGE : MediaKind.DOCUMENT;
  const { type: form, media_type: mimeType, data, url, file_id: id } = objectOf(source);
  const media = (where: object): readonly [PartInit, Plain] => [
    mediaPart(kind, { name: stringOf(title), ...where }),
    rest,
  ];
  switch (form) {
    case "base64":
    case "text": {
      const value = Buffer.from(stringOf(data), form === "text" ? "utf8" : "base64");
      return media({ mimeType: stringOf(mimeType), source: { case: "data", value } });
    }
    case "url":
      return media({ source: { case: "url", value: stringOf(url) } });
    case "file":
      return media({ source: { case: "fileId", value: stringOf(id) } });
    default:
      return [undefined, {}];
  }
}

/** A result whose content is not text and media only is given whole, as the provider's own. */
function resultOf(members: Plain): readonly [PartInit, Plain] {
  const { tool_use_id: id, content, is_error: isError, ...rest } = members;
  const result = { toolCallId: stringOf(id), isError: isError === true };
  const read = typeof content === "string" ? [] : objectsOf(content).map(innerPart);
  const parts = typeof content === "string" ? [textPart(content)] : read.filter((part) => !!part);
  const isWhole = Array.isArray(content) ? parts.length === content.length : true;
  const value = isWhole ? { ...result, parts } : result;
  return [{ kind: { case: "toolResult", value } }, isWhole ? rest : { ...rest, content }];
}

function innerPart({ cache_control: mark, ...block }: Plain): PartInit | undefined {
  // Thinking, which alone is an adapter's, does not stand in a result.
  const [part, rest] = kindOf(block, "");
  const isPlain = part?.kind?.case === "text" || part?.kind?.case === "media";
  return isPlain && Object.keys(rest).length === 0 ? { ...part, ...cacheOf(mark) } : undefined;
}

function toolOf(tool: Plain, index: number, own: ProviderFields): ToolInit {
  const { type, name, description, input_schema, strict, cache_control: mark, ...rest } = tool;
  if (type !== undefined && type !== null && type !== "custom") {
    return { provider: own.block("tool", tool) };
  }
  return {
    name: stringOf(name),
    description: stringOf(description),
    ...toolSchema(input_schema, index),
    ...(typeof strict === "boolean" && { strict }),
    ...cacheOf(mark),
    ...own.options("tool", rest),
  };
}

const modes: ReadonlyMap<unknown, ToolChoiceMode> = new Map<unknown, ToolChoiceMode>([
  ["auto", ToolChoiceMode.AUTO],
  ["none", ToolChoiceMode.NONE],
  ["any", ToolChoiceMode.REQUIRED],
  ["tool", ToolChoiceMode.NAMED],
]);

function choiceOf(unsaid: Unsaid): RequestInit {
  const { type, name, disable_parallel_tool_use: isSerial, ...rest } = objectOf(unsaid.tool_choice);
  const mode = modes.get(type);
  if (mode === undefined) return {};
  delete unsaid.tool_choice;
  if (Object.keys(rest).length > 0) unsaid.tool_choice = rest;
  return {
    toolChoice: { mode, name: stringOf(name) },
    ...(typeof isSerial === "boolean" && { parallelToolCalls: !isSerial }),
  };
}

/** Takes what is a knob of the contract out of `unsaid`. */
function knobsOf(unsaid: Unsaid): RequestInit {
  const { user_id: endUserId, ...labels } = objectOf(take(unsaid, "metadata"));
  if (Object.keys(labels).length > 0) unsaid.metadata = labels;
  return withoutNulls({
    maxOutputTokens: take(unsaid, "max_tokens"),
    ...takeSampling(unsaid),
    topK: takeNumber(unsaid, "top_k", 1, 2 ** 31 - 1),
    stopSequences: take(unsaid, "stop_sequences"),
    endUserId,
  }) as RequestInit;
}

/** The shape of the answer, under its name of today or that of its beta. */
function formatOf(unsaid: Unsaid): RequestInit {
  const { format: current, ...config } = withoutNulls(objectOf(unsaid.output_config));
  const format = objectOf(current ?? unsaid.output_format);
  if (format.type !== "json_schema") return {};
  delete unsaid.output_format;
  delete unsaid.output_config;
  if (Object.keys(config).length > 0) unsaid.output_config = config;
  const schemaJson = JSON.stringify(format.schema);
  return { responseFormat: { format: { case: "jsonSchema", value: { schemaJson } } } };
}

function thinkingOf(unsaid: Unsaid): RequestInit {
  const { type, budget_tokens: budget, display, ...rest } = objectOf(unsaid.thinking);
  const { effort, ...config } = objectOf(unsaid.output_config);
  const include = { summarized: true, omitted: false }[stringOf(display)];
  const isSaid = type === "adaptive" && (typeof effort === "string" || include !== undefined);
  if (Object.keys(rest).length > 0 || !(isSaid || type === "enabled" || type === "disabled")) {
    return {};
  }
  delete unsaid.thinking;
  delete unsaid.output_config;
  if (Object.keys(config).length > 0) unsaid.output_config = config;
  return {
    thinking: {
      ...(typeof effort === "string" && { effort }),
      ...(type === "enabled" && { budgetTokens: BigInt(Number(budget)) }),
      ...(type === "disabled" && { budgetTokens: 0n }),
      ...(include !== undefined && { include }),
    },
  };
}
