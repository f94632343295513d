import type { JsonObject, MessageInitShape } from "@bufbuild/protobuf";
import {
  type LLMRequestSchema,
  type MediaKind,
  type PartSchema,
  type Role,
  ToolChoiceMode,
  type ToolSchema,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { type Plain, stringOf } from "./plain.ts";

/** A request as a reader writes it. */
export type RequestInit = Exclude<MessageInitShape<typeof LLMRequestSchema>, { $typeName: string }>;
/** A part as a reader writes it. */
export type PartInit = Exclude<MessageInitShape<typeof PartSchema>, { $typeName: string }>;
/** A turn as a reader writes it. */
export interface TurnInit {
  readonly role: Role;
  readonly name?: string;
  readonly message?: string;
  readonly parts?: PartInit[];
}
/** A tool as a reader writes it. */
export type ToolInit = MessageInitShape<typeof ToolSchema>;

type MediaInit = Extract<NonNullable<PartInit["kind"]>, { case: "media" }>["value"];

/** A recorded request in the words of the contract. */
export interface ReadRequest {
  readonly request: RequestInit;
  readonly stream: boolean;
  /** What only `provider_options` or a ProviderBlock can say: "options tool.defer_loading", …. */
  readonly needs: readonly string[];
}

/** Writes down what the contract has no field for, and keeps a list of it. */
export class ProviderFields {
  readonly needs: string[] = [];
  /** The adapter that is asked. */
  readonly adapter: string;

  constructor(adapter: string) {
    this.adapter = adapter;
  }

  /** `provider_options` with these fields; nothing where there is none but null ones. */
  options(place: string, own: Plain): { providerOptions?: JsonObject } {
    const said = withoutNulls(own);
    const names = Object.keys(said);
    if (names.length === 0) return {};
    this.needs.push(...names.map((name) => `options ${place}.${name}`));
    return { providerOptions: { [this.adapter]: said as JsonObject } };
  }

  /** A block or tool that only the provider knows. */
  block(place: string, value: Plain): { adapter: string; type: string; json: string } {
    const type = stringOf(value.type);
    this.needs.push(`block ${place} ${type}`);
    return { adapter: this.adapter, type, json: JSON.stringify(value) };
  }

  /** The same as a part. */
  blockPart(place: string, value: Plain): PartInit {
    return { kind: { case: "provider", value: this.block(place, value) } };
  }
}

/** An object without its null members. */
export function withoutNulls(object: Plain): Plain {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== null && value !== undefined),
  );
}

/** A text. */
export function textPart(text: string): PartInit {
  return { kind: { case: "text", value: { text } } };
}

/** A turn of one text. The short form cannot say an empty one. */
export function textTurn(role: Role, text: string): TurnInit {
  return text === "" ? { role, parts: [textPart(text)] } : { role, message: text };
}

/** An image, sound or document. */
export function mediaPart(kind: MediaKind, media: MediaInit): PartInit {
  return { kind: { case: "media", value: { ...media, kind } } };
}

/** Where an image or document is; a `data:` address gives its bytes. */
export function atAddress(url: string): MediaInit {
  const [, mimeType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? [];
  if (mimeType === undefined || data === undefined) return { source: { case: "url", value: url } };
  return { mimeType, source: { case: "data", value: Buffer.from(data, "base64") } };
}

/**
 * A schema of a tool in one of the two forms of the contract, by turns: both must give the same.
 */
export function toolSchema(
  schema: unknown,
  turn: number,
): Pick<ToolInit, "parameters" | "parametersJson"> {
  if (schema === null || schema === undefined) return {};
  return turn % 2 === 0
    ? { parameters: schema as JsonObject }
    : { parametersJson: JSON.stringify(schema) };
}

/** Choices that are words, in all APIs of OpenAI. */
export const choiceModes: ReadonlyMap<unknown, ToolChoiceMode> = new Map<unknown, ToolChoiceMode>([
  ["auto", ToolChoiceMode.AUTO],
  ["none", ToolChoiceMode.NONE],
  ["required", ToolChoiceMode.REQUIRED],
]);

/** A format by a schema, as both APIs of OpenAI write it. */
export function schemaFormat(written: Plain): NonNullable<RequestInit["responseFormat"]> {
  const { name, description, schema, strict } = written;
  const value = {
    name: stringOf(name),
    description: stringOf(description),
    schemaJson: JSON.stringify(schema),
    ...(typeof strict === "boolean" && { strict }),
  };
  return { format: { case: "jsonSchema", value } };
}

/** What of a body is not yet said in the words of the contract. */
export type Unsaid = Record<string, unknown>;

/** Takes a member out of what is not yet said. */
export function take(unsaid: Unsaid, name: string): unknown {
  const value = unsaid[name];
  delete unsaid[name];
  return value;
}

/** Takes a number that the contract allows; one out of its range is for `provider_options`. */
export function takeNumber(unsaid: Unsaid, name: string, min: number, max: number): unknown {
  const value = unsaid[name];
  return Number(value) < min || Number(value) > max ? undefined : take(unsaid, name);
}

/** Takes the knobs that all three APIs call by the same name. */
export function takeSampling(unsaid: Unsaid): RequestInit {
  return withoutNulls({
    temperature: takeNumber(unsaid, "temperature", 0, 2),
    topP: takeNumber(unsaid, "top_p", 0, 1),
  }) as RequestInit;
}
