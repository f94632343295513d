import { create, toJson } from "@bufbuild/protobuf";
import {
  CallRequestSchema,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import {
  type LLMRequest,
  type LLMResponse,
  LLMResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallOptions } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import { StreamCallResponseSchema } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { AnswerPrinter } from "./answer-printer.ts";
import { type Connection, withConnection } from "./connection.ts";
import type { CallFlags } from "./flags.ts";
import { grpcurlCommand } from "./grpcurl.ts";
import { dollars } from "./models-money.ts";
import { optionsOf, requestOf } from "./request.ts";
import { isTerminal, note, print, printJSON } from "./terminal.ts";

/** What is sent, streamed or not. */
interface Message {
  readonly request: LLMRequest;
  readonly options: CallOptions;
}

/** `connector-tool call`. */
export async function call(prompt: string | undefined, flags: CallFlags): Promise<void> {
  const message = { request: await requestOf(prompt, flags), options: optionsOf(flags) };
  const isStream = flags.stream ?? (isTerminal() && flags.json !== true);
  if (flags.showGrpcurl) {
    print(`${grpcurlCommand(message, isStream, flags.server)}\n`);
    return;
  }
  const run = isStream ? streamed : whole;
  await withConnection(flags, (connection) => run(message, flags.json === true, connection));
}

async function whole(message: Message, json: boolean, { api, context }: Connection): Promise<void> {
  const { response } = await api.call(create(CallRequestSchema, message), context);
  if (response === undefined) throw new Error("the server sent no answer");
  if (json) {
    printJSON(toJson(LLMResponseSchema, response));
    return;
  }
  const printer = new AnswerPrinter();
  for (const [index, part] of (response.content?.parts ?? []).entries()) printer.part(part, index);
  printer.endLine();
  tellAbout(response);
}

async function streamed(
  message: Message,
  json: boolean,
  { api, context }: Connection,
): Promise<void> {
  const printer = new AnswerPrinter();
  let response: LLMResponse | undefined;
  try {
    for await (const answer of api.streamCall(create(StreamCallRequestSchema, message), context)) {
      const { event } = answer;
      if (json) printJSON(toJson(StreamCallResponseSchema, answer));
      else printer.event(answer);
      if (event.case === "finished") response = event.value.response;
    }
  } finally {
    printer.endLine();
  }
  if (response === undefined) throw new Error("the stream ended without an answer");
  if (!json) tellAbout(response);
}

/** One line about the answer, and one for each warning. */
function tellAbout(response: LLMResponse): void {
  const { model, usage, cost, route, rawStopReason, warnings } = response;
  for (const { field, message } of warnings) note(`warning: ${field}: ${message}`);
  const tokens = `${usage?.inputTokens ?? 0} in, ${usage?.outputTokens ?? 0} out`;
  const how = route?.simulated ? ", simulated" : "";
  const paid = cost?.known ? `; ${dollars(cost.amountNanos)} USD` : "";
  note(`${model} by ${route?.target ?? "?"}${how}; ${tokens}${paid}; ${rawStopReason}`);
}
