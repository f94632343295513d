import { type DescEnum, type DescFile, type DescMessage, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/**
 * Proto files by name and by everything that they define, for reflection: of the given files and
 * all that they import, each once.
 */
export class FileIndex {
  readonly #files = new Map<string, DescFile>();
  readonly #symbols = new Map<string, DescFile>();
  /** Numbers of known extensions, with their files, by name of the message that is extended. */
  readonly #extensions = new Map<string, Map<number, DescFile>>();
  readonly #messages = new Set<string>();
  readonly #encoded = new Map<DescFile, Uint8Array>();

  constructor(files: readonly DescFile[]) {
    for (const file of files) this.#addFile(file);
  }

  /** The file of that name, as `import` writes it. */
  byName(name: string): DescFile | undefined {
    return this.#files.get(name);
  }

  /** The file that defines a service, method, message, field, oneof, enum, value or extension. */
  bySymbol(fullName: string): DescFile | undefined {
    return this.#symbols.get(fullName);
  }

  /** The file that defines an extension of a message by its number. */
  byExtension(message: string, number: number): DescFile | undefined {
    return this.#extensions.get(message)?.get(number);
  }

  /** Numbers of all known extensions of a message. Unset: there is no such message. */
  extensionNumbers(message: string): readonly number[] | undefined {
    if (!this.#messages.has(message)) return undefined;
    return [...(this.#extensions.get(message)?.keys() ?? [])].sort((a, b) => a - b);
  }

  /**
   * A file and everything that it imports, the file first, each as an encoded FileDescriptorProto.
   */
  withImports(file: DescFile): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
    const found = new Set([file]);
    // A set may grow while it is walked, so this is a breadth-first walk that no cycle can trap.
    for (const each of found) for (const imported of each.dependencies) found.add(imported);
    return [...found].map((each) => ({ name: each.proto.name, bytes: this.#encode(each) }));
  }

  #encode(file: DescFile): Uint8Array {
    const known = this.#encoded.get(file);
    if (known !== undefined) return known;
    const bytes = toBinary(FileDescriptorProtoSchema, file.proto);
    this.#encoded.set(file, bytes);
    return bytes;
  }

  #addFile(file: DescFile): void {
    if (this.#files.has(file.proto.name)) return;
    this.#files.set(file.proto.name, file);
    for (const message of file.messages) this.#addMessage(message);
    for (const each of file.enums) this.#addEnum(each);
    for (const { typeName } of file.extensions) this.#symbols.set(typeName, file);
    for (const { extendee, number } of file.extensions) {
      this.#addExtension(extendee.typeName, number, file);
    }
    for (const service of file.services) {
      this.#symbols.set(service.typeName, file);
      for (const { name } of service.methods)
        this.#symbols.set(`${service.typeName}.${name}`, file);
    }
    for (const imported of file.dependencies) this.#addFile(imported);
  }

  #addMessage(message: DescMessage): void {
    const { file, typeName } = message;
    this.#symbols.set(typeName, file);
    this.#messages.add(typeName);
    for (const { name } of message.fields) this.#symbols.set(`${typeName}.${name}`, file);
    for (const { name } of message.oneofs) this.#symbols.set(`${typeName}.${name}`, file);
    for (const nested of message.nestedMessages) this.#addMessage(nested);
    for (const nested of message.nestedEnums) this.#addEnum(nested);
    for (const nested of message.nestedExtensions) {
      this.#symbols.set(nested.typeName, file);
      this.#addExtension(nested.extendee.typeName, nested.number, file);
    }
  }

  // As in C++, the values of an enum are siblings of the enum.
  #addEnum({ file, typeName, values }: DescEnum): void {
    this.#symbols.set(typeName, file);
    const scope = typeName.slice(0, typeName.lastIndexOf(".") + 1);
    for (const { name } of values) this.#symbols.set(`${scope}${name}`, file);
  }

  #addExtension(message: string, number: number, file: DescFile): void {
    const known = this.#extensions.get(message) ?? new Map<number, DescFile>();
    this.#extensions.set(message, known.set(number, file));
  }
}
