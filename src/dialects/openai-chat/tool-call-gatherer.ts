import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { exactText } from "../../contract/exact-json.ts";
import { isObject, isObjectText, mergeInto, objectOf, textOf, unknownMembers } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import { listMember } from "./wire.ts";

/** A call in the making. It becomes a part as soon as its name is known. */
interface Call {
  readonly ordinal: number;
  id: string;
  name: string;
  /** Arguments that came before the name. */
  pending: string;
  own: JsonObject;
  part: number | undefined;
}

const callMembers: ReadonlySet<string> = new Set(["index", "id", "type", "function", "custom"]);
const functionMembers: ReadonlySet<string> = new Set(["name", "arguments"]);

/**
 * Puts tool calls together from their pieces: whole calls, fragments by index, fragments of several
 * calls in turn, with an id and a name in the first fragment, in every one, or in none.
 */
export class ToolCallGatherer {
  readonly #builder: ResponseBuilder;
  readonly #adapter: string;
  readonly #calls: Call[] = [];
  readonly #byIndex = new Map<number, Call>();
  #legacy: Call | undefined;

  constructor(builder: ResponseBuilder, adapter: string) {
    this.#builder = builder;
    this.#adapter = adapter;
  }

  /** Takes `tool_calls` of a message or delta. */
  take(items: readonly JsonValue[]): void {
    for (const item of items) {
      if (!isObject(item)) continue;
      if (this.#keptWhole(item)) continue;
      const piece = readPiece(item);
      this.#append(this.#callOf(item.index, piece), piece);
    }
  }

  /**
   * Takes `function_call` of the older wire; beside `tool_calls` it only mirrors them. Returns the
   * members of a mirror that nobody knows.
   */
  takeLegacy(call: JsonObject): JsonObject | undefined {
    const isEmpty = textOf(call.name) === "" && textOf(call.arguments) === "";
    if (isEmpty || (this.#legacy === undefined && this.#calls.length > 0)) {
      return unknownMembers(call, functionMembers);
    }
    this.#legacy ??= this.#create();
    this.#append(this.#legacy, readPiece({ function: call }));
    return undefined;
  }

  /** Begins the calls whose name never came. */
  finish(): void {
    for (const call of this.#calls) this.#start(call);
  }

  /** Keeps an item of a kind that nobody knows as a block, to go back among the calls. */
  #keptWhole(item: JsonObject): boolean {
    const type = textOf(item.type);
    const isKnown = type === "" || type === "function" || isObject(item[type]);
    if (isKnown || isObject(item.function) || isObject(item.custom)) return false;
    if (typeof item.index === "number" && this.#byIndex.has(item.index)) return false;
    this.#builder.addWhole({
      kind: {
        case: "provider",
        value: { adapter: this.#adapter, type, json: exactText(item) },
      },
      providerOptions: { [this.#adapter]: { [listMember]: "tool_calls" } },
    });
    return true;
  }

  #append(call: Call, { id, name, fragment, own }: Piece): void {
    if (call.part === undefined) {
      call.id ||= id;
      call.name ||= name;
    }
    mergeInto(call.own, own);
    if (call.part === undefined && call.name === "") {
      call.pending += fragment;
      return;
    }
    this.#start(call);
    if (call.part === undefined) return;
    this.#builder.appendArguments(call.part, fragment);
    if (Object.keys(own).length > 0) {
      this.#builder.setProviderOptions(call.part, this.#adapter, call.own);
    }
  }

  #start(call: Call): void {
    if (call.part !== undefined) return;
    const id = call.id || `call_${call.ordinal}`;
    call.part = this.#builder.startToolCall(id, call.name);
    this.#builder.appendArguments(call.part, call.pending);
    if (Object.keys(call.own).length > 0) {
      this.#builder.setProviderOptions(call.part, this.#adapter, call.own);
    }
  }

  /** The call that a piece belongs to. */
  #callOf(index: unknown, piece: Piece): Call {
    const { id, name } = piece;
    if (typeof index === "number") {
      const known = this.#byIndex.get(index);
      if (known !== undefined && !this.#isOther(known, piece)) return known;
      const call = this.#create();
      this.#byIndex.set(index, call);
      return call;
    }
    const last = this.#calls.at(-1);
    if (id !== "") return this.#calls.find((call) => call.id === id) ?? this.#create();
    return last === undefined || name !== "" ? this.#create() : last;
  }

  /**
   * Whether a piece begins another call than the one of its index, since some servers number every
   * call 0: it has a name, and another id; or no id either, but arguments where those are complete.
   */
  #isOther({ id: known, part }: Call, { id, name, fragment }: Piece): boolean {
    if (name === "") return false;
    if (id !== "" || known !== "") return id !== "" && known !== "" && id !== known;
    return part !== undefined && fragment !== "" && isObjectText(this.#builder.textSoFar(part));
  }

  #create(): Call {
    const ordinal = this.#calls.length;
    const call: Call = { ordinal, id: "", name: "", pending: "", own: {}, part: undefined };
    this.#calls.push(call);
    return call;
  }
}

interface Piece {
  readonly id: string;
  readonly name: string;
  readonly fragment: string;
  /**
   * What goes back with the call: a kind other than `function`, and members beyond the contract.
   */
  readonly own: JsonObject;
}

function readPiece(item: JsonObject): Piece {
  const type = textOf(item.type);
  const isFunction = isObject(item.function);
  const body = objectOf(item.function ?? item.custom ?? item[type]);
  const rest = isFunction ? unknownMembers(body, functionMembers) : undefined;
  return {
    id: textOf(item.id),
    name: textOf(body.name),
    fragment: fragmentOf(body.arguments ?? body.input),
    own: {
      ...(type !== "" && type !== "function" && { type }),
      ...unknownMembers(item, callMembers),
      ...(rest !== undefined && { function: rest }),
    },
  };
}

/** Arguments are text; servers that send an object mean its JSON. */
function fragmentOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : exactText(value);
}
