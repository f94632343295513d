import type { DescFile, DescService, MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { Code } from "../../gen/ts/google/rpc/code_pb.ts";
import type {
  ServerReflection,
  ServerReflectionRequest,
  ServerReflectionResponseSchema,
} from "../../gen/ts/grpc/reflection/v1/reflection_pb.ts";
import { FileIndex } from "./file-index.ts";

type Response = MessageInitShape<typeof ServerReflectionResponseSchema>;
type MessageResponse = NonNullable<Response["messageResponse"]>;

/** What reflection tells of. */
export interface ReflectionOptions {
  /** Services that are listed. */
  readonly services: readonly DescService[];
  /** Files besides those of the services, such as those of error details. */
  readonly files: readonly DescFile[];
}

/**
 * grpc.reflection.v1.ServerReflection. That of v1alpha has the same messages, field for field, so
 * one implementation serves both.
 *
 * What is not known is answered with an error_response NOT_FOUND, and the stream goes on.
 */
export function reflectionService(
  options: ReflectionOptions,
): ServiceImpl<typeof ServerReflection> {
  const index = new FileIndex([...options.services.map(({ file }) => file), ...options.files]);
  const services = options.services.map(({ typeName }) => ({ name: typeName })).sort(byName);
  return {
    async *serverReflectionInfo(requests) {
      // A client keeps what it was sent, so imports are sent once a stream.
      const sent = new Set<string>();
      for await (const request of requests) {
        yield {
          validHost: request.host,
          originalRequest: request,
          messageResponse: answer(request, index, services, sent),
        };
      }
    },
  };
}

function answer(
  { messageRequest }: ServerReflectionRequest,
  index: FileIndex,
  services: readonly { readonly name: string }[],
  sent: Set<string>,
): MessageResponse {
  switch (messageRequest.case) {
    case "listServices":
      return { case: "listServicesResponse", value: { service: [...services] } };
    case "fileByFilename":
      return files(index, index.byName(messageRequest.value), sent);
    case "fileContainingSymbol":
      return files(index, index.bySymbol(messageRequest.value), sent);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = messageRequest.value;
      return files(index, index.byExtension(containingType, extensionNumber), sent);
    }
    case "allExtensionNumbersOfType": {
      const baseTypeName = messageRequest.value;
      const numbers = index.extensionNumbers(baseTypeName);
      if (numbers === undefined) return failure(Code.NOT_FOUND, "no such message is known");
      return {
        case: "allExtensionNumbersResponse",
        value: { baseTypeName, extensionNumber: [...numbers] },
      };
    }
    case undefined:
      return failure(Code.INVALID_ARGUMENT, "the request asks for nothing that is known");
  }
}

function files(index: FileIndex, file: DescFile | undefined, sent: Set<string>): MessageResponse {
  if (file === undefined) return failure(Code.NOT_FOUND, "nothing of that name is known");
  const all = index.withImports(file);
  // What was asked for is sent even if it was sent before.
  const due = all.filter(({ name }, place) => place === 0 || !sent.has(name));
  for (const { name } of all) sent.add(name);
  return {
    case: "fileDescriptorResponse",
    value: { fileDescriptorProto: due.map(({ bytes }) => bytes) },
  };
}

function failure(errorCode: Code, errorMessage: string): MessageResponse {
  return { case: "errorResponse", value: { errorCode: errorCode as number, errorMessage } };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
