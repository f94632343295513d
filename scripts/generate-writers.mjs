// Makes gen/ts/writers from the descriptors: writers of the messages that ConnectorService answers with,
// a plain function for each type, which V8 compiles to what a hand would write. A kind of field that
// it does not know fails the generation.
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary, ScalarType } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const service = "nexen.connectors.v1.ConnectorService";
const methods = ["call", "streamCall", "batchCall", "streamBatchCall"];
/** Where the writers lie, in the root of the repository. */
export const writersPath = "gen/ts/writers/answer-writers.ts";

const scalarMethods = new Map([
  [ScalarType.STRING, ["string", 2, '""']],
  [ScalarType.BYTES, ["bytes", 2, undefined]],
  [ScalarType.BOOL, ["bool", 0, "false"]],
  [ScalarType.INT32, ["int32", 0, "0"]],
  [ScalarType.INT64, ["int64", 0, "0n"]],
]);

/** The source of the writers. */
export function generatedWriters(descriptorsPath) {
  const registry = createFileRegistry(
    fromBinary(FileDescriptorSetSchema, readFileSync(descriptorsPath)),
  );
  const outputs = methods.map((name) => registry.getService(service).method[name].output);
  const messages = reachable(outputs);
  const imports = importsOf(messages, outputs);
  return [
    "// @generated from the descriptors by scripts/generate-writers.mjs",
    "",
    ...imports,
    "",
    "/** Writes a message into a writer that has begun one. */",
    "export type MessageWriter = (w: WireWriter, m: never) => void;",
    "",
    "/** What writes the messages of a type, by its descriptor. */",
    "export const messageWriters: ReadonlyMap<DescMessage, MessageWriter> = new Map<",
    "  DescMessage,",
    "  MessageWriter",
    ">([",
    ...outputs.map((desc) => `  [${desc.name}Schema, ${functionName(desc)}],`),
    "]);",
    ...messages.flatMap((desc) => ["", ...writer(desc)]),
    "",
  ].join("\n");
}

function reachable(outputs) {
  const found = new Map();
  const walk = (desc) => {
    if (found.has(desc.typeName) || desc.typeName === "google.protobuf.Struct") return;
    found.set(desc.typeName, desc);
    for (const field of desc.fields) if (field.message) walk(field.message);
  };
  for (const desc of outputs) walk(desc);
  return [...found.values()];
}

function importsOf(messages, outputs) {
  const byModule = new Map();
  const add = (desc, name) => {
    const { name: file } = desc.file;
    const module = file.startsWith("google/protobuf/")
      ? "@bufbuild/protobuf/wkt"
      : `../${file}_pb.ts`;
    if (!byModule.has(module)) byModule.set(module, new Set());
    byModule.get(module).add(name);
  };
  for (const desc of messages) add(desc, `type ${desc.name}`);
  for (const desc of outputs) add(desc, `${desc.name}Schema`);
  return [
    'import type { DescMessage } from "@bufbuild/protobuf";',
    ...[...byModule].map(
      ([module, names]) => `import { ${[...names].sort().join(", ")} } from "${module}";`,
    ),
    'import type { WireWriter } from "../../../src/rpc/wire-writer.ts";',
  ];
}

function functionName(desc) {
  return `write${desc.name}`;
}

function writer(desc) {
  const fields = [...desc.fields].sort((a, b) => a.number - b.number);
  return [
    `function ${functionName(desc)}(w: WireWriter, m: ${desc.name}): void {`,
    ...desc.oneofs
      .filter((oneof) => oneof.fields.length > 0)
      .map(({ localName }) => `  const ${localName} = m.${localName};`),
    ...indented(fields.flatMap(fieldLines)),
    "  if (m.$unknown !== undefined) w.unknown(m.$unknown);",
    "}",
  ];
}

function fieldLines(field) {
  const { oneof, localName } = field;
  if (oneof) {
    const value = `${oneof.localName}.value`;
    return [
      `if (${oneof.localName}.case === ${JSON.stringify(localName)}) {`,
      ...indented(valueLines(field, value)),
      "}",
    ];
  }
  const value = `m.${localName}`;
  if (field.fieldKind === "list") {
    return [`for (const item of ${value}) {`, ...indented(valueLines(field, "item")), "}"];
  }
  if (field.fieldKind === "map") return mapLines(field, value);
  return [`if (${isSet(field, value)}) {`, ...indented(valueLines(field, value)), "}"];
}

function isSet(field, value) {
  const isExplicit = field.presence === 1;
  if (isExplicit) return `${value} !== undefined`;
  if (field.fieldKind === "enum") return `${value} !== ${field.enum.values[0].number}`;
  const [method, , zero] = scalar(field);
  return method === "bytes" ? `${value}.length > 0` : `${value} !== ${zero}`;
}

function mapLines(field, value) {
  const [keyMethod, keyWire] = scalarMethods.get(field.mapKey) ?? unsupported(field);
  if (keyMethod !== "string" || field.mapKind !== "scalar") unsupported(field);
  const [method, wire] = scalar(field);
  return [
    `for (const key of Object.keys(${value})) {`,
    `  const start = w.fork(${tag(field.number, 2)});`,
    `  w.string(${tag(1, keyWire)}, key);`,
    `  w.${method}(${tag(2, wire)}, ${value}[key]!);`,
    "  w.join(start);",
    "}",
  ];
}

function valueLines(field, value) {
  const kind = field.fieldKind === "list" ? field.listKind : field.fieldKind;
  if (kind === "enum") return [`w.int32(${tag(field.number, 0)}, ${value});`];
  if (kind === "scalar") {
    if (field.packed) unsupported(field);
    const [method, wire] = scalar(field);
    return [`w.${method}(${tag(field.number, wire)}, ${value});`];
  }
  if (field.delimitedEncoding) unsupported(field);
  const wireTag = tag(field.number, 2);
  const isStruct = field.message.typeName === "google.protobuf.Struct";
  if (isStruct) return [`w.struct(${wireTag}, ${value});`];
  return [
    `const start = w.fork(${wireTag});`,
    `${functionName(field.message)}(w, ${value});`,
    "w.join(start);",
  ];
}

function scalar(field) {
  if (field.longAsString) unsupported(field);
  return scalarMethods.get(field.scalar) ?? unsupported(field);
}

function tag(number, wireType) {
  return number * 8 + wireType;
}

function indented(lines) {
  return lines.map((line) => `  ${line}`);
}

function unsupported(field) {
  throw new Error(`generate-writers does not know fields like ${field}`);
}
