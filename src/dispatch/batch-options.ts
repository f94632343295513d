import { create, isFieldSet } from "@bufbuild/protobuf";
import {
  type CallOptions,
  CallOptionsSchema,
} from "../../gen/ts/nexen/connectors/v1/options_pb.ts";

/**
 * The options of an item laid over those of its batch, field by field: a field that the item sets
 * (a list or map with an entry, a message, a word that is not empty) replaces that of the batch.
 */
export function itemOptions(
  defaults: CallOptions | undefined,
  own: CallOptions | undefined,
): CallOptions | undefined {
  if (defaults === undefined || own === undefined) return own ?? defaults;
  const set = CallOptionsSchema.fields.filter((field) => isFieldSet(own, field));
  const laidOver = set.map(({ localName }) => [localName, own[localName as keyof CallOptions]]);
  return create(CallOptionsSchema, { ...defaults, ...Object.fromEntries(laidOver) });
}
