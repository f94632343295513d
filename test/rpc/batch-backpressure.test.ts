// Proves that a reader of a batch that stops stops the batch (S22): no item begins for it, those
// that wait are bounded, other callers are served, and every result arrives when it reads on.
import { once } from "node:events";
import { connect as connectHTTP2 } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { expect, it, onTestFinished } from "vitest";
import { StreamBatchCallRequestSchema } from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import { askFor, wholeAnswer } from "../support/batches.ts";
import { FakeApi, goodRequest } from "../support/fake-api.ts";
import { until } from "../support/http.ts";
import { clientOver, wires } from "../support/rpc-client.ts";
import { startRPCServer } from "../support/rpc-server.ts";

const count = 2_000;
const maxConcurrency = 8;
const answerBytes = 20_000;
const path = "/nexen.connectors.v1.ConnectorService/StreamBatchCall";

it("a reader that stops holds the batch back, and gets all of it when it reads on", async () => {
  let begun = 0;
  let running = 0;
  const api = new FakeApi({
    call: async ({ request }) => {
      if (request?.contents[0]?.message !== "item") return undefined as never;
      begun += 1;
      running += 1;
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return wholeAnswer("x".repeat(answerBytes));
    },
  });
  const server = await startRPCServer({ api });
  const session = connectHTTP2(server.url);
  onTestFinished(() => session.destroy());
  const headers = { "content-type": "application/grpc", te: "trailers" };
  const stream = session.request({ ":method": "POST", ":path": path, ...headers });
  const items = Array.from({ length: count }, () => askFor("item"));
  const request = create(StreamBatchCallRequestSchema, { items, maxConcurrency });
  stream.end(encodeEnvelope(0, toBinary(StreamBatchCallRequestSchema, request)));
  await once(stream, "response");

  let last = -1;
  let turns = 0;
  await until(() => {
    turns = begun === last ? turns + 1 : 0;
    last = begun;
    return turns > 500 && begun > 0;
  });
  // What windows and buffers of sockets hold was carried out, and no more than runs at once besides.
  expect(begun).toBeLessThan(count / 2);
  expect(running).toBe(0);
  const { response } = await clientOver(wires[0]!, server.url).call(goodRequest);
  expect(response?.content?.message).toBe("hello");
  expect(begun).toBe(last);

  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await once(stream, "end");
  expect(begun).toBe(count);
  expect(bytes).toBeGreaterThan(count * answerBytes);
});
