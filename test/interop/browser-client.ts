// Makes each call of the interoperability check as a browser does: gRPC-Web written by hand over
// fetch and HTTP/1.1, without any library, and prints the answers as JSON.
// Argument: the server's URL. Standard input: the requests by name, in proto JSON.
import { text } from "node:stream/consumers";
import {
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";

const [url = ""] = process.argv.slice(2);
const requests: Record<string, JsonValue> = JSON.parse(await text(process.stdin));
const { call, resolveModel, streamCall } = ConnectorService.method;

const headBytes = 5;
const trailerFlag = 0x80;

interface Outcome {
  readonly messages: readonly JsonValue[];
  /** Value of `grpc-status`. */
  readonly status: number;
}

async function send(method: DescMethod, request: JsonValue = {}): Promise<Outcome> {
  const message = toBinary(method.input, fromJson(method.input, request));
  const body = new Uint8Array(headBytes + message.length);
  new DataView(body.buffer).setUint32(1, message.length);
  body.set(message, headBytes);
  const response = await fetch(`${url}/${method.parent.typeName}/${method.name}`, {
    method: "POST",
    headers: { "content-type": "application/grpc-web+proto", "x-grpc-web": "1" },
    body,
  });
  return readOutcome(method, response.headers, new Uint8Array(await response.arrayBuffer()));
}

function readOutcome(method: DescMethod, headers: Headers, body: Uint8Array): Outcome {
  const messages: JsonValue[] = [];
  let status = headers.get("grpc-status");
  for (let start = 0; start < body.length; ) {
    const view = new DataView(body.buffer, body.byteOffset + start);
    const end = start + headBytes + view.getUint32(1);
    const payload = body.subarray(start + headBytes, end);
    if (view.getUint8(0) & trailerFlag) {
      const trailer = new TextDecoder().decode(payload);
      status = /^grpc-status: ?(\d+)\r?$/im.exec(trailer)?.[1] ?? null;
    } else {
      messages.push(toJson(method.output, fromBinary(method.output, payload)));
    }
    start = end;
  }
  if (status === null) throw new Error("the answer has no grpc-status");
  return { messages, status: Number(status) };
}

async function succeed(method: DescMethod, request?: JsonValue): Promise<readonly JsonValue[]> {
  const { messages, status } = await send(method, request);
  if (status !== 0) throw new Error(`${method.name} ended with status ${status}`);
  return messages;
}

const answers = {
  resolveModel: (await succeed(resolveModel, requests.resolveModel))[0],
  call: (await succeed(call, requests.call))[0],
  streamCall: await succeed(streamCall, requests.streamCall),
  health: (await succeed(Health.method.check))[0],
  unknownModel: (await send(call, requests.unknownModel)).status,
};
console.log(JSON.stringify(answers));
