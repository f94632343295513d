import type { JSONObject } from "../json.ts";
import {
  anything,
  choice,
  either,
  findIssue,
  flag,
  type Issue,
  integer,
  list,
  matching,
  number,
  object,
  type Shape,
  tagged,
  text,
} from "../shape.ts";

const cacheControl = object({ "type!": choice("ephemeral"), ttl: choice("5m", "1h") });
const open = object({}, true);

function block(fields: Readonly<Record<string, Shape>>): Shape {
  return object({ "type!": text, cache_control: cacheControl, ...fields });
}

const imageTypes = choice("image/jpeg", "image/png", "image/gif", "image/webp");
const urlSource = object({ "type!": text, "url!": text });
const fileSource = object({ "type!": text, "file_id!": text });

const textBlock = block({ "text!": text, citations: anything });
const imageBlock = block({
  "source!": tagged({
    base64: object({ "type!": text, "media_type!": imageTypes, "data!": text }),
    url: urlSource,
    file: fileSource,
  }),
});
const documentBlock = block({
  "source!": tagged({
    base64: object({ "type!": text, "media_type!": choice("application/pdf"), "data!": text }),
    text: object({ "type!": text, "media_type!": choice("text/plain"), "data!": text }),
    content: object({ "type!": text, "content!": either(text, list(anything)) }),
    url: urlSource,
    file: fileSource,
  }),
  citations: object({ enabled: flag }),
  title: text,
  context: text,
});
const searchResultBlock = block({
  "source!": text,
  "title!": text,
  "content!": list(textBlock),
  citations: object({ enabled: flag }),
});

const toolUseFields = { "id!": text, "name!": text, "input!": open, caller: anything };
const resultBlock = block({ "tool_use_id!": text, "content!": anything, caller: anything });

const toolResultBlock = block({
  "tool_use_id!": text,
  is_error: flag,
  content: either(
    text,
    list(
      tagged({
        text: textBlock,
        image: imageBlock,
        document: documentBlock,
        search_result: searchResultBlock,
        tool_reference: open,
      }),
    ),
  ),
});

const contentCases: Readonly<Record<string, Shape>> = {
  text: textBlock,
  image: imageBlock,
  document: documentBlock,
  search_result: searchResultBlock,
  thinking: object({ "type!": text, "thinking!": text, "signature!": text }),
  redacted_thinking: object({ "type!": text, "data!": text }),
  tool_use: block(toolUseFields),
  tool_result: toolResultBlock,
  server_tool_use: block(toolUseFields),
  mcp_tool_use: open,
  mcp_tool_result: open,
  container_upload: open,
  compaction: open,
  tool_addition: open,
  tool_removal: open,
};

/** Results of tools that run at the provider's. There are more of them every few months. */
const serverResultTag = /^[a-z_]+_tool_result$/;
const contentBlock: Shape = {
  kind: "tagged",
  tag: "type",
  find: (tag) =>
    Object.hasOwn(contentCases, tag)
      ? contentCases[tag]
      : serverResultTag.test(tag)
        ? resultBlock
        : undefined,
  known: Object.keys(contentCases),
};

const toolName = matching(/^[a-zA-Z0-9_-]{1,128}$/);
const customTool = object({
  type: text,
  "name!": toolName,
  description: text,
  "input_schema!": object({ "type!": choice("object") }, true),
  cache_control: cacheControl,
  strict: flag,
  eager_input_streaming: flag,
  defer_loading: flag,
  allowed_callers: list(text),
  input_examples: list(anything),
});
const serverTools: readonly string[] = [
  ...["bash", "text_editor", "web_search", "web_fetch", "code_execution", "memory", "computer"],
  ...["tool_search_tool_bm25", "tool_search_tool_regex", "mcp_toolset", "advisor"],
];
const serverToolTag = new RegExp(`^(?:${serverTools.join("|")})(?:_\\d{8})?$`);
const tool: Shape = {
  kind: "tagged",
  tag: "type",
  usual: "custom",
  find: (tag) => (tag === "custom" ? customTool : serverToolTag.test(tag) ? open : undefined),
  known: ["custom", "bash_20250124", "text_editor_20250728", "web_search_20250305"],
};

const toolChoiceFlag = { "type!": text, disable_parallel_tool_use: flag };

const counted: Readonly<Record<string, Shape>> = {
  "model!": text,
  "messages!": list(
    object({
      "role!": choice("user", "assistant", "system"),
      "content!": either(text, list(contentBlock)),
    }),
    1,
  ),
  system: either(text, list(tagged({ text: textBlock }))),
  tools: list(tool),
  tool_choice: tagged({
    auto: object(toolChoiceFlag),
    any: object(toolChoiceFlag),
    tool: object({ ...toolChoiceFlag, "name!": text }),
    none: object({ "type!": text }),
  }),
  thinking: tagged({
    enabled: object({ "type!": text, "budget_tokens!": integer(1024), display: text }),
    adaptive: object({ "type!": text, display: choice("summarized", "omitted") }),
    disabled: object({ "type!": text }),
  }),
  output_config: object({
    effort: choice("low", "medium", "high", "xhigh", "max"),
    format: tagged({ json_schema: object({ "type!": text, "schema!": open }) }),
    task_budget: open,
  }),
  cache_control: cacheControl,
};

const created: Readonly<Record<string, Shape>> = {
  ...counted,
  "max_tokens!": integer(1),
  stream: flag,
  temperature: number(0, 1),
  top_p: number(undefined, 1),
  top_k: integer(),
  stop_sequences: list(text),
  metadata: object({ user_id: text }),
  service_tier: choice("auto", "standard_only"),
  inference_geo: text,
};

/** Fields that are taken only with an `anthropic-beta` header. */
const beta: Readonly<Record<string, Shape>> = {
  container: anything,
  context_management: open,
  mcp_servers: list(open),
  output_format: open,
  speed: text,
};

/** What a request is for. */
export type RequestUse = "create" | "count";

/** The first thing in a request that the provider's own schema does not allow, or undefined. */
export function requestIssue(
  body: JSONObject,
  use: RequestUse,
  hasBeta: boolean,
): Issue | undefined {
  const fields = use === "create" ? created : counted;
  return findIssue(body, object(hasBeta ? { ...fields, ...beta } : fields));
}

/** An issue in the provider's words, such as `max_tokens: Field required`. */
export function issueText({ problem, path, shape, value }: Issue): string {
  const where = path.map((step) => (typeof step === "object" ? step.tag : step)).join(".");
  return `${where}: ${issueReason(problem, shape, value)}`;
}

function issueReason(problem: Issue["problem"], shape: Shape, value: Issue["value"]): string {
  switch (problem) {
    case "unknown":
      return "Extra inputs are not permitted";
    case "missing":
      return "Field required";
    case "choice":
      return `Input should be ${quoted(shape.kind === "text" ? (shape.oneOf ?? []) : [], "or")}`;
    case "pattern":
      return `String should match pattern '${shape.kind === "text" ? shape.pattern?.source : ""}'`;
    case "empty":
      return "at least one message is required";
    case "tag": {
      const known = shape.kind === "tagged" ? shape.known.map((tag) => `'${tag}'`) : [];
      const all = known.join(", ");
      return (
        `Input tag '${value}' found using 'type' does not match any of the expected ` +
        `tags: ${all}`
      );
    }
    case "below":
    case "above":
    case "type":
      return boundsText(shape, problem);
  }
}

function boundsText(shape: Shape, problem: "below" | "above" | "type"): string {
  if (shape.kind !== "number" || problem === "type") return typeText(shape);
  if (shape.min !== undefined && shape.max !== undefined)
    return `range: ${shape.min}..${shape.max}`;
  return problem === "below"
    ? `Input should be greater than or equal to ${shape.min}`
    : `Input should be less than or equal to ${shape.max}`;
}

function typeText(shape: Shape): string {
  switch (shape.kind) {
    case "flag":
      return "Input should be a valid boolean";
    case "text":
      return "Input should be a valid string";
    case "number":
      return shape.whole ? "Input should be a valid integer" : "Input should be a valid number";
    case "list":
      return "Input should be a valid list";
    case "object":
    case "tagged":
    case "any":
    case "either":
      return "Input does not match the expected shape.";
  }
}

function quoted(words: readonly string[], conjunction: string): string {
  const all = words.map((one) => `'${one}'`);
  const last = all.at(-1) ?? "";
  return all.length < 2 ? last : `${all.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}
