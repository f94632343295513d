import { canonicalOllama } from "../canonical-ollama.ts";
import { canonicalOpenModels, canonicalOpenRouter } from "../canonical-open-models.ts";
import { expectAnthropic } from "../expect-anthropic.ts";
import { expectOllama } from "../expect-ollama.ts";
import { expectOpenAIChat } from "../expect-openai-chat.ts";
import { expectOpenAIResponses } from "../expect-openai-responses.ts";
import type { JudgedAPI, JudgedAPIs } from "../judged-api.ts";
import { objectOf, payloadObjects, stringOf } from "../plain.ts";
import { readOllamaRequest } from "../read-request-ollama.ts";
import { readOpenAIChatRequest } from "../read-request-openai-chat.ts";
import { readOpenRouterRequest } from "../read-request-openrouter.ts";
import { echoedByResponses, restatedByResponses } from "./openai.ts";

/** The chat wire at a known host, or at a server that is known by nothing but its address. */
function chatAt(preset: string, reasoningMember: string): JudgedAPI {
  return {
    adapter: "llama",
    dialect: "openai-chat",
    ...(preset !== "" && { target: { preset } }),
    path: "/v1",
    expect: expectOpenAIChat,
    logicalEnd: /"finish_reason"\s*:\s*"/,
    requests: {
      read: (body) => readOpenAIChatRequest(body, "llama", reasoningMember),
      canonical: (body) => canonicalOpenModels(body, reasoningMember),
    },
  };
}

const ollama: JudgedAPI = {
  adapter: "llama",
  dialect: "ollama",
  target: { preset: "ollama" },
  expect: expectOllama,
  requests: { read: readOllamaRequest, canonical: canonicalOllama },
};

/**
 * The same as the owner of a wire judges it, but for errors in the middle of a stream, which
 * llama.cpp sends in a form of its own: bare, or without a name.
 */
function withBareErrors(expect: JudgedAPI["expect"]): JudgedAPI["expect"] {
  return (recording) => {
    const { json, status, text } = recording.response;
    if (json !== undefined || status !== 200) return expect(recording);
    const bare = payloadObjects(text).flatMap((payload) => {
      const error = objectOf(payload.error ?? payload);
      return typeof error.code === "number" ? [error] : [];
    });
    const [first] = bare;
    return first === undefined
      ? expect(recording)
      : { kind: "error", status, code: stringOf(first.type) };
  };
}

/** The wires of others, as local servers speak them: only the answers are of interest. */
const messages: JudgedAPI = {
  adapter: "custom",
  dialect: "anthropic-messages",
  expect: withBareErrors(expectAnthropic),
  logicalEnd: /"stop_reason"\s*:\s*"/,
};
const responses: JudgedAPI = {
  adapter: "custom",
  dialect: "openai-responses",
  path: "/v1",
  expect: withBareErrors(expectOpenAIResponses),
  echoed: echoedByResponses,
  restated: restatedByResponses,
  logicalEnd: /"type"\s*:\s*"response\.(?:completed|incomplete|failed)"/,
};

/** Servers and hosts of open models. */
export const llamaAPIs: JudgedAPIs = {
  "groq.chat": chatAt("groq", "reasoning"),
  "together.chat": chatAt("together", "reasoning"),
  "huggingface.chat": chatAt("huggingface", "reasoning"),
  "cerebras.chat": chatAt("cerebras", "reasoning"),
  "openrouter.chat": {
    ...chatAt("openrouter", "reasoning"),
    requests: { read: readOpenRouterRequest, canonical: canonicalOpenRouter },
  },
  "vllm.chat": chatAt("vllm", "reasoning"),
  "llamacpp.chat": chatAt("llamacpp", "reasoning_content"),
  "gpustack.chat": chatAt("", "reasoning_content"),
  "ollama.openai_compat.chat": chatAt("ollama", "reasoning"),
  "ollama.chat": ollama,
  "live.llamacpp.chat": chatAt("llamacpp", "reasoning_content"),
  "live.llamacpp-python.chat": chatAt("", "reasoning_content"),
  "live.llamacpp.messages": messages,
  "live.llamacpp.responses": responses,
  "live.ollama.api.chat": ollama,
  "live.ollama.chat": chatAt("ollama", "reasoning"),
  "live.ollama.messages": messages,
  "live.ollama.responses": responses,
};
