import {
  MediaKind,
  Modality,
  Role,
  ToolChoiceMode,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
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

/**
 * Reads a body of OpenAI's Chat Completions as its author would have asked the contract. `adapter`
 * is the one that is asked, `reasoningMember` the member of messages in which its host takes
 * thinking.
 */
export function readOpenAIChatRequest(
  body: Plain,
  adapter = "openai",
  reasoningMember?: string,
): ReadRequest {
  const own = new ProviderFields(adapter);
  const { model, messages, stream, stream_options: streamOptions, ...knobs } = body;
  const { tools, tool_choice: choice, response_format: format, ...rest } = knobs;
  const { include_usage: _, ...unusual } = objectOf(streamOptions);
  const request: RequestInit = {
    model: stringOf(model),
    contents: objectsOf(messages).map((message) => {
      const thoughts =
        reasoningMember === undefined ? [] : thoughtsOf(message, reasoningMember, adapter, own);
      return withThoughts(thoughts, contentOf(message, own));
    }),
    tools: objectsOf(tools).map((tool, index) => toolOf(tool, index, own)),
  };
  const unsaid = { ...withoutNulls(rest) } as Unsaid;
  Object.assign(request, choiceOf(choice, unsaid), formatOf(format, unsaid), knobsOf(unsaid));
  if (Object.keys(unusual).length > 0) unsaid.stream_options = unusual;
  Object.assign(request, own.options("request", unsaid));
  return { request, stream: stream === true, needs: own.needs };
}

const roles: ReadonlyMap<unknown, Role> = new Map<unknown, Role>([
  ["system", Role.SYSTEM],
  ["developer", Role.SYSTEM],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
  ["tool", Role.TOOL],
]);

function contentOf(message: Plain, own: ProviderFields): TurnInit {
  const role = roles.get(message.role) ?? Role.UNSPECIFIED;
  if (role === Role.TOOL) return { role, parts: [resultOf(message, own)] };
  const content = { role, name: stringOf(message.name) };
  const calls = objectsOf(message.tool_calls).map((call) => callOf(call, own));
  const refusal = stringOf(message.refusal);
  const refusals: PartInit[] =
    refusal === "" ? [] : [{ kind: { case: "refusal", value: { text: refusal } } }];
  const isPlain = typeof message.content === "string" && calls.length + refusals.length === 0;
  if (isPlain) return { ...content, ...textTurn(role, stringOf(message.content)) };
  return { ...content, parts: [...partsOf(message.content, own), ...refusals, ...calls] };
}

/**
 * Thinking that goes back: as text in the host's member, and what else holds it as its own fields.
 */
function thoughtsOf(
  message: Plain,
  member: string,
  adapter: string,
  own: ProviderFields,
): PartInit[] {
  const { reasoning_details: details } = message;
  const text =
    stringOf(message[member]) ||
    objectsOf(details)
      .map((detail) => stringOf(detail.text))
      .join("");
  const others = ["reasoning", "reasoning_content", "reasoning_details"]
    .filter((name) => name !== member && message[name] !== null && message[name] !== undefined)
    .map((name) => [name, message[name]]);
  if (text === "" && others.length === 0) return [];
  const options = own.options("thinking", Object.fromEntries(others));
  return [{ kind: { case: "thinking", value: { text, adapter } }, ...options }];
}

function withThoughts(thoughts: PartInit[], turn: TurnInit): TurnInit {
  if (thoughts.length === 0) return turn;
  const { message = "", parts = [], ...rest } = turn;
  const said = message === "" ? [] : [textPart(message)];
  return { ...rest, parts: [...thoughts, ...said, ...parts] };
}

function resultOf(message: Plain, own: ProviderFields): PartInit {
  const { role: _, content, tool_call_id: id, ...rest } = message;
  return {
    kind: {
      case: "toolResult",
      value: { toolCallId: stringOf(id), parts: partsOf(content, own) },
    },
    ...own.options("result", rest),
  };
}

function callOf(call: Plain, own: ProviderFields): PartInit {
  const { id, type, function: fn, custom, ...rest } = call;
  const { name, arguments: args, input, ...inner } = objectOf(fn ?? custom);
  const value = { id: stringOf(id), name: stringOf(name), arguments: stringOf(args ?? input) };
  const options = {
    ...rest,
    ...(type === "function" ? {} : { type }),
    ...(Object.keys(inner).length === 0 ? {} : { [stringOf(type)]: inner }),
  };
  return { kind: { case: "toolCall", value }, ...own.options("call", options) };
}

function partsOf(content: unknown, own: ProviderFields): PartInit[] {
  if (typeof content === "string") return [textPart(content)];
  return objectsOf(content).map((part) => ({ ...partOf(part, own) }));
}

function partOf(part: Plain, own: ProviderFields): PartInit {
  const { type, text, image_url: image, input_audio: audio, file, ...others } = part;
  const { video_url: video, ...rest } = others;
  switch (type) {
    case "text":
      return { ...textPart(stringOf(text)), ...own.options("text", rest) };
    case "image_url": {
      const { url, detail, ...inner } = objectOf(image);
      const said = detail === "auto" ? {} : { detail };
      const media = mediaPart(MediaKind.IMAGE, atAddress(stringOf(url)));
      return { ...media, ...own.options("image", { ...rest, ...inner, ...said }) };
    }
    case "input_audio": {
      const { data, format } = objectOf(audio);
      const value = Buffer.from(stringOf(data), "base64");
      const mimeType = `audio/${format === "mp3" ? "mpeg" : stringOf(format)}`;
      return mediaPart(MediaKind.AUDIO, { mimeType, source: { case: "data", value } });
    }
    case "video_url": {
      const { url, ...inner } = objectOf(video);
      const media = mediaPart(MediaKind.VIDEO, atAddress(stringOf(url)));
      return { ...media, ...own.options("video", { ...rest, ...inner }) };
    }
    case "file": {
      const { file_id: id, file_data: data, filename } = objectOf(file);
      if (typeof id === "string") {
        return mediaPart(MediaKind.DOCUMENT, { source: { case: "fileId", value: id } });
      }
      return mediaPart(MediaKind.DOCUMENT, {
        ...atAddress(stringOf(data)),
        name: stringOf(filename),
      });
    }
    default:
      return own.blockPart("part", part);
  }
}

function toolOf(tool: Plain, index: number, own: ProviderFields): ToolInit {
  const { type, function: fn, ...rest } = tool;
  if (type !== "function") return { provider: own.block("tool", tool) };
  const { name, description, parameters, strict, ...inner } = objectOf(fn);
  const options = { ...rest, ...(Object.keys(inner).length > 0 && { function: inner }) };
  return {
    name: stringOf(name),
    description: stringOf(description),
    ...toolSchema(parameters, index),
    ...(typeof strict === "boolean" && { strict }),
    ...own.options("tool", options),
  };
}

function choiceOf(choice: unknown, unsaid: Unsaid): RequestInit {
  const mode = choiceModes.get(choice);
  if (mode !== undefined) return { toolChoice: { mode } };
  const { type, function: fn, custom } = objectOf(choice);
  const name = stringOf(objectOf(fn ?? custom).name);
  if ((type === "function" || type === "custom") && name !== "") {
    return { toolChoice: { mode: ToolChoiceMode.NAMED, name } };
  }
  if (isObject(choice)) unsaid.tool_choice = choice;
  return {};
}

function formatOf(format: unknown, unsaid: Unsaid): RequestInit {
  const { type, json_schema: inner } = objectOf(format);
  if (type === "text") return { responseFormat: { format: { case: "text", value: {} } } };
  const isBare = Object.keys(objectOf(format)).length === 1;
  if (type === "json_object" && isBare) {
    return { responseFormat: { format: { case: "jsonObject", value: {} } } };
  }
  if (type === "json_schema") return { responseFormat: schemaFormat(objectOf(inner)) };
  if (isObject(format)) unsaid.response_format = format;
  return {};
}

const modalityNames: ReadonlyMap<unknown, Modality> = new Map<unknown, Modality>([
  ["text", Modality.TEXT],
  ["audio", Modality.AUDIO],
  ["image", Modality.IMAGE],
]);

/** Takes what is a knob of the contract out of `unsaid`. */
function knobsOf(unsaid: Unsaid): RequestInit {
  const [old, limit] = [take(unsaid, "max_tokens"), take(unsaid, "max_completion_tokens")];
  const [seed, stop, effort] = [
    take(unsaid, "seed"),
    take(unsaid, "stop"),
    take(unsaid, "reasoning_effort"),
  ];
  const modalities = take(unsaid, "modalities");
  const stops = typeof stop === "string" ? [stop] : stop;
  return withoutNulls({
    maxOutputTokens: limit ?? old,
    ...takeSampling(unsaid),
    presencePenalty: take(unsaid, "presence_penalty"),
    frequencyPenalty: take(unsaid, "frequency_penalty"),
    parallelToolCalls: take(unsaid, "parallel_tool_calls"),
    seed: typeof seed === "number" ? BigInt(seed) : undefined,
    stopSequences: stops,
    thinking: effort === undefined ? undefined : { effort },
    modalities: Array.isArray(modalities)
      ? modalities.map((name) => modalityNames.get(name) ?? Modality.UNSPECIFIED)
      : undefined,
    endUserId: take(unsaid, "safety_identifier"),
    metadata: take(unsaid, "metadata"),
  }) as RequestInit;
}
