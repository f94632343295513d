import type { DescMethod, MessageShape } from "@bufbuild/protobuf";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import type { Limits } from "../contract/limits.ts";
import type { Authenticator } from "./authentication.ts";
import { sizeOfResults } from "./batch-results.ts";
import { ConnectorMethods, type ConnectorMethodsOptions } from "./connector-methods.ts";
import { grpcTrailers } from "./error-status.ts";
import { FastLane } from "./fast-lane.ts";
import type { LaneHandler, LaneRoute } from "./lane-route.ts";
import type { ServerAdmission } from "./server-admission.ts";

/** What the lane of a server is made of. */
export interface ConnectorLaneOptions extends ConnectorMethodsOptions {
  readonly limits: Limits;
  readonly admission: ServerAdmission;
  /** Tells callers apart. */
  readonly authenticator: Authenticator;
}

const { call, streamCall, batchCall, streamBatchCall } = ConnectorService.method;

/** The methods of ConnectorService that are called most, on the lane. */
export function connectorLane(options: ConnectorLaneOptions): FastLane {
  const { api } = options;
  const methods = new ConnectorMethods(options);
  const sizeOf = sizeOfResults(null);
  return new FastLane({
    ...options,
    routes: [
      route(call, (request, context) => api.call(request, context)),
      route(streamCall, (request, context) => api.streamCall(request, context)),
      route(batchCall, (request, context) => methods.batchCall(request, context, sizeOf)),
      route(streamBatchCall, (request, context) =>
        methods.streamBatchCall(request, context, sizeOf),
      ),
    ],
    trailersOf: (thrown) => grpcTrailers(methods.outgoing(thrown)),
  });
}

function route<M extends DescMethod>(
  method: M,
  handle: (
    request: MessageShape<M["input"]>,
    context: Parameters<LaneHandler>[1],
  ) => ReturnType<LaneHandler>,
): LaneRoute {
  // A lane gives a handler messages of its own method.
  return { method, handle: handle as object as LaneHandler };
}
