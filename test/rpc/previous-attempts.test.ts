// Proves that the api learns how often a client of gRPC has tried a call before, and that whatever
// is no such number counts as never.
import { expect, it } from "vitest";
import { FakeApi, goodRequest } from "../support/fake-api.ts";
import { clientOver, type Wire, wires } from "../support/rpc-client.ts";
import { startRPCServer } from "../support/rpc-server.ts";

const garbage = ["", "-1", "1.5", "0x2", "2x", "two", "1, 2", "9".repeat(10), "1e3"];

it.each(wires)("over $name", async (wire: Wire) => {
  const api = new FakeApi();
  const client = clientOver(wire, (await startRPCServer({ api })).url);
  const sent = ["2", "0", "999999999", ...garbage];
  for (const value of sent) {
    await client.call(goodRequest, { headers: { "grpc-previous-rpc-attempts": value } });
  }
  await client.call(goodRequest);
  const told = wire.protocol === "connect" ? [0, 0, 0] : [2, 0, 999_999_999];
  const heard = api.contexts.map(({ previousAttempts }) => previousAttempts);
  expect(heard).toEqual([...told, ...garbage.map(() => 0), 0]);
});
