import { create } from "@bufbuild/protobuf";
import {
  ContentSchema,
  type LLMRequest,
  Role,
  type Warning,
  WarningKind,
  WarningSchema,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";

/** What the model is asked after the text that it had written when its answer broke off. */
export const continueWords: string =
  "Your reply above was cut off while it was being sent. Write only what comes after its last " +
  "character, exactly where it ends: repeat none of it, and add no remark about the interruption.";

/**
 * The request for the rest of an answer: the text so far as the model's own turn, and the wish to
 * go on. Where no text was delivered, it is the request itself.
 */
export function continuationRequest(request: LLMRequest, text: string): LLMRequest {
  if (!hasWords(text)) return request;
  const turns = [
    create(ContentSchema, { role: Role.ASSISTANT, message: text }),
    create(ContentSchema, { role: Role.USER, message: continueWords }),
  ];
  return { ...request, contents: [...request.contents, ...turns] };
}

/**
 * Whether the rest of an answer can be asked for. Where it must be one JSON document, a model that
 * is held to that can only begin another.
 */
export function canContinue({ responseFormat }: LLMRequest, text: string): boolean {
  const format = responseFormat?.format.case;
  return !hasWords(text) || format === undefined || format === "text";
}

/** Says that a request was changed so that an answer could go on. Unset: it was not. */
export function continuationWarning(text: string): Warning | undefined {
  if (!hasWords(text)) return undefined;
  return create(WarningSchema, {
    field: "stream_options.resume",
    message: "the answer broke off; its text so far and the wish to go on were sent along",
    kind: WarningKind.CHANGED,
  });
}

/** Providers refuse a turn of spaces. */
function hasWords(text: string): boolean {
  return text.trim() !== "";
}
