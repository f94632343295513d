import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { text as readText } from "node:stream/consumers";
import { create, fromJson, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  type LLMRequest,
  LLMRequestSchema,
  type PartSchema,
  Role,
  type Tool,
  ToolSchema,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  type CallOptions,
  CallOptionsSchema,
} from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import type { RequestFlags } from "./flags.ts";
import { UsageError } from "./usage-error.ts";

const mimeTypes: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".pdf": "application/pdf",
  ".txt": "text/plain",
  ".md": "text/markdown",
  ".csv": "text/csv",
  ".json": "application/json",
  ".html": "text/html",
  ".wav": "audio/wav",
  ".mp3": "audio/mpeg",
};

/** The request that the flags describe. Throws UsageError, or the system's error for a file. */
export async function requestOf(
  prompt: string | undefined,
  flags: RequestFlags,
): Promise<LLMRequest> {
  const { file: files = [], tool: tools = [], stop = [] } = flags;
  const message = prompt === "-" ? await readText(process.stdin) : (prompt ?? "");
  if (message === "" && files.length === 0) {
    throw new UsageError("there is nothing to ask: give a prompt, - for standard input, or --file");
  }
  const { system, maxTokens, topP, topK, seed, temperature, thinking } = flags;
  return create(LLMRequestSchema, {
    model: flags.model,
    contents: [
      ...(system ? [{ role: Role.SYSTEM, message: system }] : []),
      { role: Role.USER, message, parts: files.map(mediaPart) },
    ],
    tools: tools.map(toolOf),
    stopSequences: [...stop],
    ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
    ...(seed !== undefined && { seed: BigInt(seed) }),
    ...(thinking !== undefined && { thinking: { effort: thinking } }),
    ...(flags.schema !== undefined && { responseFormat: schemaFormat(flags.schema) }),
    ...(flags.providerOptions !== undefined && {
      providerOptions: jsonArgument("--provider-options", flags.providerOptions),
    }),
  });
}

/** The options that the flags describe. */
export function optionsOf({ timeout, target = "", strict = false }: RequestFlags): CallOptions {
  return create(CallOptionsSchema, {
    target,
    strict,
    ...(timeout !== undefined && { timeout: durationFromMs(Math.round(timeout * 1000)) }),
  });
}

function mediaPart(path: string): MessageInitShape<typeof PartSchema> {
  const mimeType = mimeTypes[extname(path).toLowerCase()];
  if (mimeType === undefined) {
    const known = Object.keys(mimeTypes).join(" ");
    throw new UsageError(`--file: ${path} is of no kind that is known; known are ${known}`);
  }
  const source = { case: "data", value: readFileSync(path) } as const;
  return { kind: { case: "media", value: { mimeType, name: basename(path), source } } };
}

function toolOf(text: string): Tool {
  const json = jsonArgument("--tool", text);
  try {
    return fromJson(ToolSchema, json);
  } catch (cause) {
    throw new UsageError(`--tool: ${(cause as Error).message}`, { cause });
  }
}

function schemaFormat(path: string): MessageInitShape<typeof LLMRequestSchema>["responseFormat"] {
  const schemaJson = readFileSync(path, "utf8");
  return { format: { case: "jsonSchema", value: { schemaJson } } };
}

/** The JSON object of an argument, or of the file that it names behind an @. */
function jsonArgument(flag: string, argument: string): JsonObject {
  const text = argument.startsWith("@") ? readFileSync(argument.slice(1), "utf8") : argument;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${flag}: not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new UsageError(`${flag}: expected a JSON object, such as {"name": …}`);
}
