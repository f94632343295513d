import { create } from "@bufbuild/protobuf";
import {
  type Content,
  type LLMRequest,
  type Part,
  type Usage,
  UsageSchema,
  UsageSource,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";

const charactersPerToken = 4;
const tokensPerTurn = 4;
const tokensPerMedia = 1000;
const bytesPerDocumentToken = 50;

/**
 * Input tokens of a request, estimated: four characters a token, a few for each turn, and a flat
 * price for each picture. For English text it is within about 20 %.
 */
export function estimateInputTokens(request: LLMRequest): bigint {
  let tokens = 0;
  for (const content of request.contents) tokens += tokensPerTurn + contentTokens(content);
  for (const tool of request.tools) {
    const schema = tool.parametersJson || JSON.stringify(tool.parameters ?? {});
    const provider = tool.provider?.json ?? "";
    tokens += textTokens(tool.name + tool.description + schema + provider) + tokensPerTurn;
  }
  return BigInt(Math.max(1, Math.round(tokens)));
}

/**
 * Usage where the provider reported none: input from the request, output from what was delivered.
 */
export function estimateUsage(request: LLMRequest, outputCharacters: number): Usage {
  return create(UsageSchema, {
    inputTokens: estimateInputTokens(request),
    outputTokens: BigInt(Math.ceil(outputCharacters / charactersPerToken)),
    source: UsageSource.ESTIMATED,
  });
}

/** Characters of output that a turn holds: text, thinking, refusals and arguments. */
export function outputCharacters(content: Content | undefined): number {
  return (content?.parts ?? []).reduce((sum, { kind }) => {
    switch (kind.case) {
      case "text":
      case "thinking":
      case "refusal":
        return sum + kind.value.text.length;
      case "toolCall":
        return sum + kind.value.name.length + kind.value.arguments.length;
      default:
        return sum;
    }
  }, 0);
}

function contentTokens(content: Content): number {
  return content.parts.reduce((sum, part) => sum + partTokens(part), textTokens(content.message));
}

function partTokens({ kind }: Part): number {
  switch (kind.case) {
    case "text":
    case "thinking":
    case "refusal":
      return textTokens(kind.value.text);
    case "toolCall":
      return textTokens(kind.value.name + kind.value.arguments);
    case "toolResult":
      return kind.value.parts.reduce((sum, part) => sum + partTokens(part), 0);
    case "media":
      return kind.value.source.case === "data" && kind.value.mimeType === "application/pdf"
        ? kind.value.source.value.length / bytesPerDocumentToken
        : tokensPerMedia;
    case "provider":
      return textTokens(kind.value.json);
    default:
      return 0;
  }
}

function textTokens(text: string): number {
  return text.length / charactersPerToken;
}
