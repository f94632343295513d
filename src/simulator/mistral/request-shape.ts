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
  tagged,
  text,
} from "../shape.ts";

const open = object({}, true);

const textChunk = object({ type: text, "text!": text });
const chunk: Shape = {
  ...(tagged({
    text: textChunk,
    image_url: object({
      "type!": text,
      "image_url!": either(text, object({ "url!": text, detail: choice("low", "auto", "high") })),
    }),
    document_url: object({ "type!": text, "document_url!": text, document_name: text }),
    reference: object({ "type!": text, "reference_ids!": list(anything) }),
    file: object({ "type!": text, "file_id!": text }),
    input_audio: object({ "type!": text, "input_audio!": anything }),
    thinking: object({
      "type!": text,
      "thinking!": list(open),
      signature: text,
      closed: flag,
    }),
  }) as Extract<Shape, { kind: "tagged" }>),
  usual: "text",
};
const content = either(text, list(chunk));

const toolCall = object({
  id: text,
  type: choice("function"),
  "function!": object({ "name!": text, "arguments!": either(text, open) }),
  index: integer(0),
});

const message = tagged(
  {
    system: object({ "role!": text, "content!": content }),
    user: object({ "role!": text, content }),
    assistant: object({ "role!": text, content, tool_calls: list(toolCall), prefix: flag }),
    tool: object({ "role!": text, content, tool_call_id: text, name: text }),
  },
  "role",
);

const tool: Shape = {
  ...(tagged({
    function: object({
      type: text,
      "function!": object({
        "name!": matching(/^[a-zA-Z0-9_-]{1,64}$/),
        description: text,
        strict: flag,
        "parameters!": open,
      }),
    }),
    web_search: open,
    web_search_premium: open,
    code_interpreter: open,
    image_generation: open,
    document_library: open,
    connector: open,
  }) as Extract<Shape, { kind: "tagged" }>),
  usual: "function",
};

const shared: Readonly<Record<string, Shape>> = {
  "model!": text,
  temperature: number(0, 1.5),
  top_p: number(0, 1),
  max_tokens: integer(0),
  stream: flag,
  stop: either(text, list(text)),
  random_seed: integer(0),
  metadata: open,
  prompt_cache_key: text,
};

/** Body of a request to chat. */
export const chatRequest: Shape = object({
  ...shared,
  "messages!": list(message, 1),
  response_format: object({
    type: choice("text", "json_object", "json_schema"),
    json_schema: object({ "name!": text, description: text, "schema!": open, strict: flag }),
  }),
  tools: list(tool),
  tool_choice: either(
    choice("auto", "none", "any", "required"),
    object({ type: choice("function"), "function!": object({ "name!": text }) }),
  ),
  presence_penalty: number(-2, 2),
  frequency_penalty: number(-2, 2),
  n: integer(1),
  prediction: object({ type: choice("content"), "content!": text }),
  parallel_tool_calls: flag,
  reasoning_effort: choice("none", "minimal", "low", "medium", "high", "xhigh"),
  prompt_mode: choice("reasoning"),
  guardrails: list(open),
  service_tier: choice("auto", "standard_only"),
  safe_prompt: flag,
  stream_options: open,
  logprobs: anything,
  top_logprobs: anything,
});

/** Body of a request to fill in the middle. */
export const fillRequest: Shape = object({
  ...shared,
  "prompt!": text,
  suffix: text,
  min_tokens: integer(0),
});
