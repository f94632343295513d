// Proves of a whole server over real sockets, at three times its capacity (O07): those it lets in
// wait a fraction of their time, the rest is refused at once with a time to wait, callers share the
// places evenly, what follows a retry's advice gets through, and a full target says so.
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Client } from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import type { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import { until } from "../support/http.ts";
import { clientOver, completeError, type Wire, wires } from "../support/rpc-client.ts";
import { oneTarget, serverForTest } from "../support/running-server.ts";
import { messageBody } from "./messages-upstream.ts";

const places = 4;
const queue = 2;
const [gRPC] = wires as [Wire];
const request = {
  request: { model: "claude-sonnet-5", contents: [{ role: Role.USER, message: "hello" }] },
};

/** A provider that answers when it is told, in rounds: no time passes but what the test says. */
class RoundProvider {
  readonly waiting: ServerResponse[] = [];
  readonly #server: Server = createServer((_, response) => void this.waiting.push(response));
  /** Most requests that were open at once. */
  most = 0;

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    onTestFinished(() => {
      this.#server.closeAllConnections();
      this.#server.close();
    });
    await until(() => this.#server.listening);
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Answers all that are open. */
  round(): void {
    this.most = Math.max(this.most, this.waiting.length);
    for (const response of this.waiting.splice(0)) {
      response.writeHead(200, { "content-type": "application/json" }).end(messageBody("hi"));
    }
  }
}

/** What became of a call, and in which round. */
interface Outcome {
  readonly round: number;
  readonly error: ConnectorError | undefined;
}

async function outcomeOf(
  client: Client<typeof ConnectorService>,
  round: () => number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  try {
    await client.call(request, { headers });
    return { round: round(), error: undefined };
  } catch (thrown) {
    return { round: round(), error: completeError(thrown as Parameters<typeof completeError>[0]) };
  }
}

it("at three times its capacity it lets in what it can do, and refuses the rest at once", async () => {
  const provider = new RoundProvider();
  const limits = `limits: { active_calls: ${places}, queued_calls: ${queue} }`;
  const server = await serverForTest({ yaml: oneTarget(await provider.listen(), limits) });
  const client = clientOver(gRPC, server.url);
  let round = 0;
  const rounds = 5;
  const began: { readonly round: number; readonly outcome: Promise<Outcome> }[] = [];
  let settled = 0;
  for (; round < rounds; round += 1) {
    for (let call = 0; call < places * 3; call += 1) {
      const outcome = outcomeOf(client, () => round);
      began.push({ round, outcome });
      void outcome.then(() => (settled += 1));
    }
    // All have come to the door: some are refused, the others have a place or wait for one.
    const open = places + queue;
    await until(() => settled === began.length - open && provider.waiting.length === places);
    provider.round();
    await until(() => settled === began.length - queue && provider.waiting.length === queue);
  }
  provider.round();
  const ended = await Promise.all(began.map(({ outcome }) => outcome));
  const admitted = began.filter((_, index) => ended[index]?.error === undefined);
  expect(provider.most).toBe(places);
  expect(admitted).toHaveLength(rounds * places + queue);
  for (const [index, { error, round: end }] of ended.entries()) {
    const start = began[index]?.round ?? 0;
    if (error === undefined) {
      // A round is the time of a call: whoever waited took less than two.
      expect(end - start).toBeLessThanOrEqual(1);
      continue;
    }
    expect(end).toBe(start);
    expect([error.reason, error.status]).toEqual(["SERVER_OVERLOADED", "RESOURCE_EXHAUSTED"]);
    expect(error.fields.retryAfterMs).toBeGreaterThan(0);
  }
});

it("callers share the places, however many calls one of them makes", async () => {
  const provider = new RoundProvider();
  const more = `limits: { active_calls: 2, queued_calls: 4 }
callers:
  - { name: loud, token: token-loud }
  - { name: quiet, token: token-quiet }`;
  const server = await serverForTest({ yaml: oneTarget(await provider.listen(), more) });
  const client = clientOver(gRPC, server.url);
  const as = (caller: string) => ({ authorization: `Bearer token-${caller}` });
  let round = 0;
  const loud = Array.from({ length: 20 }, () => outcomeOf(client, () => round, as("loud")));
  let refused = 0;
  for (const call of loud) void call.then(({ error }) => (refused += error ? 1 : 0));
  await until(() => refused === 14 && provider.waiting.length === 2);
  const quiet = [1, 2].map(() => outcomeOf(client, () => round, as("quiet")));
  await until(() => refused === 16);
  for (round = 1; round <= 3; round += 1) {
    provider.round();
    if (round < 3) await until(() => provider.waiting.length === 2);
  }
  const ends = await Promise.all(quiet);
  expect(ends.map(({ error }) => error)).toEqual([undefined, undefined]);
  const served = (await Promise.all(loud)).filter(({ error }) => error === undefined);
  expect(served).toHaveLength(4);
});

it("a target that is full says so, and the server goes on with the others", async () => {
  const provider = new RoundProvider();
  const url = await provider.listen();
  const yaml = `
limits: { target_calls: 1, target_queue: 1 }
targets:
  - { name: a, adapter: anthropic, base_url: "${url}", api_key: sk-a, egress: { allow_private: true } }
  - { name: b, adapter: anthropic, base_url: "${url}", api_key: sk-b, egress: { allow_private: true } }`;
  const server = await serverForTest({ yaml });
  const client = clientOver(gRPC, server.url);
  const call = (target: string) =>
    client.call({ ...request, options: { target } }).then(
      () => undefined,
      (thrown: unknown) => completeError(thrown as Parameters<typeof completeError>[0]),
    );
  const first = call("a");
  await until(() => provider.waiting.length === 1);
  const others = [call("a"), call("a")];
  const error = await Promise.race(others);
  expect([error?.reason, error?.fields.metadata?.target, error?.fields.metadata?.limit]).toEqual([
    "SERVER_OVERLOADED",
    "a",
    "target_queue",
  ]);
  const elsewhere = call("b");
  await until(() => provider.waiting.length === 2);
  provider.round();
  await until(() => provider.waiting.length === 1);
  provider.round();
  expect(await Promise.all([first, elsewhere])).toEqual([undefined, undefined]);
  expect((await Promise.all(others)).filter((each) => each === undefined)).toHaveLength(1);
});
