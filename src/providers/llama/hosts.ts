import type { Preset } from "../../contract/adapter.ts";
import { ollama } from "../../dialects/ollama/dialect.ts";
import { chatDialect } from "../../dialects/openai-chat/dialect.ts";
import { openRouter } from "../../dialects/openai-chat/open-router.ts";
import { openServer } from "../../dialects/openai-chat/open-server.ts";
import type { ChatHost } from "../../dialects/openai-chat/wire.ts";

/**
 * A server of open models that is known by nothing but its address: what llama.cpp, vLLM and their
 * kin have in common. What such a server does not know, it ignores.
 */
export const anyServer: ChatHost = { ...openServer, takesMediaInResults: true };

/** A hosted service: it shows thinking in `reasoning`, and knows no `top_k` and no videos. */
const service: ChatHost = {
  ...anyServer,
  takesTopK: false,
  takesVideo: false,
  takesMediaInResults: false,
  reasoningMember: "reasoning",
};

/** Thinking is a variable of the model's template. */
const templateOff = { chat_template_kwargs: { enable_thinking: false } };

/** One known host of the chat wire. */
interface KnownHost {
  readonly name: string;
  readonly baseURL: string;
  readonly keyVariable: string;
  readonly host: ChatHost;
}

const knownHosts: readonly KnownHost[] = [
  {
    name: "llamacpp",
    baseURL: "http://127.0.0.1:8080/v1",
    keyVariable: "LLAMA_API_KEY",
    host: {
      ...anyServer,
      countPath: "/chat/completions/input_tokens",
      thinking: { off: templateOff, isShown: true },
      labels: { takesMetadata: false },
    },
  },
  {
    name: "vllm",
    baseURL: "http://127.0.0.1:8000/v1",
    keyVariable: "VLLM_API_KEY",
    host: {
      ...anyServer,
      reasoningMember: "reasoning",
      thinking: { off: templateOff, includeMember: "include_reasoning" },
    },
  },
  {
    name: "groq",
    baseURL: "https://api.groq.com/openai/v1",
    keyVariable: "GROQ_API_KEY",
    host: {
      ...service,
      maxTokensMember: "max_completion_tokens",
      stopSequencesMax: 4,
      thinking: { includeMember: "include_reasoning" },
      // Members it does not know are a 400, and so is metadata.
      labels: { endUserMember: "user", takesMetadata: false },
    },
  },
  {
    name: "together",
    baseURL: "https://api.together.xyz/v1",
    keyVariable: "TOGETHER_API_KEY",
    host: {
      ...service,
      takesTopK: true,
      takesVideo: true,
      thinking: { off: { reasoning: { enabled: false } }, isShown: true },
      labels: { takesMetadata: false },
    },
  },
  {
    name: "fireworks",
    baseURL: "https://api.fireworks.ai/inference/v1",
    keyVariable: "FIREWORKS_API_KEY",
    host: { ...service, takesTopK: true, reasoningMember: "reasoning_content" },
  },
  {
    name: "cerebras",
    baseURL: "https://api.cerebras.ai/v1",
    keyVariable: "CEREBRAS_API_KEY",
    host: {
      ...service,
      maxTokensMember: "max_completion_tokens",
      stopSequencesMax: 4,
      labels: { endUserMember: "user", takesMetadata: false },
    },
  },
  {
    name: "huggingface",
    baseURL: "https://router.huggingface.co/v1",
    keyVariable: "HF_TOKEN",
    host: { ...service, stopSequencesMax: 4, labels: { takesMetadata: false } },
  },
  {
    name: "openrouter",
    baseURL: "https://openrouter.ai/api/v1",
    keyVariable: "OPENROUTER_API_KEY",
    host: openRouter,
  },
];

/** The chat wire that Ollama speaks beside its own. */
const ollamaChat: ChatHost = {
  ...service,
  takesMediaInResults: true,
  labels: { takesMetadata: false },
};

/** Hosts and servers of open models that are known by name. */
export const presets: readonly Preset[] = [
  ...knownHosts.map(({ name, baseURL, keyVariable, host }) => ({
    name,
    keyVariables: [keyVariable],
    dialects: { "openai-chat": chatDialect(host, baseURL) },
    defaultDialect: "openai-chat",
  })),
  {
    name: "ollama",
    keyVariables: ["OLLAMA_API_KEY"],
    dialects: { ollama, "openai-chat": chatDialect(ollamaChat, `${ollama.defaultBaseURL}/v1`) },
    defaultDialect: "ollama",
  },
];
