import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type ContentSchema,
  LLMRequestSchema,
  type PartSchema,
  type WarningKind,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { openAIResponses } from "../../../src/dialects/openai-responses/dialect.ts";

/** A turn, as tests write it. */
export type ContentInit = MessageInitShape<typeof ContentSchema>;
/** A part, as tests write it. */
export type PartInit = MessageInitShape<typeof PartSchema>;

/** The items that turns become, what is asked for besides, and the fields of the warnings. */
export function encode(...contents: ContentInit[]): {
  items: unknown;
  include: unknown;
  warnings: readonly (readonly [string, WarningKind])[];
} {
  const request = create(LLMRequestSchema, { contents });
  const input = { request, adapter: "openai", model: "m", stream: false, requestId: "" };
  const { body, warnings } = openAIResponses.encode(input);
  const { input: items, include } = JSON.parse(body);
  return { items, include, warnings: warnings.map(({ field, kind }) => [field, kind]) };
}

/** A text. */
export const text = (value: string): PartInit => ({
  kind: { case: "text", value: { text: value } },
});
/** A call of a tool. */
export const call = (id: string, name = "f", written = '{"a":1}'): PartInit => ({
  kind: { case: "toolCall", value: { id, name, arguments: written } },
});
/** The result of a call. */
export const result = (toolCallId: string, ...parts: PartInit[]): PartInit => ({
  kind: { case: "toolResult", value: { toolCallId, parts } },
});
