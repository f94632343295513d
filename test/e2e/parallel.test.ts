// Proves that calls do not meet: any number of them, over few connections to the provider, with
// callers that leave in between, each get their own answer; that what a provider sends unasked
// reaches nobody (U34); that a connection that went stale is replaced (U07); and that 500 streams
// at once are complete.
import type { Client } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import type { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { rawUpstream, until } from "../support/http.ts";
import type { RawConnection } from "../support/raw-upstream.ts";
import { clientOver, connectError, type Wire, wires } from "../support/rpc-client.ts";
import { oneTarget, serverForTest } from "../support/running-server.ts";
import {
  deltaChunk,
  messageBody,
  streamEnd,
  streamHead,
  streamStart,
} from "./messages-upstream.ts";

const words = 20;

function requestFor(id: string) {
  const contents = [{ role: Role.USER, message: id }];
  return { request: { model: "claude-sonnet-5", maxOutputTokens: 100, contents } };
}

/** What the provider answers to an id. */
function answerTo(id: string): string {
  return Array.from({ length: words }, (_, index) => `${id}.${index} `).join("");
}

/** A provider that repeats each request's id, streamed word by word if asked to. */
async function echo(connection: RawConnection): Promise<void> {
  for (;;) {
    const { body } = await connection.request();
    const id = /"(id-[^"]+)"/.exec(body)?.[1] ?? "none";
    if (!body.includes('"stream":true')) {
      const answer = messageBody(answerTo(id));
      await connection.send(`HTTP/1.1 200 OK\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`);
      continue;
    }
    await connection.send(streamHead, streamStart);
    for (let index = 0; index < words; index += 1)
      await connection.send(deltaChunk(`${id}.${index} `));
    await connection.send(streamEnd);
  }
}

async function textOf(stream: AsyncIterable<StreamCallResponse>): Promise<string> {
  let text = "";
  let whole: string | undefined;
  for await (const { event } of stream) {
    if (event.case === "textDelta") text += event.value.text;
    if (event.case === "finished") whole = event.value.response?.content?.message;
  }
  expect(whole).toBe(text);
  return text;
}

type Service = Client<typeof ConnectorService>;

/** A call that gets its own answer, or that its caller leaves at once. */
async function unary(client: Service, id: string, leaves: boolean): Promise<void> {
  const abort = new AbortController();
  const call = client.call(requestFor(id), { signal: abort.signal });
  if (leaves) {
    setImmediate(() => abort.abort());
    await call.catch(() => undefined);
    return;
  }
  expect((await call).response?.content?.message).toBe(answerTo(id));
}

/** A stream that gets its own answer, or that its caller leaves after the first words. */
async function streamed(client: Service, id: string, leaves: boolean): Promise<void> {
  const abort = new AbortController();
  const stream = client.streamCall(requestFor(id), { signal: abort.signal });
  if (!leaves) {
    expect(await textOf(stream)).toBe(answerTo(id));
    return;
  }
  const read = async (): Promise<void> => {
    for await (const { event } of stream) if (event.case === "textDelta") abort.abort();
  };
  expect((await connectError(read())).code).toBe(1);
}

describe.each(wires)("over $name", (wire: Wire) => {
  it("calls that share few connections, and lose callers, get their own answers", async () => {
    const upstream = await rawUpstream(echo);
    const yaml = oneTarget(upstream.url, "limits: { provider_connections: 4 }");
    const server = await serverForTest({ yaml });
    const client = clientOver(wire, server.url);
    const calls = Array.from({ length: 60 }, async (_, index) => {
      const run = index % 2 === 0 ? unary : streamed;
      await run(client, `id-${index}`, index % 5 === 0);
    });
    await Promise.all(calls);
    const { response } = await client.call(requestFor("id-last"));
    expect(response?.content?.message).toBe(answerTo("id-last"));
  });
});

it("what a provider sends unasked reaches nobody", async () => {
  const upstream = await rawUpstream(async (connection) => {
    const request = await connection.request();
    const id = /"(id-[^"]+)"/.exec(request.body)?.[1] ?? "none";
    const answer = messageBody(answerTo(id));
    const evil = messageBody("smuggled");
    const whole = (body: string): string =>
      `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    await connection.send(whole(answer) + whole(evil), whole(evil));
  });
  const server = await serverForTest({ yaml: oneTarget(upstream.url) });
  const client = clientOver(wires[0] as Wire, server.url);
  for (let index = 0; index < 20; index += 1) {
    const { response } = await client.call(requestFor(`id-${index}`));
    expect(response?.content?.message).toBe(answerTo(`id-${index}`));
  }
});

it("a connection that the provider has closed is replaced without a word", async () => {
  const upstream = await rawUpstream(async (connection) => {
    await connection.answer(messageBody("once"));
    await connection.request();
    connection.reset();
  });
  const server = await serverForTest({ yaml: oneTarget(upstream.url) });
  const client = clientOver(wires[0] as Wire, server.url);
  for (let index = 0; index < 5; index += 1) {
    const { response } = await client.call(requestFor(`id-${index}`));
    expect(response?.content?.message).toBe("once");
    expect(response?.route?.attempts).toHaveLength(1);
  }
});

it("500 streams at once are complete, and none waits for another", async () => {
  const held: (() => void)[] = [];
  const upstream = await rawUpstream(async (connection) => {
    const { body } = await connection.request();
    const id = /"(id-[^"]+)"/.exec(body)?.[1] ?? "none";
    await connection.send(streamHead, streamStart, deltaChunk(`${id} `));
    await new Promise<void>((resolve) => held.push(resolve));
    await connection.send(deltaChunk("end"), streamEnd);
  });
  const server = await serverForTest({ yaml: oneTarget(upstream.url) });
  const clients = wires.map((wire) => clientOver(wire, server.url));
  const texts = Array.from({ length: 500 }, (_, index) => {
    const client = clients[index % clients.length];
    if (client === undefined) throw new Error("no client");
    return textOf(client.streamCall(requestFor(`id-${index}`)));
  });
  await until(() => held.length === 500);
  console.info(`500 streams open: RSS ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB`);
  for (const release of held) release();
  const all = await Promise.all(texts);
  expect(all).toEqual(all.map((_, index) => `id-${index} end`));
});
