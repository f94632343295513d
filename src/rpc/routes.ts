import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { file_google_rpc_error_details } from "../../gen/ts/google/rpc/error_details_pb.ts";
import { file_google_rpc_status } from "../../gen/ts/google/rpc/status_pb.ts";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../gen/ts/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../../gen/ts/grpc/reflection/v1alpha/reflection_pb.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { file_nexen_connectors_v1_error } from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import type { Clock } from "../contract/clock.ts";
import type { ConnectorApi } from "../contract/connector-api.ts";
import type { ConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import type { Authenticator } from "./authentication.ts";
import type { RequestHandler } from "./connection.ts";
import { connectorLane } from "./connector-lane.ts";
import { connectorService } from "./connector-service.ts";
import { type HealthRegistry, healthService } from "./health-service.ts";
import { createNodeHandler } from "./node-handler.ts";
import { reflectionService } from "./reflection-service.ts";
import type { ServerAdmission } from "./server-admission.ts";

/** What the services are made of. */
export interface ConnectorRoutesOptions {
  /** Carries the calls out; it validates requests itself (ValidatedApi). */
  readonly api: ConnectorApi;
  readonly limits: Limits;
  readonly clock: Clock;
  /** Lets calls in. */
  readonly admission: ServerAdmission;
  readonly health: HealthRegistry;
  /** Whether server reflection is offered. */
  readonly reflection: boolean;
  /** Aborted when draining has taken long enough: open calls end with SERVER_DRAINING. */
  readonly shutdownSignal: AbortSignal;
  /** Told of every fault of this server, with its cause. Must not throw. */
  onFault(error: ConnectorError): void;
}

/** What the handler of a server is made of. */
export interface ConnectorNodeHandlerOptions extends ConnectorRoutesOptions {
  /** Tells callers apart. */
  readonly authenticator: Authenticator;
  /** Whether calls of gRPC that are common are served without Connect. Default: true. */
  readonly fastLane?: boolean | undefined;
}

/** Adds ConnectorService, health and, if wanted, reflection v1 and v1alpha to a router. */
export function connectorRoutes(options: ConnectorRoutesOptions): (router: ConnectRouter) => void {
  const { health, reflection } = options;
  return (router) => {
    router.service(ConnectorService, connectorService(options));
    router.service(Health, healthService(health, options));
    if (!reflection) return;
    const services = [ConnectorService, Health, ServerReflection, ServerReflectionAlpha];
    addReflection(router, services);
  };
}

/**
 * Serves the routes over gRPC, gRPC-Web and Connect on a listener of HTTP/1.1 and HTTP/2: with
 * limits on messages, credentials judged before a body is read, and gzip or no compression.
 */
export function connectorNodeHandler(options: ConnectorNodeHandlerOptions): RequestHandler {
  const handler = createNodeHandler({ ...options, routes: connectorRoutes(options) });
  if (options.fastLane === false) return handler;
  return Object.assign(handler, { fastLane: connectorLane(options) });
}

function addReflection(router: ConnectRouter, services: readonly DescService[]): void {
  // Error details travel as Any, so no service refers to them, and tools could not print them.
  const files = [
    file_google_rpc_error_details,
    file_google_rpc_status,
    file_nexen_connectors_v1_error,
  ];
  const implementation = reflectionService({ services, files });
  router.service(ServerReflection, implementation);
  // Both versions have the same messages but for their names.
  router.service(
    ServerReflectionAlpha,
    implementation as object as Parameters<typeof router.service<typeof ServerReflectionAlpha>>[1],
  );
}
