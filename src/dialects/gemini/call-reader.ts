import type { JsonObject } from "@bufbuild/protobuf";
import { isObject, mergeInto, textOf, unknownMembers } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import { madeUpCallID } from "./call-names.ts";
import { PartialArguments } from "./partial-arguments.ts";

const partMembers: ReadonlySet<string> = new Set(["functionCall"]);
const callMembers: ReadonlySet<string> = new Set([
  ...["id", "name", "args", "partialArgs", "willContinue"],
]);

/** A call whose arguments a stream tells bit by bit. */
interface OpenCall {
  readonly part: number;
  readonly args: PartialArguments;
}

/** Reads calls of tools: whole ones, and those that a stream of Vertex AI tells bit by bit. */
export class CallReader {
  readonly #builder: ResponseBuilder;
  readonly #adapter: string;
  #open: OpenCall | undefined;
  #count = 0;

  constructor(builder: ResponseBuilder, adapter: string) {
    this.#builder = builder;
    this.#adapter = adapter;
  }

  /** Number of calls that are not complete. */
  get open(): number {
    return this.#open === undefined ? 0 : 1;
  }

  /** Takes a part with a call, or with more of the open one. False: it is neither. */
  take(part: JsonObject, call: JsonObject, responseID: string): boolean {
    const name = textOf(call.name);
    if (name === "" && this.#open === undefined) return false;
    if (name !== "") {
      this.finish();
      this.#open = this.#start(name, textOf(call.id), responseID);
    }
    const open = this.#open;
    if (open === undefined) return false;
    open.args.takeWhole(call.args);
    open.args.takePartial(call.partialArgs);
    this.#setRest(open, part, call);
    if (call.willContinue !== true) this.#end(open, isObject(call.args) || name === "", true);
    return true;
  }

  /** Ends a call that was broken off. */
  finish(): void {
    if (this.#open !== undefined) this.#end(this.#open, true, false);
  }

  #start(name: string, id: string, responseID: string): OpenCall {
    this.#count += 1;
    const part = this.#builder.startToolCall(id || madeUpCallID(responseID, this.#count), name);
    return { part, args: new PartialArguments() };
  }

  #end({ part, args }: OpenCall, isTold: boolean, isWhole: boolean): void {
    if (isTold) this.#builder.appendArguments(part, args.text(isWhole));
    this.#builder.finish(part);
    this.#open = undefined;
  }

  #setRest({ part: index, args }: OpenCall, part: JsonObject, call: JsonObject): void {
    const rest: JsonObject = unknownMembers(part, partMembers) ?? {};
    const inner: JsonObject = unknownMembers(call, callMembers) ?? {};
    if (args.unplaced.length > 0) inner.partialArgs = args.unplaced;
    if (Object.keys(inner).length > 0) {
      const known = this.#builder.part(index).providerOptions?.[this.#adapter];
      const before = isObject(known) && isObject(known.functionCall) ? known.functionCall : {};
      rest.functionCall = mergeInto({ ...before }, inner);
    }
    if (Object.keys(rest).length > 0) {
      this.#builder.setProviderOptions(index, this.#adapter, rest);
    }
  }
}
