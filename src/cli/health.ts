import { ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../../gen/ts/grpc/health/v1/health_pb.ts";
import { connectorErrorFrom } from "../rpc/error-status.ts";
import { printJSON, printTable, styled } from "./terminal.ts";

const timeoutMs = 5_000;
const serving = "SERVING";

/** `connector-tool health`. The exit code is 1 unless the whole server is SERVING. */
export async function health(flags: {
  readonly server: string;
  readonly json?: boolean;
}): Promise<void> {
  const statuses = await askForStatuses(flags.server);
  if (flags.json) printJSON(statuses);
  else {
    printTable(
      ["service", "status"],
      Object.entries(statuses).map(([name, status]) => [
        name === "" ? "(the server)" : name,
        styled(status === serving ? "green" : "red", status),
      ]),
    );
  }
  if (statuses[""] !== serving) process.exitCode = 1;
}

/** The status of each service by name. Throws ConnectorError. */
async function askForStatuses(baseUrl: string): Promise<Readonly<Record<string, string>>> {
  const client = createClient(Health, createGrpcTransport({ baseUrl }));
  try {
    const { statuses } = await client.list({}, { timeoutMs });
    return Object.fromEntries(
      Object.entries(statuses).map(([name, { status }]) => [name, wordOf(status)]),
    );
  } catch (thrown) {
    throw connectorErrorFrom(ConnectError.from(thrown));
  }
}

function wordOf(status: ServingStatus): string {
  return Object.entries(ServingStatus).find(([, value]) => value === status)?.[0] ?? "UNKNOWN";
}
