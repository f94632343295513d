import { create, fromJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { type BatchItem, BatchItemSchema } from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import { LLMRequestSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { CallOptionsSchema } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";

const idCharactersMax = 255;

const roleNames: ReadonlyMap<JsonValue, string> = new Map([
  ["system", "ROLE_SYSTEM"],
  ["user", "ROLE_USER"],
  ["assistant", "ROLE_ASSISTANT"],
  ["tool", "ROLE_TOOL"],
]);

/**
 * The item that a line of the input describes: `{"id", "request", "options"}`, or the request's own
 * fields beside `id` and `options`. Its id is empty where it has none. `model` is that of requests
 * that name none. Throws Error that says what is wrong with the line.
 */
export function readLine(text: string, model: string | undefined): BatchItem {
  const line = objectOf(JSON.parse(text), "the line");
  const { id, options, request, ...rest } = line;
  const [other] = Object.keys(rest);
  if (request !== undefined && other !== undefined) {
    throw new Error(`"${other}" stands beside "request"; what is asked belongs into it`);
  }
  const asked = request === undefined ? rest : objectOf(request, "request");
  return create(BatchItemSchema, {
    id: idOf(id),
    request: fromJson(LLMRequestSchema, requestJSON(asked, model)),
    ...(options !== undefined && {
      options: fromJson(CallOptionsSchema, objectOf(options, "options")),
    }),
  });
}

function idOf(id: JsonValue | undefined): string {
  if (id === undefined) return "";
  const text = Number.isSafeInteger(id) ? String(id) : id;
  if (typeof text !== "string" || text === "" || text.length > idCharactersMax) {
    throw new Error(`id: expected a text of 1 to ${idCharactersMax} characters`);
  }
  return text;
}

/** The request as protobuf's JSON has it: `system` and `prompt` are turns, roles may be words. */
function requestJSON(
  { system, prompt, contents = [], ...request }: JsonObject,
  model: string | undefined,
): JsonObject {
  if (!Array.isArray(contents)) throw new Error("contents: expected a list");
  const turns = [
    ...turn("ROLE_SYSTEM", "system", system),
    ...contents.map((content) => named(objectOf(content, "each of contents"))),
    ...turn("ROLE_USER", "prompt", prompt),
  ];
  if (turns.length === 0) throw new Error('there is nothing to ask: give "prompt" or "contents"');
  const asked = request.model ?? model;
  if (asked === undefined) throw new Error("model: is required, here or by --model");
  return { ...request, model: asked, contents: turns };
}

function turn(role: string, field: string, message: JsonValue | undefined): JsonObject[] {
  if (message === undefined) return [];
  if (typeof message !== "string") throw new Error(`${field}: expected a text`);
  return [{ role, message }];
}

function named(content: JsonObject): JsonObject {
  const { role } = content;
  const name = role === undefined ? undefined : roleNames.get(role);
  return name === undefined ? content : { ...content, role: name };
}

function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new Error(`${what}: expected a JSON object`);
}
