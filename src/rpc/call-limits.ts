import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import type { Limits } from "../contract/limits.ts";

/** Beyond it Node's timers fire at once. */
const timerMsMax = 2_147_483_647;

const { batchCall, streamBatchCall } = ConnectorService.method;
const batchPaths: ReadonlySet<string> = new Set(
  [batchCall, streamBatchCall].map(({ name }) => `/${ConnectorService.typeName}/${name}`),
);

/** The longest deadline of a call by its path, ms. */
export function timeoutMsMaxOf(path: string, limits: Limits): number {
  const { callTimeoutMsMax, batchTimeoutMsMax } = limits;
  return Math.min(batchPaths.has(path) ? batchTimeoutMsMax : callTimeoutMsMax, timerMsMax);
}

/**
 * Depth of messages that are parsed. A level of a Struct takes up to three of protobuf; validation
 * counts the levels themselves.
 */
export function recursionLimit({ jsonDepth }: Pick<Limits, "jsonDepth">): number {
  return jsonDepth * 3 + 32;
}
