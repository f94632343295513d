import { MediaKind, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { recordedID } from "./canonical-mistral.ts";
import { isObject, objectOf, objectsOf, type Plain, stringOf } from "./plain.ts";
import { readOpenAIChatRequest } from "./read-request-openai-chat.ts";
import {
  atAddress,
  mediaPart,
  type PartInit,
  ProviderFields,
  type ReadRequest,
  type TurnInit,
  textPart,
  textTurn,
} from "./request-draft.ts";

/** Reads a body of Mistral's chat or agents as its author would have asked the contract. */
export function readMistralRequest(body: Plain): ReadRequest {
  const { messages, random_seed: seed, tool_choice: choice, ...rest } = body;
  const own = new ProviderFields("mistral");
  const contents = objectsOf(messages).map((message) => turnOf(message, own));
  const asked = { ...rest, seed, tool_choice: choice === "any" ? "required" : choice };
  const { request, stream, needs } = readOpenAIChatRequest(asked, "mistral");
  const model = request.model || "agent";
  return { request: { ...request, model, contents }, stream, needs: [...needs, ...own.needs] };
}

/** Reads a body of code to fill in. */
export function readFillInRequest(body: Plain): ReadRequest {
  const { prompt, suffix, min_tokens: min, ...rest } = body;
  const { request, stream, needs } = readMistralRequest(rest);
  const own = objectOf(request.providerOptions?.mistral);
  const fim = { ...(suffix !== undefined && { suffix }), ...(min !== undefined && { min }) };
  const contents = [textTurn(Role.USER, stringOf(prompt))];
  const providerOptions = { mistral: { ...own, fim } as never };
  return { request: { ...request, contents, providerOptions }, stream, needs };
}

const roles: ReadonlyMap<unknown, Role> = new Map<unknown, Role>([
  ["system", Role.SYSTEM],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
]);

function turnOf(message: Plain, own: ProviderFields): TurnInit {
  const { role: word, content, tool_calls: calls, tool_call_id: id, name } = message;
  if (word === "tool") {
    const value = { toolCallId: recordedID(id), parts: partsOf(content, own) };
    return {
      role: Role.TOOL,
      name: stringOf(name),
      parts: [{ kind: { case: "toolResult", value } }],
    };
  }
  const role = roles.get(word) ?? Role.UNSPECIFIED;
  if (typeof content === "string" && objectsOf(calls).length === 0) return textTurn(role, content);
  return { role, parts: [...partsOf(content, own), ...objectsOf(calls).map(callOf)] };
}

function callOf({ id, function: fn }: Plain): PartInit {
  const { name, arguments: args } = objectOf(fn);
  const text = typeof args === "string" ? args : JSON.stringify(args);
  const value = { id: recordedID(id), name: stringOf(name), arguments: text };
  return { kind: { case: "toolCall", value } };
}

function partsOf(content: unknown, own: ProviderFields): PartInit[] {
  if (typeof content === "string") return content === "" ? [] : [textPart(content)];
  return objectsOf(content).map((chunk) => partOf(chunk, own));
}

function partOf(chunk: Plain, own: ProviderFields): PartInit {
  const { type, text, image_url: image, input_audio: audio, ...rest } = chunk;
  switch (type) {
    case "text":
      return { ...textPart(stringOf(text)), ...own.options("text", rest) };
    case "image_url": {
      const { url, detail } = isObject(image) ? image : { url: image, detail: undefined };
      const said = detail === "auto" ? {} : { detail };
      return {
        ...mediaPart(MediaKind.IMAGE, atAddress(stringOf(url))),
        ...own.options("image", said),
      };
    }
    case "document_url":
      return mediaPart(MediaKind.DOCUMENT, {
        ...atAddress(stringOf(chunk.document_url)),
        name: stringOf(chunk.document_name),
      });
    case "file":
      return mediaPart(MediaKind.DOCUMENT, {
        source: { case: "fileId", value: stringOf(chunk.file_id) },
      });
    case "input_audio":
      return mediaPart(MediaKind.AUDIO, soundOf(isObject(audio) ? audio : { data: audio }));
    case "thinking":
      return thinkingOf(chunk);
    default:
      return own.blockPart("part", chunk);
  }
}

function soundOf({ data, format }: Plain): Parameters<typeof mediaPart>[1] {
  const text = stringOf(data);
  if (/^https?:/.test(text)) return { source: { case: "url", value: text } };
  const value = Buffer.from(text, "base64");
  const mimeType = `audio/${format === "mp3" || format === undefined ? "mpeg" : stringOf(format)}`;
  return { mimeType, source: { case: "data", value } };
}

function thinkingOf({ thinking, signature }: Plain): PartInit {
  const words = typeof thinking === "string" ? [{ text: thinking }] : objectsOf(thinking);
  const text = words.map((word) => stringOf(word.text)).join("");
  const value = { text, signature: stringOf(signature), adapter: "mistral" };
  return { kind: { case: "thinking", value } };
}
