import type { JSONObject } from "../json.ts";

/** Other providers' hosted models, and names that stand for none. */
const absent = /^(?:claude-|gemini-|gpt-(?!oss)|chatgpt-|o\d(?:-|$)|no-such|nonexistent|nope\b)/;
const thinkers =
  /(?:^|\/)(?:qwen3|qwq|deepseek-(?:r1|v3\.)|gpt-oss|magistral|cogito|kimi|glm|nemotron|reason)/;
const toolless = /(?:^|\/)(?:gemma[23]?:|codellama|llama2|phi3?(?::|$)|smollm2|tinyllama|llava)/;

const listed: readonly string[] = ["llama3.2:3b", "qwen3:4b", "gemma3:4b", "gpt-oss:20b"];
const modifiedAt = "2026-06-01T12:00:00.000000000Z";

/** Whether a model is there. */
export function isThere(name: string): boolean {
  return name !== "" && !absent.test(name);
}

/** Whether a model can think. */
export function canThink(name: string): boolean {
  return thinkers.test(name);
}

/** Whether a model can call tools. */
export function canCall(name: string): boolean {
  return !toolless.test(name);
}

/** What `/api/tags` says. */
export function modelList(): JSONObject {
  return { models: listed.map(summary) };
}

function summary(name: string, index: number): JSONObject {
  return {
    name,
    model: name,
    modified_at: modifiedAt,
    size: 2_000_000_000 + index,
    digest: String(index).repeat(64),
    details: details(name),
  };
}

function details(name: string): JSONObject {
  const family = name.split(/[:.]/)[0] ?? name;
  return {
    parent_model: "",
    format: "gguf",
    family,
    families: [family],
    parameter_size: "3.2B",
    quantization_level: "Q4_K_M",
  };
}

/** What `/api/show` says about a model. */
export function modelInfo(name: string): JSONObject {
  return {
    modelfile: `FROM ${name}\n`,
    parameters: "temperature 0.7",
    template: "{{ .Prompt }}",
    license: "",
    details: details(name),
    model_info: { "general.architecture": "llama", "llama.context_length": 131_072 },
    capabilities: [
      "completion",
      ...(canCall(name) ? ["tools"] : []),
      ...(canThink(name) ? ["thinking"] : []),
    ],
    modified_at: modifiedAt,
  };
}
