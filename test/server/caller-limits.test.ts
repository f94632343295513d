// Proves of a whole server that a caller's own limits come from the file, that items of a batch
// count, and that a reload puts others in force without forgetting what was used.
import { expect, it } from "vitest";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { clientOver, receivedError, type Wire, wires } from "../support/rpc-client.ts";
import { ConfigurationFile, serverByFile } from "./configured-server.ts";

const request = {
  model: "claude-sonnet-5",
  maxOutputTokens: 100,
  contents: [{ role: Role.USER, message: "hello" }],
};
const headers = { authorization: "Bearer token-of-a" };

function fileWith(limits: string): string {
  return `simulate: true\ncallers: [{ name: a, token: token-of-a, ${limits} }]\n`;
}

it("limits of callers are those of the file, over a reload", async () => {
  const file = new ConfigurationFile(fileWith("calls_per_minute: 1"));
  const { server, url } = await serverByFile(file);
  const client = clientOver(wires[0] as Wire, url);
  const refusal = async () => {
    const { reason, fields } = await receivedError(client.call({ request }, { headers }));
    return [reason, fields.metadata?.limit, fields.metadata?.max];
  };
  await client.call({ request }, { headers });
  expect(await refusal()).toEqual(["CALLER_RATE_LIMITED", "calls_per_minute", "1"]);
  // What is no call of a provider is not limited.
  expect((await client.listModels({}, { headers })).models.length).toBeGreaterThan(0);

  file.write(fileWith("calls_per_minute: 4"));
  await server.reload();
  const { summary } = await client.batchCall(
    { items: [{ request }, { request }, { request }, { request }, { request }] },
    { headers },
  );
  expect(summary?.succeeded).toBe(5);
  expect(await refusal()).toEqual(["CALLER_RATE_LIMITED", "calls_per_minute", "4"]);

  file.write(fileWith("concurrent_calls: 1"));
  await server.reload();
  await client.call({ request }, { headers });
});
