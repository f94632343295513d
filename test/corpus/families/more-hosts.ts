import { canonicalMoreHosts } from "../canonical-more-hosts.ts";
import { expectChatHost, type UsageReader } from "../expect-chat-host.ts";
import type { Expectation, ExpectedToolCall } from "../expectation.ts";
import type { JudgedAPI, JudgedAPIs } from "../judged-api.ts";
import { isObject, objectOf, objectsOf, type Plain, payloadObjects, stringOf } from "../plain.ts";
import { readOpenAIChatRequest } from "../read-request-openai-chat.ts";
import { withMarkInside } from "../read-request-openrouter.ts";
import type { Recording } from "../recordings.ts";

/** Chat Completions of a host, by its preset; without one, of a server that is known by nothing. */
function chat(preset?: string): JudgedAPI {
  return {
    adapter: "custom",
    dialect: "openai-chat",
    ...(preset !== undefined && { target: { preset } }),
    expect: expectMoreHosts,
    logicalEnd: /"finish_reason"\s*:\s*"/,
    requests: {
      read: ({ messages, ...body }) =>
        readOpenAIChatRequest(
          { ...body, messages: objectsOf(messages).map(withMarkInside).map(withProofInside) },
          "custom",
          "reasoning_content",
        ),
      canonical: canonicalMoreHosts,
    },
  };
}

/** Gemini's proof of thinking stands on a message; the contract has it with the text. */
function withProofInside(message: Plain): Plain {
  const { extra_content: proof, content, ...rest } = message;
  if (proof === undefined || typeof content !== "string") return message;
  return { ...rest, content: [{ type: "text", text: content, extra_content: proof }] };
}

/** Gateways to Gemini and Grok count thinking beside the output. */
const usageBesideThinking: UsageReader = (usage, { output }) => {
  const details = objectOf(usage.completion_tokens_details);
  const thinking = Number(details.reasoning_tokens ?? 0);
  return thinking > output ? { output: output + thinking, reasoning: thinking } : {};
};

const expectUsual = expectChatHost(usageBesideThinking);

/** What is the same at all of them, and what some say in ways of their own. */
function expectMoreHosts(recording: Recording): Expectation | undefined {
  const { json, status, text } = recording.response;
  if (status >= 400 && json?.error === undefined) {
    const { code, type } = objectOf(json);
    return { kind: "error", status, code: stringOf(code) || stringOf(type) };
  }
  const expected = expectUsual(recording);
  if (expected?.kind !== "answer") return expected;
  const thinking = expected.thinking || thinkingInDetails(json, text);
  const { content } = objectOf(objectOf(objectsOf(json?.choices)[0]).message);
  return {
    ...expected,
    // Cloudflare parses the JSON of a structured answer.
    text: isObject(content) ? JSON.stringify(content) : expected.text,
    thinking,
    toolCalls: expected.toolCalls.filter(isCall),
  };
}

/** Snowflake fills its answers with empty calls. */
function isCall({ name, id }: ExpectedToolCall): boolean {
  return name !== "" || id !== "";
}

function thinkingInDetails(json: Plain | undefined, text: string): string {
  const bodies = json === undefined ? payloadObjects(text) : [json];
  return bodies
    .flatMap(({ choices }) => objectsOf(choices))
    .flatMap(({ message, delta }) => objectsOf(objectOf(delta ?? message).reasoning_details))
    .map((detail) => stringOf(detail.text ?? detail.summary))
    .join("");
}

/** Further hosts of the chat wire that are reached by configuration alone. */
export const moreHostAPIs: JudgedAPIs = {
  "ai21.chat": chat("ai21"),
  "alibaba.chat": chat("alibaba"),
  "avian.chat": chat("avian"),
  "bedrock.mantle.openai.chat": chat("bedrock-mantle"),
  "bedrock.openai_compat.chat": chat("bedrock-openai"),
  "braintrust-proxy.chat": chat("braintrust"),
  "cloudflare.chat": { ...chat("cloudflare"), echoed: ["content"] },
  "copilot.chat": chat("copilot"),
  "crusoe.chat": chat("crusoe"),
  "databricks.chat": chat("databricks"),
  "doubleword.chat": chat("doubleword"),
  "gemini.openai_compat.chat": chat(),
  "litellm-proxy.chat": chat(),
  "mistralrs.chat": chat(),
  "moonshot.chat": chat("moonshot"),
  "openai_compatible.chat": chat(),
  "portkey.chat": chat("portkey"),
  "snowflake.chat": chat("snowflake"),
  "venice.chat": chat("venice"),
  "vercel-gateway.chat": chat("vercel-gateway"),
  "watsonx.openai_compat.chat": chat("watsonx"),
  // Its chunks hold each delta twice.
  "writer.chat": { ...chat("writer"), restated: /^frame: \w+ in choices\[\]\.message\b/ },
  "zai.chat": chat("zai"),
};
