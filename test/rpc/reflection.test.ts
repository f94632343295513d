// Proves server reflection v1 and v1alpha: services, files by name, symbol and extension, errors
// that do not end the stream (O20), and that `buf curl` can call by it alone.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_descriptor,
} from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { Code } from "../../gen/ts/google/rpc/code_pb.ts";
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from "../../gen/ts/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../../gen/ts/grpc/reflection/v1alpha/reflection_pb.ts";
import { FileIndex } from "../../src/rpc/file-index.ts";
import { clientOver, connectError, wires } from "../support/rpc-client.ts";
import { startRPCServer } from "../support/rpc-server.ts";

type Question = ServerReflectionRequest["messageRequest"];
type Answer = ServerReflectionResponse["messageResponse"];

const streaming = wires.filter(({ httpVersion, json }) => httpVersion === "2" && !json);

/** Asks over one stream and returns the answers in order. */
async function ask(
  url: string,
  questions: readonly Question[],
  version: typeof ServerReflection | typeof ServerReflectionAlpha = ServerReflection,
  wire = streaming[0]!,
): Promise<readonly Answer[]> {
  const client = clientOver(wire, url, version as typeof ServerReflection);
  const answers: Answer[] = [];
  const requests = (async function* () {
    for (const messageRequest of questions) yield { host: "me", messageRequest };
  })();
  for await (const response of client.serverReflectionInfo(requests)) {
    expect(response.validHost).toBe("me");
    expect(response.originalRequest?.messageRequest).toEqual(questions[answers.length]);
    answers.push(response.messageResponse);
  }
  return answers;
}

function filesIn(answer: Answer | undefined): readonly FileDescriptorProto[] {
  if (answer?.case !== "fileDescriptorResponse") throw new Error(`no files in ${answer?.case}`);
  return answer.value.fileDescriptorProto.map((bytes) =>
    fromBinary(FileDescriptorProtoSchema, bytes),
  );
}

/**
 * Files in an order in which each comes after what it imports. Fails where an import is missing.
 */
function importsFirst(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const ordered = new Set<FileDescriptorProto>();
  const add = (name: string): void => {
    const file = byName.get(name);
    if (file === undefined) throw new Error(`${name} was not sent`);
    file.dependency.forEach(add);
    ordered.add(file);
  };
  [...byName.keys()].forEach(add);
  return [...ordered];
}

function symbol(value: string): Question {
  return { case: "fileContainingSymbol", value };
}

describe.each([
  ["v1", ServerReflection],
  ["v1alpha", ServerReflectionAlpha],
])("%s", (_, version) => {
  it("lists what is served, itself and health included", async () => {
    const { url } = await startRPCServer();
    for (const wire of streaming) {
      const [answer] = await ask(url, [{ case: "listServices", value: "" }], version, wire);
      const names = answer?.case === "listServicesResponse" ? answer.value.service : [];
      expect(names.map(({ name }) => name)).toEqual([
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
        "nexen.connectors.v1.ConnectorService",
      ]);
    }
  });

  it("sends what it takes to build every type, each file once a stream", async () => {
    const { url } = await startRPCServer();
    const services = ["nexen.connectors.v1.ConnectorService", "grpc.health.v1.Health"];
    const details = ["google.rpc.ErrorInfo", "nexen.connectors.v1.AttemptLog"];
    const answers = await ask(url, [...services, ...details, services[0]!].map(symbol), version);
    const files = answers.map(filesIn);
    expect(files[0]?.map(({ name }) => name)).toContain("google/protobuf/struct.proto");
    // Sent before, but asked for again: that file alone.
    expect(files[4]?.map(({ name }) => name)).toEqual([
      "nexen/connectors/v1/connector_service.proto",
    ]);
    const file = importsFirst(files.flat());
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file }));
    expect(registry.getService(services[0]!)?.methods).toHaveLength(7);
    expect(registry.getMessage("nexen.connectors.v1.LLMRequest")?.fields).toHaveLength(19);
    expect(registry.getMessage("google.rpc.ErrorInfo")).toBeDefined();
  });
});

describe("questions", () => {
  it.each([
    ["a service", "nexen.connectors.v1.ConnectorService", "connector_service.proto"],
    ["a method", "nexen.connectors.v1.ConnectorService.StreamCall", "connector_service.proto"],
    ["a message", "nexen.connectors.v1.LLMRequest", "llm.proto"],
    ["a field", "nexen.connectors.v1.LLMRequest.model", "llm.proto"],
    ["a oneof", "nexen.connectors.v1.Part.kind", "llm.proto"],
    ["an enum", "nexen.connectors.v1.Role", "llm.proto"],
    ["a value of an enum", "nexen.connectors.v1.ROLE_USER", "llm.proto"],
    ["a nested message", "google.rpc.QuotaFailure.Violation", "error_details.proto"],
    ["a nested enum", "grpc.health.v1.HealthCheckResponse.ServingStatus", "health.proto"],
    ["a value of one", "grpc.health.v1.HealthCheckResponse.SERVING", "health.proto"],
    ["reflection itself", "grpc.reflection.v1.ServerReflection", "reflection.proto"],
  ])("find the file of %s", async (_, name, file) => {
    const { url } = await startRPCServer();
    const [answer] = await ask(url, [symbol(name)]);
    expect(filesIn(answer)[0]?.name.split("/").at(-1)).toBe(file);
  });

  it("find a file by name, and the numbers of extensions", async () => {
    const { url } = await startRPCServer();
    const [file, numbers] = await ask(url, [
      { case: "fileByFilename", value: "nexen/connectors/v1/llm.proto" },
      { case: "allExtensionNumbersOfType", value: "nexen.connectors.v1.LLMRequest" },
    ]);
    expect(filesIn(file)[0]?.name).toBe("nexen/connectors/v1/llm.proto");
    expect(numbers).toMatchObject({
      case: "allExtensionNumbersResponse",
      value: { baseTypeName: "nexen.connectors.v1.LLMRequest", extensionNumber: [] },
    });
  });

  it("about what is not there are answered, and the stream goes on", async () => {
    const { url } = await startRPCServer();
    const answers = await ask(url, [
      symbol("nexen.connectors.v1.Nope"),
      symbol(""),
      symbol("__proto__"),
      symbol("x".repeat(100_000)),
      { case: "fileByFilename", value: "nope.proto" },
      {
        case: "fileContainingExtension",
        value: {
          $typeName: "grpc.reflection.v1.ExtensionRequest",
          containingType: "nexen.connectors.v1.LLMRequest",
          extensionNumber: 7,
        },
      },
      { case: "allExtensionNumbersOfType", value: "nope" },
      { case: undefined },
      symbol("nexen.connectors.v1.LLMRequest"),
    ]);
    const codes = answers.map((answer) =>
      answer.case === "errorResponse" ? answer.value.errorCode : answer.case,
    );
    expect(codes).toEqual([
      ...new Array(7).fill(Code.NOT_FOUND),
      Code.INVALID_ARGUMENT,
      "fileDescriptorResponse",
    ]);
  });

  it("meet nobody where reflection is off", async () => {
    const { url } = await startRPCServer({ reflection: false });
    const error = await connectError(ask(url, [{ case: "listServices", value: "" }]));
    expect(error.rawMessage).toBe("this server has no such method");
  });
});

describe("an index of files", () => {
  it("knows extensions, nested and not", () => {
    const name = "ext.proto";
    const string = {
      type: FieldDescriptorProto_Type.STRING,
      label: FieldDescriptorProto_Label.OPTIONAL,
      extendee: ".google.protobuf.FieldOptions",
    };
    const proto = create(FileDescriptorProtoSchema, {
      name,
      package: "ext",
      dependency: ["google/protobuf/descriptor.proto"],
      extension: [{ ...string, name: "mark", number: 50_001 }],
      messageType: [{ name: "Holder", extension: [{ ...string, name: "deep", number: 50_000 }] }],
    });
    const registry = createFileRegistry(proto, () => file_google_protobuf_descriptor);
    const file = registry.getFile(name)!;
    const index = new FileIndex([file]);
    expect(index.extensionNumbers("google.protobuf.FieldOptions")).toEqual([50_000, 50_001]);
    expect(index.byExtension("google.protobuf.FieldOptions", 50_000)).toBe(file);
    expect(index.bySymbol("ext.mark")).toBe(file);
    expect(index.bySymbol("ext.Holder.deep")).toBe(file);
    expect(index.withImports(file).map((each) => each.name)).toEqual([
      name,
      "google/protobuf/descriptor.proto",
    ]);
  });
});

describe("buf curl", () => {
  it.each(["grpc", "grpcweb", "connect"])(
    "calls by reflection alone, over %s",
    async (protocol) => {
      const { url } = await startRPCServer();
      const request = {
        request: { model: "a", contents: [{ role: "ROLE_USER", message: "hi" }] },
      };
      const method = "nexen.connectors.v1.ConnectorService/Call";
      const { stdout } = await promisify(execFile)("node_modules/.bin/buf", [
        "curl",
        ...["--protocol", protocol, "--http2-prior-knowledge"],
        ...["--data", JSON.stringify(request), `${url}/${method}`],
      ]);
      expect(JSON.parse(stdout).response.content.message).toBe("hi");
    },
    20_000,
  );
});
