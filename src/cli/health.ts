import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../../gen/ts/grpc/health/v1/health_pb.ts";
import { printJSON, printTable, styled } from "./terminal.ts";

const timeoutMs = 5_000;

/** `connector-tool health`. The exit code is 1 unless the whole server is SERVING. */
export async function health(flags: {
  readonly server: string;
  readonly json?: boolean;
}): Promise<void> {
  const client = createClient(Health, createGrpcTransport({ baseUrl: flags.server }));
  const { statuses } = await client.list({}, { timeoutMs });
  const rows = Object.entries(statuses).map(([name, { status }]) => ({
    name,
    status: word(status),
  }));
  if (flags.json) printJSON(Object.fromEntries(rows.map(({ name, status }) => [name, status])));
  else {
    printTable(
      ["service", "status"],
      rows.map(({ name, status }) => [
        name === "" ? "(the server)" : name,
        styled(status === "SERVING" ? "green" : "red", status),
      ]),
    );
  }
  if (statuses[""]?.status !== ServingStatus.SERVING) process.exitCode = 1;
}

function word(status: ServingStatus): string {
  return Object.entries(ServingStatus).find(([, value]) => value === status)?.[0] ?? "UNKNOWN";
}
