import { MediaKind, Role, ToolChoiceMode } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { isObject, objectOf, objectsOf, type Plain, stringOf } from "./plain.ts";
import {
  atAddress,
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
  textTurn,
  toolSchema,
  type Unsaid,
  withoutNulls,
} from "./request-draft.ts";

const adapter = "custom";

/** Reads a body of Cohere's Chat (second version) as its author would have asked the contract. */
export function readCohereRequest(body: Plain): ReadRequest {
  const own = new ProviderFields(adapter);
  const { model, messages, stream, tools, strict_tools: strict, ...rest } = withoutNulls(body);
  const unsaid = { ...rest } as Unsaid;
  const isStrict = strict === true && objectsOf(tools).length > 0;
  const request: RequestInit = {
    model: stringOf(model),
    contents: objectsOf(messages).map((message) => turnOf(message, own)),
    tools: objectsOf(tools).map((tool, index) => ({
      ...toolOf(tool, index, own),
      ...(isStrict && { strict: true }),
    })),
  };
  if (strict !== undefined && !isStrict) unsaid.strict_tools = strict;
  if (objectsOf(unsaid.documents).length === 0) delete unsaid.documents;
  Object.assign(request, choiceOf(unsaid), formatOf(unsaid), thinkingOf(unsaid), knobsOf(unsaid));
  Object.assign(request, own.options("request", unsaid));
  return { request, stream: stream === true, needs: own.needs };
}

const roles: ReadonlyMap<unknown, Role> = new Map<unknown, Role>([
  ["system", Role.SYSTEM],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
]);

function turnOf(message: Plain, own: ProviderFields): TurnInit {
  if (message.role === "tool") return { role: Role.TOOL, parts: [resultOf(message, own)] };
  const role = roles.get(message.role) ?? Role.UNSPECIFIED;
  const { content, tool_calls: calls, tool_plan: plan, citations } = message;
  const isPlain = typeof content === "string" && !calls && !plan;
  if (isPlain) return textTurn(role, content);
  const parts = partsOf(content, own);
  for (const citation of objectsOf(citations)) cite(parts, citation);
  return { role, parts: [...parts, ...planOf(plan), ...objectsOf(calls).map(callOf)] };
}

function cite(parts: PartInit[], citation: Plain): void {
  const text = parts.find(({ kind }) => kind?.case === "text");
  if (text?.kind?.case !== "text") throw new Error("a citation of no text");
  const citations = [...(text.kind.value.citations ?? []), { json: JSON.stringify(citation) }];
  Object.assign(text.kind.value, { citations });
}

function planOf(plan: unknown): PartInit[] {
  if (typeof plan !== "string" || plan === "") return [];
  const kind = { case: "thinking" as const, value: { text: plan, adapter } };
  return [{ kind, providerOptions: { [adapter]: { item: { type: "tool_plan" } } } }];
}

function callOf({ id, function: fn }: Plain): PartInit {
  const { name, arguments: written } = objectOf(fn);
  const value = { id: stringOf(id), name: stringOf(name), arguments: stringOf(written) };
  return { kind: { case: "toolCall", value } };
}

function resultOf({ tool_call_id: id, content }: Plain, own: ProviderFields): PartInit {
  const value = { toolCallId: stringOf(id), parts: partsOf(content, own) };
  return { kind: { case: "toolResult", value } };
}

function partsOf(content: unknown, own: ProviderFields): PartInit[] {
  if (typeof content === "string") return [textPart(content)];
  return objectsOf(content).map((item) => ({ ...partOf(item, own) }));
}

function partOf(item: Plain, own: ProviderFields): PartInit {
  const { type, text, thinking, image_url: image } = item;
  if (type === "text") return textPart(stringOf(text));
  if (type === "thinking") {
    return { kind: { case: "thinking", value: { text: stringOf(thinking), adapter } } };
  }
  if (type === "image_url") {
    const { url, detail } = objectOf(image);
    const said = detail === "auto" ? {} : { detail };
    const media = mediaPart(MediaKind.IMAGE, atAddress(stringOf(url)));
    return { ...media, ...own.options("image", said) };
  }
  return own.blockPart("part", item);
}

function toolOf(tool: Plain, index: number, own: ProviderFields): ToolInit {
  const { type, function: fn, ...rest } = tool;
  if (type !== "function") return { provider: own.block("tool", tool) };
  const { name, description, parameters, ...inner } = objectOf(fn);
  const options = { ...rest, ...(Object.keys(inner).length > 0 && { function: inner }) };
  return {
    name: stringOf(name),
    description: stringOf(description),
    ...toolSchema(parameters, index),
    ...own.options("tool", options),
  };
}

const choices: ReadonlyMap<unknown, ToolChoiceMode> = new Map<unknown, ToolChoiceMode>([
  ["NONE", ToolChoiceMode.NONE],
  ["REQUIRED", ToolChoiceMode.REQUIRED],
]);

function choiceOf(unsaid: Unsaid): RequestInit {
  const mode = choices.get(unsaid.tool_choice);
  if (mode === undefined) return {};
  delete unsaid.tool_choice;
  return { toolChoice: { mode } };
}

function formatOf(unsaid: Unsaid): RequestInit {
  const { type, json_schema: schema, ...rest } = objectOf(unsaid.response_format);
  if (Object.keys(rest).length > 0) return {};
  if (type === "text") {
    delete unsaid.response_format;
    return { responseFormat: { format: { case: "text", value: {} } } };
  }
  if (type !== "json_object") return {};
  delete unsaid.response_format;
  return isObject(schema)
    ? {
        responseFormat: {
          format: { case: "jsonSchema", value: { schemaJson: JSON.stringify(schema) } },
        },
      }
    : { responseFormat: { format: { case: "jsonObject", value: {} } } };
}

function thinkingOf(unsaid: Unsaid): RequestInit {
  const { type, token_budget: budget, ...rest } = objectOf(unsaid.thinking);
  if (Object.keys(rest).length > 0) return {};
  if (type === "disabled") {
    delete unsaid.thinking;
    return { thinking: { budgetTokens: 0n } };
  }
  if (type !== "enabled" || typeof budget !== "number") return {};
  delete unsaid.thinking;
  return { thinking: { budgetTokens: BigInt(budget) } };
}

/** Takes what is a knob of the contract out of `unsaid`. */
function knobsOf(unsaid: Unsaid): RequestInit {
  const seed = take(unsaid, "seed");
  return withoutNulls({
    maxOutputTokens: take(unsaid, "max_tokens"),
    temperature: takeNumber(unsaid, "temperature", 0, 2),
    topP: takeNumber(unsaid, "p", 0, 1),
    topK: takeNumber(unsaid, "k", 1, 2 ** 31 - 1),
    presencePenalty: take(unsaid, "presence_penalty"),
    frequencyPenalty: take(unsaid, "frequency_penalty"),
    seed: typeof seed === "number" ? BigInt(seed) : undefined,
    stopSequences: take(unsaid, "stop_sequences"),
  }) as RequestInit;
}
