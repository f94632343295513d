import { create } from "@bufbuild/protobuf";
import type { LLMResponse, Part } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  PartFinishedSchema,
  PartKind,
  PartStartedSchema,
  TextDeltaSchema,
  ThinkingDeltaSchema,
  ToolCallDeltaSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { StreamEvent } from "../contract/adapter.ts";

const kinds: Readonly<Record<string, PartKind>> = {
  text: PartKind.TEXT,
  media: PartKind.MEDIA,
  toolCall: PartKind.TOOL_CALL,
  thinking: PartKind.THINKING,
  refusal: PartKind.REFUSAL,
  provider: PartKind.PROVIDER,
};

/**
 * A whole answer as the events of a stream, one delta a part: for providers that answer a request
 * for a stream with one JSON body.
 */
export function responseEvents(response: LLMResponse): readonly StreamEvent[] {
  return (response.content?.parts ?? []).flatMap((part, partIndex): readonly StreamEvent[] => {
    const kind = kinds[part.kind.case ?? ""] ?? PartKind.UNSPECIFIED;
    const delta = deltaOf(part, partIndex);
    return [
      { case: "partStarted", value: create(PartStartedSchema, { partIndex, kind }) },
      ...(delta === undefined ? [] : [delta]),
      { case: "partFinished", value: create(PartFinishedSchema, { partIndex, part }) },
    ];
  });
}

function deltaOf({ kind }: Part, partIndex: number): StreamEvent | undefined {
  switch (kind.case) {
    case "text":
    case "refusal": {
      const { text } = kind.value;
      return text === ""
        ? undefined
        : { case: "textDelta", value: create(TextDeltaSchema, { partIndex, text }) };
    }
    case "thinking": {
      const { text } = kind.value;
      return text === ""
        ? undefined
        : { case: "thinkingDelta", value: create(ThinkingDeltaSchema, { partIndex, text }) };
    }
    case "toolCall": {
      const { id, name, arguments: fragment } = kind.value;
      const value = create(ToolCallDeltaSchema, { partIndex, id, name, arguments: fragment });
      return { case: "toolCallDelta", value };
    }
    default:
      return undefined;
  }
}
