import { create, type DescMessage, type MessageShape, toJsonString } from "@bufbuild/protobuf";
import {
  CallRequestSchema,
  ConnectorService,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import type { LLMRequest } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallOptions } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";

const defaultServer = "http://127.0.0.1:8080";

/** The grpcurl command that makes the same call, for a shell. */
export function grpcurlCommand(
  request: LLMRequest,
  options: CallOptions,
  stream: boolean,
  server: string = defaultServer,
): string {
  const { protocol, host, port } = new URL(server);
  const secure = protocol === "https:";
  const body = stream
    ? json(StreamCallRequestSchema, create(StreamCallRequestSchema, { request, options }))
    : json(CallRequestSchema, create(CallRequestSchema, { request, options }));
  return [
    "grpcurl",
    ...(secure ? [] : ["-plaintext"]),
    ...(process.env.CONNECTORS_TOKEN ? [`-H "authorization: Bearer $CONNECTORS_TOKEN"`] : []),
    `-d ${quoted(body)}`,
    port === "" ? `${host}:${secure ? 443 : 80}` : host,
    `${ConnectorService.typeName}/${stream ? "StreamCall" : "Call"}`,
  ].join(" ");
}

function json<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): string {
  return toJsonString(schema, message);
}

/** A text as one word of a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
