import { create, toJson } from "@bufbuild/protobuf";
import {
  CallRequestSchema,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import {
  type LLMRequest,
  type LLMResponse,
  LLMResponseSchema,
  type Part,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallOptions } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import {
  type StreamCallResponse,
  StreamCallResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { type Connection, withConnection } from "./connection.ts";
import type { CallFlags } from "./flags.ts";
import { grpcurlCommand } from "./grpcurl.ts";
import { optionsOf, requestOf } from "./request.ts";
import { isTerminal, note, print, printJSON, styled } from "./terminal.ts";

/** `connector-tool call`. */
export async function call(prompt: string | undefined, flags: CallFlags): Promise<void> {
  const request = await requestOf(prompt, flags);
  const options = optionsOf(flags);
  const stream = flags.stream ?? (isTerminal() && flags.json !== true);
  if (flags.showGrpcurl) {
    print(`${grpcurlCommand(request, options, stream, flags.server)}\n`);
    return;
  }
  await withConnection(flags, (connection) =>
    stream
      ? streamed(request, options, flags, connection)
      : whole(request, options, flags, connection),
  );
}

async function whole(
  request: LLMRequest,
  options: CallOptions,
  flags: CallFlags,
  { api, context }: Connection,
): Promise<void> {
  const { response } = await api.call(create(CallRequestSchema, { request, options }), context);
  if (response === undefined) return;
  if (flags.json) printJSON(toJson(LLMResponseSchema, response));
  else {
    for (const part of response.content?.parts ?? []) printPart(part);
    print("\n");
    tellAbout(response);
  }
}

async function streamed(
  request: LLMRequest,
  options: CallOptions,
  flags: CallFlags,
  { api, context }: Connection,
): Promise<void> {
  const message = create(StreamCallRequestSchema, { request, options });
  for await (const event of api.streamCall(message, context)) {
    if (flags.json) printJSON(toJson(StreamCallResponseSchema, event));
    else printEvent(event);
  }
}

function printEvent({ event }: StreamCallResponse): void {
  switch (event.case) {
    case "textDelta":
      print(event.value.text);
      break;
    case "thinkingDelta":
      print(styled("dim", event.value.text));
      break;
    case "toolCallDelta":
      print(event.value.name ? toolHead(event.value.name) : "");
      print(event.value.arguments);
      break;
    case "partFinished":
      print(endOf(event.value.part));
      break;
    case "finished":
      print("\n");
      if (event.value.response) tellAbout(event.value.response);
      break;
    default:
  }
}

function printPart(part: Part): void {
  const { kind } = part;
  if (kind.case === "text" || kind.case === "refusal") print(kind.value.text);
  if (kind.case === "thinking") print(styled("dim", kind.value.text));
  if (kind.case === "toolCall") print(toolHead(kind.value.name) + kind.value.arguments);
  print(endOf(part));
}

function toolHead(name: string): string {
  return `${styled("cyan", "tool call")} ${name} `;
}

function endOf(part: Part | undefined): string {
  switch (part?.kind.case) {
    case "thinking":
    case "toolCall":
      return "\n";
    case "media":
      return `[${part.kind.value.mimeType}]\n`;
    case "provider":
      return styled("dim", `[${part.kind.value.type}]\n`);
    default:
      return "";
  }
}

/** One line about the answer, and one for each warning. */
function tellAbout({ model, usage, route, rawStopReason, warnings }: LLMResponse): void {
  for (const { field, message } of warnings) note(`warning: ${field}: ${message}`);
  const tokens = `${usage?.inputTokens ?? 0} in, ${usage?.outputTokens ?? 0} out`;
  const how = route?.simulated ? ", simulated" : "";
  note(`${model} by ${route?.target ?? "?"}${how}; ${tokens}; ${rawStopReason}`);
}
