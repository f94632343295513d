// Makes each call of the interoperability check with grpc-js and prints the answers as JSON.
// Arguments: the server's address, and the file of its certificate authority where it speaks TLS.
// Standard input: the requests by name, in proto JSON.
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import {
  type DescMessage,
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { Client, type ClientUnaryCall, credentials, Metadata } from "@grpc/grpc-js";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";

const [address = "", authority] = process.argv.slice(2);
const requests: Record<string, JsonValue> = JSON.parse(await text(process.stdin));
const client = new Client(
  address,
  authority ? credentials.createSsl(readFileSync(authority)) : credentials.createInsecure(),
);
const { call, resolveModel, streamCall } = ConnectorService.method;

interface MethodCall {
  readonly path: string;
  serialize(value: JsonValue): Buffer;
  deserialize(bytes: Buffer): JsonValue;
}

function methodCall({ parent, name, input, output }: DescMethod): MethodCall {
  const toBytes = (desc: DescMessage, value: JsonValue): Buffer =>
    Buffer.from(toBinary(desc, fromJson(desc, value)));
  return {
    path: `/${parent.typeName}/${name}`,
    serialize: (value) => toBytes(input, value),
    deserialize: (bytes) => toJson(output, fromBinary(output, bytes)),
  };
}

function unary(method: DescMethod, request: JsonValue = {}): Promise<JsonValue> {
  const { path, serialize, deserialize } = methodCall(method);
  const options = { deadline: Date.now() + 30_000 };
  return new Promise((resolve, reject) => {
    const made: ClientUnaryCall = client.makeUnaryRequest(
      path,
      serialize,
      deserialize,
      request,
      new Metadata(),
      options,
      (error, answer) => (error ? reject(error) : resolve(answer as JsonValue)),
    );
    made.on("error", reject);
  });
}

async function collect(method: DescMethod, request: JsonValue = {}): Promise<JsonValue[]> {
  const { path, serialize, deserialize } = methodCall(method);
  const options = { deadline: Date.now() + 30_000 };
  const stream = client.makeServerStreamRequest(path, serialize, deserialize, request, options);
  const events: JsonValue[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

const answers = {
  resolveModel: await unary(resolveModel, requests.resolveModel),
  call: await unary(call, requests.call),
  streamCall: await collect(streamCall, requests.streamCall),
  health: await unary(Health.method.check),
  unknownModel: await unary(call, requests.unknownModel).catch(({ code }) => code),
};
client.close();
console.log(JSON.stringify(answers));
