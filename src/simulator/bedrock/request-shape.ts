import {
  anything,
  choice,
  either,
  flag,
  integer,
  list,
  matching,
  number,
  object,
  type Shape,
  text,
} from "../shape.ts";

/** The service reads over members that it does not know. */
const open = (fields: Readonly<Record<string, Shape>> = {}): Shape => object(fields, true);

const toolName = matching(/^[a-zA-Z0-9_-]{1,64}$/);
const toolUseId = matching(/^[a-zA-Z0-9_.:-]{1,64}$/);
const cachePoint = open({ "type!": choice("default"), ttl: choice("5m", "1h") });
const base64 = matching(/^[A-Za-z0-9+/]*={0,2}$/);
const source = open({ bytes: base64, s3Location: open({ "uri!": text }) });

const image = open({ "format!": choice("png", "jpeg", "gif", "webp"), "source!": source });
const documentFormats = choice("pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md");
const document = open({
  format: documentFormats,
  "name!": text,
  "source!": open({ bytes: base64, text, content: list(open({ text })), s3Location: open() }),
  context: text,
  citations: open({ "enabled!": flag }),
});
const video = open({
  "format!": choice("mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"),
  "source!": source,
});

const contentBlock = open({
  text,
  image,
  document,
  video,
  audio: open({ "format!": text, "source!": source }),
  toolUse: open({ "toolUseId!": toolUseId, "name!": toolName, "input!": anything }),
  toolResult: open({
    "toolUseId!": toolUseId,
    "content!": list(open({ json: anything, text, image, document, video })),
    status: choice("success", "error"),
  }),
  guardContent: open(),
  cachePoint,
  reasoningContent: open({
    reasoningText: open({ "text!": text, signature: text }),
    redactedContent: base64,
  }),
  citationsContent: open({ content: list(open({ text })), citations: list(open()) }),
  searchResult: open({
    "source!": text,
    "title!": text,
    "content!": list(open({ "text!": text })),
  }),
});

const system = list(open({ text, guardContent: open(), cachePoint }));
const messages = list(
  open({ "role!": choice("user", "assistant"), "content!": list(contentBlock) }),
);
const toolConfig = open({
  "tools!": list(
    open({
      toolSpec: open({
        "name!": toolName,
        description: text,
        "inputSchema!": open({ json: open() }),
        strict: flag,
      }),
      systemTool: open({ "name!": toolName }),
      cachePoint,
    }),
    1,
  ),
  toolChoice: open({ auto: open(), any: open(), tool: open({ "name!": toolName }) }),
});

/** Body of a request to converse. */
export const converseRequest: Shape = open({
  messages,
  system,
  inferenceConfig: open({
    maxTokens: integer(1),
    temperature: number(0, 1),
    topP: number(0, 1),
    stopSequences: list(text),
  }),
  toolConfig,
  guardrailConfig: open({ guardrailIdentifier: text, guardrailVersion: text }),
  additionalModelRequestFields: anything,
  additionalModelResponseFieldPaths: list(text),
  promptVariables: open(),
  requestMetadata: open(),
  performanceConfig: open({ latency: choice("standard", "optimized") }),
  serviceTier: open({ "type!": choice("priority", "default", "flex", "reserved") }),
  outputConfig: open({
    textFormat: open({
      "type!": choice("json_schema"),
      "structure!": open({ jsonSchema: open({ "schema!": text, name: text, description: text }) }),
    }),
    effort: text,
  }),
});

/** Body of a request to count tokens. */
export const countRequest: Shape = open({
  "input!": open({
    invokeModel: open({ "body!": base64 }),
    converse: open({ messages, system, toolConfig, additionalModelRequestFields: anything }),
  }),
});

/** The keys of a content block, one of which each block has. */
export const blockKeys: readonly string[] = [
  ...["text", "image", "document", "video", "audio", "toolUse", "toolResult", "guardContent"],
  ...["cachePoint", "reasoningContent", "citationsContent", "searchResult"],
];

/** What Claude takes besides in `additionalModelRequestFields`. */
export const claudeFields: Shape = object({
  thinking: open(),
  reasoning_config: open(),
  top_k: integer(0),
  anthropic_beta: either(list(text), text),
  output_config: open(),
  metadata: open(),
  tools: list(open()),
  tool_choice: open(),
  stop_sequences: list(text),
  context_management: open(),
});
