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
const textPart = object({ "type!": text, "text!": text, prompt_cache_breakpoint: anything });
const plainContent = either(text, list(tagged({ text: textPart })));

const userContent = either(
  text,
  list(
    tagged({
      text: textPart,
      image_url: object({ "type!": text, "image_url!": object({ "url!": text, detail: text }) }),
      input_audio: object({
        "type!": text,
        "input_audio!": object({ "data!": text, "format!": choice("wav", "mp3") }),
      }),
      file: object({ "type!": text, "file!": open }),
    }),
    1,
  ),
);

// `parsed` and `parsed_arguments` are what the provider's own SDK adds to answers and sends back.
const toolCall = tagged({
  function: object({
    "id!": text,
    "type!": text,
    "function!": object({ "name!": text, "arguments!": text, parsed_arguments: anything }),
  }),
  custom: object({
    "id!": text,
    "type!": text,
    "custom!": object({ "name!": text, "input!": text }),
  }),
});

const instructions = object({ "role!": text, "content!": plainContent, name: text });
const message = tagged(
  {
    developer: instructions,
    system: instructions,
    user: object({ "role!": text, "content!": userContent, name: text }),
    assistant: object({
      "role!": text,
      content: either(text, list(tagged({ text: textPart, refusal: open }))),
      refusal: text,
      name: text,
      tool_calls: list(toolCall, 1),
      function_call: open,
      audio: open,
      annotations: list(open),
      parsed: anything,
    }),
    tool: object({ "role!": text, "content!": plainContent, "tool_call_id!": text, name: text }),
    function: object({ "role!": text, content: anything, "name!": text }),
  },
  "role",
);

// Beside `function` the provider lets other fields of a tool through.
const functionTool = object(
  {
    "type!": text,
    "function!": object({
      "name!": matching(/^[a-zA-Z0-9_-]{1,64}$/),
      description: text,
      parameters: open,
      strict: flag,
    }),
  },
  true,
);

const formatSchema = object({
  "name!": matching(/^[a-zA-Z0-9_-]{1,64}$/),
  description: text,
  schema: open,
  strict: flag,
});

/** Body of a request to Chat Completions. */
export const chatRequest: Shape = object({
  "model!": text,
  "messages!": list(message, 1),
  audio: open,
  frequency_penalty: number(-2, 2),
  function_call: anything,
  functions: list(open),
  logit_bias: open,
  logprobs: flag,
  max_completion_tokens: integer(1),
  max_tokens: integer(1),
  metadata: open,
  modalities: list(choice("text", "audio")),
  moderation: open,
  n: integer(1, 128),
  parallel_tool_calls: flag,
  prediction: open,
  presence_penalty: number(-2, 2),
  prompt_cache_key: text,
  prompt_cache_options: open,
  prompt_cache_retention: text,
  reasoning_effort: choice("none", "minimal", "low", "medium", "high", "xhigh", "max"),
  response_format: tagged({
    text: object({ "type!": text }),
    json_object: object({ "type!": text }),
    json_schema: object({ "type!": text, "json_schema!": formatSchema }),
  }),
  safety_identifier: text,
  seed: integer(),
  service_tier: text,
  stop: either(text, list(text)),
  store: flag,
  stream: flag,
  stream_options: object({ include_usage: flag, include_obfuscation: flag }),
  temperature: number(0, 2),
  tool_choice: either(
    choice("none", "auto", "required"),
    tagged({
      function: object({ "type!": text, "function!": object({ "name!": text }) }),
      custom: open,
      allowed_tools: open,
    }),
  ),
  tools: list(tagged({ function: functionTool, custom: open })),
  top_logprobs: integer(0, 20),
  top_p: number(0, 1),
  user: text,
  verbosity: choice("low", "medium", "high"),
  web_search_options: open,
});
