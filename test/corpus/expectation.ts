import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";

/** A call of a tool, with its arguments parsed where they can be. */
export interface ExpectedToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
}

/** Tokens by the contract's identity. */
export interface ExpectedUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
}

/** What a recording says, read without any code of the product. */
export type Expectation =
  | {
      readonly kind: "answer";
      readonly text: string;
      readonly thinking: string;
      readonly refusal: string;
      readonly toolCalls: readonly ExpectedToolCall[];
      readonly stop: string;
      /** Unset: the recording has none. */
      readonly usage: ExpectedUsage | undefined;
    }
  | { readonly kind: "error"; readonly status: number; readonly code: string };

/** The answer among expectations. */
export type ExpectedAnswer = Extract<Expectation, { kind: "answer" }>;

/** Arguments as a value; text that is no JSON stays text. */
export function parsedArguments(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The product's answer in the same form. */
export function observed(response: LLMResponse): ExpectedAnswer {
  const parts = response.content?.parts ?? [];
  const texts = (wanted: "text" | "thinking" | "refusal"): string =>
    parts.map(({ kind }) => (kind.case === wanted ? kind.value.text : "")).join("");
  const usage = response.usage;
  return {
    kind: "answer",
    text: texts("text"),
    thinking: texts("thinking"),
    refusal: texts("refusal"),
    toolCalls: parts.flatMap(({ kind }) =>
      kind.case === "toolCall"
        ? [
            {
              id: kind.value.id,
              name: kind.value.name,
              arguments: parsedArguments(kind.value.arguments),
            },
          ]
        : [],
    ),
    stop: response.rawStopReason,
    usage: usage && {
      input: Number(usage.inputTokens),
      output: Number(usage.outputTokens),
      cacheRead: Number(usage.cacheReadTokens),
      cacheWrite: Number(usage.cacheWriteTokens),
      reasoning: Number(usage.reasoningTokens),
    },
  };
}
