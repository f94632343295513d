import { MediaKind, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
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
  takeSampling,
  textPart,
  textTurn,
  toolSchema,
  type Unsaid,
  withoutNulls,
} from "./request-draft.ts";

const adapter = "llama";

/** Reads a body of Ollama's own chat as its author would have asked the contract. */
export function readOllamaRequest(body: Plain): ReadRequest {
  const own = new ProviderFields(adapter);
  const { model, messages, tools, options, format, think, stream, ...rest } = body;
  const unsaid = { ...withoutNulls(rest) } as Unsaid;
  const runner = { ...withoutNulls(objectOf(options)) } as Unsaid;
  const request: RequestInit = {
    model: stringOf(model),
    contents: turnsOf(objectsOf(messages), own),
    tools: objectsOf(tools).map((tool, index) => toolOf(tool, index, own)),
    ...knobsOf(runner),
    ...formatOf(format),
    ...thinkingOf(think),
  };
  if (Object.keys(runner).length > 0) unsaid.options = runner;
  Object.assign(request, own.options("request", unsaid));
  return { request, stream: stream !== false, needs: own.needs };
}

/** Calls without ids get them by their place, and results go to the calls in their order. */
function turnsOf(messages: readonly Plain[], own: ProviderFields): TurnInit[] {
  const open: { id: string; name: string }[] = [];
  let calls = 0;
  return messages.map((message) => {
    const { role, content, thinking, images, tool_calls: called, tool_name: name } = message;
    if (role === "tool") {
      const place = open.findIndex((call) => call.name === name);
      const [call] = open.splice(Math.max(place, 0), 1);
      const value = {
        toolCallId: stringOf(message.tool_call_id) || (call?.id ?? ""),
        parts: [textPart(stringOf(content))],
      };
      return { role: Role.TOOL, parts: [{ kind: { case: "toolResult", value } }] };
    }
    const callParts = objectsOf(called).map((call) => {
      calls += 1;
      const part = callOf(call, `call-${calls}`, own);
      if (part.kind?.case === "toolCall") {
        open.push({ id: part.kind.value.id ?? "", name: part.kind.value.name ?? "" });
      }
      return part;
    });
    const speaker = roles.get(role) ?? Role.UNSPECIFIED;
    const pictures = (Array.isArray(images) ? images : []).map(pictureOf);
    const thoughts: PartInit[] =
      stringOf(thinking) === ""
        ? []
        : [{ kind: { case: "thinking", value: { text: stringOf(thinking), adapter } } }];
    if (thoughts.length + callParts.length + pictures.length === 0) {
      return textTurn(speaker, stringOf(content));
    }
    const words = stringOf(content) === "" ? [] : [textPart(stringOf(content))];
    return { role: speaker, parts: [...thoughts, ...words, ...pictures, ...callParts] };
  });
}

const roles: ReadonlyMap<unknown, Role> = new Map<unknown, Role>([
  ["system", Role.SYSTEM],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
]);

function pictureOf(base64: unknown): PartInit {
  const value = Buffer.from(stringOf(base64), "base64");
  const mimeType = value[0] === 0xff ? "image/jpeg" : "image/png";
  return mediaPart(MediaKind.IMAGE, { mimeType, source: { case: "data", value } });
}

function callOf(call: Plain, madeUp: string, own: ProviderFields): PartInit {
  const { id, type: _, function: fn, ...rest } = call;
  const { name, arguments: args, ...inner } = objectOf(fn);
  const value = {
    id: stringOf(id) || madeUp,
    name: stringOf(name),
    arguments: typeof args === "string" ? args : JSON.stringify(args ?? {}),
  };
  const options = { ...rest, ...(Object.keys(inner).length > 0 && { function: inner }) };
  return { kind: { case: "toolCall", value }, ...own.options("call", options) };
}

function toolOf(tool: Plain, index: number, own: ProviderFields): ToolInit {
  const { type: _, function: fn, ...rest } = tool;
  const { name, description, parameters, ...inner } = objectOf(fn);
  const options = { ...rest, ...(Object.keys(inner).length > 0 && { function: inner }) };
  return {
    name: stringOf(name),
    description: stringOf(description),
    ...toolSchema(parameters, index),
    ...own.options("tool", options),
  };
}

function formatOf(format: unknown): RequestInit {
  if (format === "json") return { responseFormat: { format: { case: "jsonObject", value: {} } } };
  if (!isObject(format)) return {};
  const value = { schemaJson: JSON.stringify(format) };
  return { responseFormat: { format: { case: "jsonSchema", value } } };
}

function thinkingOf(think: unknown): RequestInit {
  if (think === true) return { thinking: { include: true } };
  if (think === false) return { thinking: { effort: "none" } };
  return typeof think === "string" ? { thinking: { effort: think } } : {};
}

/** Takes what is a knob of the contract out of the options of the runner. */
function knobsOf(runner: Unsaid): RequestInit {
  const stop = take(runner, "stop");
  const seed = take(runner, "seed");
  return withoutNulls({
    maxOutputTokens: take(runner, "num_predict"),
    ...takeSampling(runner),
    topK: take(runner, "top_k"),
    presencePenalty: take(runner, "presence_penalty"),
    frequencyPenalty: take(runner, "frequency_penalty"),
    seed: typeof seed === "number" ? BigInt(seed) : undefined,
    stopSequences: typeof stop === "string" ? [stop] : stop,
  }) as RequestInit;
}
