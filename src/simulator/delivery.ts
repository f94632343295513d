import type { Directive } from "./directive.ts";
import type { Random } from "./random.ts";
import type { Failure, StreamBody, StreamItem } from "./wire.ts";
import { garbageMark } from "./write-script.ts";

/** One thing that happens to the body of an answer. */
export type Step =
  | { readonly kind: "write"; readonly bytes: Buffer }
  | { readonly kind: "wait"; readonly ms: number }
  /** What was written leaves before anything else is. */
  | { readonly kind: "flush" }
  /** Silence until the caller leaves. */
  | { readonly kind: "stall" }
  /** The connection is closed in the middle of the body. */
  | { readonly kind: "cut" }
  /** The connection is reset. */
  | { readonly kind: "reset" };

/** Pauses of a stream, ms. */
export interface Pace {
  /** Before the first delta. */
  readonly firstDeltaMs: number;
  /** Before every other delta. */
  readonly deltaMs: number;
}

/** Pause between two keep-alive marks of a stream that has nothing else, ms. */
const pingIntervalMs = 1000;
/** Longest random piece, bytes. */
const pieceBytesMax = 12;
const garbageBytes = Buffer.from([0xc3, 0x28, 0xff]);

/** The bytes of a whole answer, as a directive wants them. */
export function wholeBytes(text: string, directive: Directive): Buffer {
  const bytes = toBytes(text, directive);
  const left = directive.malformed ? bytes.subarray(0, Math.floor(bytes.length / 2)) : bytes;
  return directive.flipBit ? flipBit(left) : left;
}

/**
 * What happens to the body of a stream, step by step. It ends cleanly unless a step says otherwise.
 */
export function* streamSteps(
  body: StreamBody,
  directive: Directive,
  failure: Failure,
  pace: Pace,
  random: Random,
): Generator<Step> {
  if (directive.pingOnly) yield* pings(body, directive, random);
  const fault = plannedFault(directive);
  let deltas = 0;
  let sent = 0;
  for (const item of body.items) {
    if (fault && isDue(fault, deltas, item)) {
      yield* faultSteps(fault.kind, body, body.failure(failure, sent), directive, random);
      return;
    }
    const isDelta = item.role === "delta";
    const ms = directive.slowMs ?? (deltas === 0 ? pace.firstDeltaMs : pace.deltaMs);
    if (isDelta && ms > 0) yield { kind: "wait", ms };
    const isFirst = isDelta && deltas === 0;
    const isBroken = directive.malformed && isFirst;
    const text = isBroken ? breakItem(item.text, body.itemEnd) : item.text;
    const bytes = itemBytes(body, { ...item, text }, directive);
    yield* writeSteps(directive.flipBit && isFirst ? flipBit(bytes) : bytes, directive, random);
    deltas += isDelta ? 1 : 0;
    sent += 1;
  }
}

function* faultSteps(
  kind: FaultKind,
  body: StreamBody,
  lastItems: readonly StreamItem[],
  directive: Directive,
  random: Random,
): Generator<Step> {
  if (kind === "error") {
    for (const item of lastItems) {
      yield* writeSteps(itemBytes(body, item, directive), directive, random);
    }
  } else if (kind !== "end") {
    yield { kind };
  }
}

function* pings(body: StreamBody, directive: Directive, random: Random): Generator<Step> {
  for (;;) {
    yield* writeSteps(itemBytes(body, body.ping, directive), directive, random);
    yield { kind: "wait", ms: directive.slowMs ?? pingIntervalMs };
  }
}

type FaultKind = "error" | "cut" | "reset" | "end" | "stall";

/** A fault in the middle of a stream. */
interface StreamFault {
  readonly kind: FaultKind;
  /** Deltas before it. */
  readonly after: number;
}

/** The first of the faults that a directive names. */
function plannedFault(directive: Directive): StreamFault | undefined {
  const faults: readonly [FaultKind, number | undefined][] = [
    ["error", directive.errorAfter],
    ["cut", directive.cutAfter],
    ["reset", directive.resetAfter],
    ["end", directive.endAfter],
    ["stall", directive.stallAfter],
  ];
  for (const [kind, after] of faults) if (after !== undefined) return { kind, after };
  return undefined;
}

/** 0 is before everything else; a number that is too large is right before the terminal marker. */
function isDue(fault: StreamFault, deltas: number, next: StreamItem): boolean {
  return deltas === fault.after || (next.role === "end" && deltas < fault.after);
}

/** An item as it leaves. */
function itemBytes(body: StreamBody, item: StreamItem, directive: Directive): Buffer {
  if (body.pack) return body.pack(item, toBytes(item.text, directive));
  const { lineEnd } = directive;
  return toBytes(lineEnd ? item.text.replaceAll(/\r?\n/g, lineEnd) : item.text, directive);
}

function* writeSteps(bytes: Buffer, directive: Directive, random: Random): Generator<Step> {
  if (!directive.randomPieces) {
    yield { kind: "write", bytes };
    return;
  }
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random.integer(pieceBytesMax);
    yield { kind: "write", bytes: bytes.subarray(at, end) };
    yield { kind: "flush" };
    at = end;
  }
}

function toBytes(text: string, directive: Directive): Buffer {
  const [first = "", ...rest] = directive.garbageUTF8 ? text.split(garbageMark) : [text];
  const more = rest.flatMap((part) => [garbageBytes, Buffer.from(part)]);
  return Buffer.concat([Buffer.from(first), ...more]);
}

/** An item whose JSON breaks off. */
function breakItem(text: string, end = "\n\n"): string {
  return `${text.slice(0, Math.floor((text.length * 2) / 3)).trimEnd()}${end}`;
}

/** The same bytes with one bit in the middle turned over. */
function flipBit(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = Math.floor(copy.length / 2);
  if (copy.length > 0) copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}
