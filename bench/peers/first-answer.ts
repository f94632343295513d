import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:http2";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expectedOf } from "./in-process-client.ts";
import type { Wire } from "./peer.ts";

const model = "bench-500b";
const pauseMs = 5;
const callMsMax = 10_000;
const messages = [{ role: "user", content: "Hello" }];
const contents = [{ role: "ROLE_USER", message: "Hello" }];
const connectPath = "/nexen.connectors.v1.ConnectorService/Call";

/**
 * Calls a server again and again until it answers rightly. Rejects after `patienceMs`, with what
 * was wrong with the last answer.
 */
export async function firstAnswer(
  wire: Exclude<Wire, { protocol: "in-process" }>,
  port: number,
  patienceMs: number,
): Promise<void> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const heard = await heardFrom(wire, port);
    if (heard.includes(expectedOf(model).text)) return;
    if (performance.now() > until) throw new Error(`no right answer: ${heard.slice(0, 200)}`);
    await sleep(pauseMs);
  }
}

/** What was answered; in place of an answer, why there was none. */
async function heardFrom(
  wire: Exclude<Wire, { protocol: "in-process" }>,
  port: number,
): Promise<string> {
  try {
    switch (wire.protocol) {
      case "hop":
        return await byGRPC(port);
      case "grpc":
      case "connect-json":
        return await byHTTP(port, connectPath, {}, { request: { model, contents } });
      case "openai": {
        const { path = "/v1/chat/completions", headers = {}, modelPrefix = "" } = wire;
        return await byHTTP(port, path, headers, { model: `${modelPrefix}${model}`, messages });
      }
    }
  } catch (error) {
    return String(error);
  }
}

async function byHTTP(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: object,
): Promise<string> {
  const call = request({
    host: "127.0.0.1",
    port,
    path,
    method: "POST",
    agent: false,
    headers: { "content-type": "application/json", ...headers },
    signal: AbortSignal.timeout(callMsMax),
  });
  call.end(JSON.stringify(body));
  const [response] = await once(call, "response");
  return await text(response);
}

/** The hop wants no schema: the model's name anywhere in the message is enough. */
async function byGRPC(port: number): Promise<string> {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    await once(session, "connect");
    const stream = session.request({
      ":method": "POST",
      ":path": "/bench/Call",
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.setTimeout(callMsMax, () => stream.destroy(new Error("timed out")));
    const frame = Buffer.concat([Buffer.alloc(5), Buffer.from(model)]);
    frame.writeUInt32BE(model.length, 1);
    stream.end(frame);
    return await text(stream);
  } finally {
    session.destroy();
  }
}
