import { create } from "@bufbuild/protobuf";
import {
  type StreamProgress,
  StreamProgressSchema,
} from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import { type Usage, UsageSchema, UsageSource } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { addTokenCounts } from "../contract/token-counts.ts";

/** Usage of two attempts together. It is estimated if one of them is. */
export function usageSum(a: Usage | undefined, b: Usage | undefined): Usage | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const isReported = a.source === UsageSource.REPORTED && b.source === UsageSource.REPORTED;
  const sum = create(UsageSchema, {
    ...a,
    serverToolUses: countSum(a.serverToolUses, b.serverToolUses),
    source: isReported ? UsageSource.REPORTED : UsageSource.ESTIMATED,
  });
  addTokenCounts(sum, b);
  return sum;
}

/** How far two segments of one stream had come, together. */
export function progressSum(
  a: StreamProgress | undefined,
  b: StreamProgress | undefined,
): StreamProgress | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const usage = usageSum(a.usage, b.usage);
  return create(StreamProgressSchema, {
    deltas: a.deltas + b.deltas,
    outputChars: a.outputChars + b.outputChars,
    toolCallsOpen: a.toolCallsOpen + b.toolCallsOpen,
    lastEventId: b.lastEventId || a.lastEventId,
    ...(usage && { usage }),
  });
}

type Counts = Readonly<Record<string, bigint>>;

function countSum(a: Counts, b: Counts): Record<string, bigint> {
  const sum = new Map(Object.entries(a));
  for (const [name, count] of Object.entries(b)) sum.set(name, (sum.get(name) ?? 0n) + count);
  return Object.fromEntries(sum);
}
