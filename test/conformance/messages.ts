import { readFileSync } from "node:fs";
import {
  createFileRegistry,
  type DescMessage,
  type DescService,
  type FileRegistry,
  fromBinary,
} from "@bufbuild/protobuf";
import { type Any, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

// The protos of the conformance suite are not part of this repository: a script compiles them into
// build/ from the Go module of the runner, and messages are read by these descriptors.

/** HTTP header or trailer, which may have several values. */
export interface Header {
  readonly name: string;
  readonly value: readonly string[];
}

/** An error to answer with. */
export interface ErrorDefinition {
  readonly code: number;
  readonly message?: string;
  readonly details: readonly Any[];
}

/** What a unary or client-streaming call wants to be answered with. */
export interface UnaryDefinition {
  readonly responseHeaders: readonly Header[];
  readonly response:
    | { readonly case: "responseData"; readonly value: Uint8Array }
    | { readonly case: "error"; readonly value: ErrorDefinition }
    | { readonly case: undefined };
  readonly responseTrailers: readonly Header[];
  readonly responseDelayMs: number;
}

/** What a server-streaming or bidirectional call wants to be answered with. */
export interface StreamDefinition {
  readonly responseHeaders: readonly Header[];
  readonly responseData: readonly Uint8Array[];
  readonly responseDelayMs: number;
  readonly error?: ErrorDefinition;
  readonly responseTrailers: readonly Header[];
}

/** A message of any request of the suite. */
export interface ConformanceRequest<Definition> {
  readonly $typeName: string;
  readonly responseDefinition?: Definition;
  readonly fullDuplex?: boolean;
}

/** What the runner tells a server on standard input. */
export interface ServerCompatRequest {
  readonly useTls: boolean;
  readonly serverCreds?: { readonly cert: Uint8Array; readonly key: Uint8Array };
  readonly clientTlsCert: Uint8Array;
  readonly messageReceiveLimit: number;
}

const conformancePackage = "connectrpc.conformance.v1";

/** The compiled protos of the suite. */
export class ConformanceProtos {
  readonly registry: FileRegistry;

  /** Reads a FileDescriptorSet. */
  constructor(path: string) {
    this.registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(path)));
  }

  /** A message of the suite's package. Throws when there is none. */
  message(name: string): DescMessage {
    const found = this.registry.getMessage(`${conformancePackage}.${name}`);
    if (!found) throw new Error(`the conformance suite has no message ${name}`);
    return found;
  }

  /** The service that a server under test serves. */
  get service(): DescService {
    const found = this.registry.getService(`${conformancePackage}.ConformanceService`);
    if (!found) throw new Error("the conformance suite has no service");
    return found;
  }
}
