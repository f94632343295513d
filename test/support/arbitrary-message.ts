import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import fc from "fast-check";

const strings = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary", maxLength: 300 }),
  // Lengths whose bytes need one more digit than their characters do.
  fc.nat(200).map((length) => "ü".repeat(length)),
  // Where UTF-8 takes one more byte.
  fc.constantFrom("\u007f", "\u0080", "\u07ff\u0800", "\uffff\u{10000}", "\ud800 alone"),
  fc.constant("ü".repeat(9_000)),
);
const scalars: ReadonlyMap<ScalarType, fc.Arbitrary<unknown>> = new Map<
  ScalarType,
  fc.Arbitrary<unknown>
>([
  [ScalarType.STRING, strings],
  [ScalarType.BYTES, fc.uint8Array({ maxLength: 200 })],
  [ScalarType.BOOL, fc.boolean()],
  [ScalarType.INT32, fc.oneof(fc.integer(), fc.nat(300))],
  [
    ScalarType.INT64,
    fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: 2n ** 31n - 2n, max: 2n ** 32n + 1n }),
      fc.bigInt({ min: 0n, max: 300n }),
    ),
  ],
]);

/** Any message of a type, nested so deep at most, with unknown fields now and then. */
export function arbitraryMessage(desc: DescMessage, depth: number): fc.Arbitrary<Message> {
  if (depth === 0) return fc.constant(create(desc));
  const members: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of desc.fields) {
    if (field.oneof === undefined) members[field.localName] = member(field, depth);
  }
  for (const { localName, fields } of desc.oneofs) {
    const cases = fields.map((field) =>
      value(field, depth).map((given) => ({ case: field.localName, value: given })),
    );
    members[localName] = fc.oneof(fc.constant({ case: undefined }), ...cases);
  }
  const unknown = [{ no: 999, wireType: 2, data: Uint8Array.of(2, 65, 66) }];
  return fc
    .record(members, { requiredKeys: desc.oneofs.map(({ localName }) => localName) })
    .chain((init) => {
      const message: Message = create(desc, init);
      return fc.constantFrom(message, message, { ...message, $unknown: unknown });
    });
}

function member(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const given = value(field, depth);
  if (field.fieldKind === "list") return fc.array(given, { maxLength: 3 });
  return field.fieldKind === "map" ? fc.dictionary(fc.string(), given, { maxKeys: 3 }) : given;
}

function value(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const { message, scalar } = field;
  if (message?.typeName === "google.protobuf.Struct") {
    return fc.dictionary(fc.string(), fc.jsonValue());
  }
  if (message !== undefined) return arbitraryMessage(message, depth - 1);
  if (scalar === undefined) return fc.integer({ min: -5, max: 300 });
  const known = scalars.get(scalar);
  if (known === undefined) throw new Error(`${field} is of a type that is not made here`);
  return known;
}
