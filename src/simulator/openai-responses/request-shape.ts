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

const open = object({}, true);

const contentPart = tagged({
  input_text: open,
  input_image: object({ "type!": text, image_url: text, file_id: text, detail: text }),
  input_file: object({
    "type!": text,
    file_id: text,
    file_data: text,
    file_url: text,
    filename: text,
  }),
  input_audio: open,
  output_text: object({ "type!": text, "text!": text, annotations: anything, logprobs: anything }),
  refusal: object({ "type!": text, "refusal!": text }),
});
const content = either(text, list(contentPart));

const message = object({
  type: text,
  "role!": choice("assistant", "system", "developer", "user"),
  "content!": content,
  id: text,
  status: text,
  phase: text,
});
const functionCall = object({
  "type!": text,
  "call_id!": text,
  "name!": text,
  "arguments!": text,
  id: text,
  status: text,
  namespace: text,
  caller: anything,
});
const functionCallOutput = object({
  "type!": text,
  "call_id!": text,
  "output!": content,
  id: text,
  status: text,
});
const reasoning = object({
  "type!": text,
  "summary!": list(object({ "type!": text, "text!": text })),
  id: text,
  encrypted_content: text,
  content: list(open),
  status: text,
});

const itemCases: Readonly<Record<string, Shape>> = {
  message,
  function_call: functionCall,
  function_call_output: functionCallOutput,
  reasoning,
  item_reference: object({ "type!": text, "id!": text }),
};
const itemMakers: readonly string[] = [
  ...["web_search", "file_search", "computer", "image_generation", "code_interpreter"],
  ...["local_shell", "shell", "apply_patch", "mcp", "custom_tool", "tool_search"],
];
const itemEnds = "call|call_output|output|list_tools|approval_request|approval_response";
const otherItems = new RegExp(
  `^(?:(?:${itemMakers.join("|")})_(?:${itemEnds})|compaction|additional_tools)$`,
);

const item: Shape = {
  kind: "tagged",
  tag: "type",
  usual: "message",
  find: (tag) =>
    Object.hasOwn(itemCases, tag) ? itemCases[tag] : otherItems.test(tag) ? open : undefined,
  known: Object.keys(itemCases),
};

const functionTool = object({
  "type!": text,
  "name!": matching(/^[a-zA-Z0-9_-]{1,64}$/),
  description: text,
  parameters: open,
  strict: flag,
  defer_loading: flag,
  output_schema: open,
});
const otherToolNames: readonly string[] = [
  ...["web_search(?:_preview)?(?:_\\d{4}_\\d{2}_\\d{2})?", "file_search", "code_interpreter"],
  ...["image_generation", "computer", "computer_use_preview", "mcp", "shell", "local_shell"],
  ...["apply_patch", "custom", "tool_search", "namespace", "programmatic_tool_calling"],
];
const otherTools = new RegExp(`^(?:${otherToolNames.join("|")})$`);
const tool: Shape = {
  kind: "tagged",
  tag: "type",
  find: (tag) => (tag === "function" ? functionTool : otherTools.test(tag) ? open : undefined),
  known: ["function", "web_search", "file_search", "code_interpreter", "mcp", "custom"],
};

const format = tagged({
  text: object({ "type!": text }),
  json_object: object({ "type!": text }),
  json_schema: object({
    "type!": text,
    "name!": matching(/^[a-zA-Z0-9_-]{1,64}$/),
    "schema!": open,
    description: text,
    strict: flag,
  }),
});

const counted: Readonly<Record<string, Shape>> = {
  "model!": text,
  "input!": either(text, list(item, 1)),
  conversation: anything,
  instructions: text,
  parallel_tool_calls: flag,
  previous_response_id: text,
  reasoning: object({
    effort: choice("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    summary: choice("auto", "concise", "detailed"),
    generate_summary: text,
    context: text,
    mode: text,
  }),
  text: object({ format, verbosity: choice("low", "medium", "high") }),
  tool_choice: either(choice("none", "auto", "required"), open),
  tools: list(tool),
  truncation: choice("auto", "disabled"),
};

const created: Readonly<Record<string, Shape>> = {
  ...counted,
  background: flag,
  context_management: anything,
  include: list(text),
  max_output_tokens: integer(16),
  max_tool_calls: integer(1),
  metadata: open,
  moderation: open,
  prompt: open,
  prompt_cache_key: text,
  prompt_cache_options: open,
  prompt_cache_retention: text,
  safety_identifier: text,
  service_tier: text,
  store: flag,
  stream: flag,
  stream_options: object({ include_obfuscation: flag }),
  temperature: number(0, 2),
  top_logprobs: integer(0, 20),
  top_p: number(0, 1),
  user: text,
};

/** What a request is for. */
export type RequestUse = "create" | "count";

/** The first thing in a request that the provider's own schema does not allow, or undefined. */
export function requestIssue(body: JSONObject, use: RequestUse): Issue | undefined {
  return findIssue(body, object(use === "create" ? created : counted));
}
