import { create, toJsonString } from "@bufbuild/protobuf";
import {
  CallRequestSchema,
  ConnectorService,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import type { LLMRequest } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallOptions } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";

const defaultServer = "http://127.0.0.1:8080";
/** Linux takes no argument of 128 KiB or more; longer bodies go by standard input. */
const argumentBytesMax = 100 * 1024;

/** The grpcurl command that makes the same call, for a POSIX shell. */
export function grpcurlCommand(
  message: { readonly request: LLMRequest; readonly options: CallOptions },
  isStream: boolean,
  server: string = defaultServer,
): string {
  const { protocol, host, port } = new URL(server);
  const isSecure = protocol === "https:";
  const body = isStream
    ? toJsonString(StreamCallRequestSchema, create(StreamCallRequestSchema, message))
    : toJsonString(CallRequestSchema, create(CallRequestSchema, message));
  const isLong = Buffer.byteLength(body) > argumentBytesMax;
  return [
    "grpcurl",
    ...(isSecure ? [] : ["-plaintext"]),
    ...(process.env.CONNECTORS_TOKEN ? [`-H "authorization: Bearer $CONNECTORS_TOKEN"`] : []),
    isLong ? "-d @" : `-d ${quoted(body)}`,
    port === "" ? `${host}:${isSecure ? 443 : 80}` : host,
    `${ConnectorService.typeName}/${isStream ? "StreamCall" : "Call"}`,
    // The body is one line, and no line of JSON is the word that ends it.
    ...(isLong ? [`<<'END'\n${body}\nEND`] : []),
  ].join(" ");
}

/** A text as one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
