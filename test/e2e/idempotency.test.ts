// Proves of a whole server over real sockets that an id of a request means one request: V28 (reused
// with another body), V29 (while the first is in flight), V30 (its form), O23 (another caller), and
// that what is remembered outlives a reload of the configuration.
import { describe, expect, it } from "vitest";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { rawUpstream } from "../support/http.ts";
import { clientOver, receivedError, textsOf, type Wire, wires } from "../support/rpc-client.ts";
import { oneTarget, serverForTest } from "../support/running-server.ts";
import { messageBody } from "./messages-upstream.ts";

const callers = `callers:
  - { name: a, token: token-a }
  - { name: b, token: token-b }`;
const as = (caller: string) => ({ headers: { authorization: `Bearer token-${caller}` } });

function asked(requestId: string, message = "hello") {
  const contents = [{ role: Role.USER, message }];
  return {
    request: { model: "claude-sonnet-5", maxOutputTokens: 100, contents },
    options: { requestId },
  };
}

/** A provider that numbers its answers, and a gate that holds them. */
async function numberingServer() {
  let answers = 0;
  let gate = Promise.resolve();
  const upstream = await rawUpstream(async (connection) => {
    for (;;) {
      await connection.request();
      answers += 1;
      const answer = messageBody(`answer ${answers}`);
      await gate;
      await connection.send(`HTTP/1.1 200 OK\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`);
    }
  });
  const started = await serverForTest({ yaml: oneTarget(upstream.url, callers) });
  return {
    ...started,
    answers: () => answers,
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
  };
}

const twoWires = wires.filter(({ name }) => ["gRPC", "Connect in JSON, HTTP/1.1"].includes(name));

describe.each(twoWires)("over $name", (wire: Wire) => {
  it("an id means one request", async () => {
    const { url, hold, answers, server } = await numberingServer();
    const client = clientOver(wire, url);
    const textOf = async (...call: Parameters<typeof client.call>) =>
      (await client.call(...call)).response?.content?.message;
    const go = hold();
    const first = textOf(asked("id-1"), as("a"));
    while (answers() < 1) await client.listModels({}, as("a"));
    const again = await receivedError(client.call(asked("id-1"), as("a")));
    expect([again.reason, again.status]).toEqual(["IDEMPOTENCY_IN_PROGRESS", "ABORTED"]);
    expect(again.fields.retryAfterMs).toBeGreaterThan(0);
    go();
    expect(await first).toBe("answer 1");

    const { response } = await client.call(asked("id-1"), as("a"));
    expect(response?.content?.message).toBe("answer 1");
    expect(response?.warnings.map(({ field }) => field)).toEqual(["options.request_id"]);
    await server.reload();
    expect(await textOf(asked("id-1"), as("a"))).toBe("answer 1");
    for (const other of [
      client.call(asked("id-1", "bye"), as("a")),
      textsOf(client.streamCall(asked("id-1"), as("a"))),
    ]) {
      const { reason, status } = await receivedError(other);
      expect([reason, status]).toEqual(["IDEMPOTENCY_MISMATCH", "INVALID_ARGUMENT"]);
    }
    expect(await textOf(asked("id-1"), as("b"))).toBe("answer 2");
    expect(await textOf(asked("id-2"), as("a"))).toBe("answer 3");
    expect(answers()).toBe(3);
  });

  it.each(["x".repeat(256), "café", "a\nb"])("an id such as %j is refused", async (id) => {
    const { url, answers } = await numberingServer();
    const error = await receivedError(clientOver(wire, url).call(asked(id), as("a")));
    expect([error.reason, error.fields.violations?.map(({ field }) => field)]).toEqual([
      "INVALID_REQUEST",
      ["options.request_id"],
    ]);
    expect(answers()).toBe(0);
  });
});
