// Proves Bedrock through a running server over real sockets: what is asked is signed so that an
// independent signer signs it alike, or bears a key; whole answers and binary streams come through;
// what breaks in a stream is an error that says how far it had come; and no secret is in any error.
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { SignatureV4 } from "@smithy/signature-v4";
import { describe, expect, it, onTestFinished } from "vitest";
import { type LLMResponse, Role, StopReason } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { encodeEvent, encodeException } from "../support/aws-event-stream.ts";
import { clientOver, receivedError, textsOf, wires } from "../support/rpc-client.ts";
import { serverForTest } from "../support/running-server.ts";

interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** An upstream that gives one answer to everything, and keeps what it was asked. */
async function upstream(answer: Answer) {
  const asked: Asked[] = [];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { url = "", headers } = request;
    asked.push({ path: url, headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(answer.status ?? 200, { "x-amzn-requestid": "req-1", ...answer.headers });
    response.end(answer.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { asked, url: `http://127.0.0.1:${port}` };
}

const secret = "canary-secret-access-key";
const token = "canary-session-token";
const signedBy = `credentials: { type: aws, access_key_id: AKIATEST, secret_access_key: ${secret}, session_token: ${token} }`;

async function scene(answer: Answer, keys: string) {
  const { asked, url } = await upstream(answer);
  const [wire] = wires;
  if (wire === undefined) throw new Error("there is no wire");
  const where = `base_url: "${url}", region: eu-west-1, egress: { allow_private: true }`;
  const yaml = `targets:\n  - { name: t, host: bedrock, ${where}, ${keys} }\n`;
  const server = await serverForTest({ yaml });
  return { asked, client: clientOver(wire, server.url), log: server.log };
}

const model = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
const ask = {
  request: {
    model,
    maxOutputTokens: 64,
    contents: [{ role: Role.USER, message: "Grüße 👋" }],
  },
  options: { target: "t" },
};

/** Node's hashes in the shape that AWS's library wants. */
class Sha256 {
  readonly #secret: Uint8Array | undefined;
  #data = Buffer.alloc(0);

  constructor(key?: unknown) {
    this.#secret = key === undefined ? undefined : Buffer.from(key as string);
  }

  update(data: unknown): void {
    this.#data = Buffer.concat([this.#data, Buffer.from(data as string)]);
  }

  async digest(): Promise<Uint8Array> {
    const hash = this.#secret ? createHmac("sha256", this.#secret) : createHash("sha256");
    return hash.update(this.#data).digest();
  }

  reset(): void {
    this.#data = Buffer.alloc(0);
  }
}

/** The signature that AWS's own library gives to what arrived. */
async function expectedSignature({ path, headers, body }: Asked): Promise<string | undefined> {
  const signer = new SignatureV4({
    credentials: { accessKeyId: "AKIATEST", secretAccessKey: secret, sessionToken: token },
    region: "eu-west-1",
    service: "bedrock",
    sha256: Sha256,
    uriEscapePath: true,
  });
  const time = String(headers["x-amz-date"]).replace(/^(....)(..)(..T..)(..)/, "$1-$2-$3:$4:");
  const { host = "" } = headers;
  const signed = await signer.sign(
    {
      method: "POST",
      protocol: "http:",
      hostname: "127.0.0.1",
      path,
      query: {},
      headers: {
        host,
        "content-type": String(headers["content-type"]),
        "x-amz-content-sha256": createHash("sha256").update(body).digest("hex"),
      },
      body,
    },
    { signingDate: new Date(time) },
  );
  return signed.headers.authorization;
}

const converseAnswer = JSON.stringify({
  output: { message: { role: "assistant", content: [{ text: "Hallo" }] } },
  stopReason: "end_turn",
  usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 },
});
const events = [
  encodeEvent("messageStart", { role: "assistant" }),
  encodeEvent("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hal" } }),
  encodeEvent("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "lo" } }),
  encodeEvent("contentBlockStop", { contentBlockIndex: 0 }),
  encodeEvent("messageStop", { stopReason: "end_turn" }),
  encodeEvent("metadata", {
    usage: { inputTokens: 3, outputTokens: 5 },
    metrics: { latencyMs: 1 },
  }),
];
const streamHeaders = { "content-type": "application/vnd.amazon.eventstream" };
const converse = `adapter: anthropic, dialect: bedrock-converse, ${signedBy}`;

describe("a request", () => {
  it.each([
    ["converse", converse],
    ["invoke", `adapter: anthropic, ${signedBy}`],
  ])("to %s is signed", async (operation, keys) => {
    const { asked, client } = await scene({ body: converseAnswer }, keys);
    await client.call(ask).catch(() => undefined);
    const [request] = asked;
    if (request === undefined) throw new Error("nothing was asked");
    expect(request.path).toBe(`/model/${encodeURIComponent(model)}/${operation}`);
    expect(request.headers["x-amz-security-token"]).toBe(token);
    expect(request.headers.authorization).toBe(await expectedSignature(request));
  });

  it("bears a key of Bedrock's where the target has one, and is not signed", async () => {
    const keys = "adapter: anthropic, dialect: bedrock-converse, api_key: bedrock-api-key-1";
    const { asked, client } = await scene({ body: converseAnswer }, keys);
    await client.call(ask);
    expect(asked[0]?.headers.authorization).toBe("Bearer bedrock-api-key-1");
    expect(asked[0]?.headers["x-amz-date"]).toBeUndefined();
  });

  it("counts tokens, or has them estimated where the model's are not counted", async () => {
    const counted = await scene({ body: '{"inputTokens":7}' }, converse);
    expect((await counted.client.countTokens(ask)).inputTokens).toBe(7n);
    const body = '{"message":"The provided model doesn\'t support counting tokens."}';
    const estimated = await scene({ status: 400, body }, converse);
    const { inputTokens, warnings } = await estimated.client.countTokens(ask);
    expect(inputTokens).toBeGreaterThan(0n);
    expect(warnings.map(({ field }) => field)).toEqual(["input_tokens"]);
  });
});

describe("an answer", () => {
  it("is the same whole and streamed", async () => {
    const whole = await scene({ body: converseAnswer }, converse);
    const { response } = await whole.client.call(ask);
    expect(response).toMatchObject({
      model,
      content: { message: "Hallo" },
      stopReason: StopReason.END_TURN,
      usage: { inputTokens: 3n, outputTokens: 5n },
    });
    const streamed = await scene({ headers: streamHeaders, body: Buffer.concat(events) }, converse);
    let last: LLMResponse | undefined;
    for await (const { event } of streamed.client.streamCall(ask)) {
      if (event.case === "finished") last = event.value.response;
    }
    expect(last?.content).toEqual(response?.content);
    expect(last?.route?.attempts[0]?.providerRequestId).toBe("req-1");
    expect(streamed.asked[0]?.headers.accept).toBe("application/vnd.amazon.eventstream");
  });

  it("without its metadata is whole, with a warning", async () => {
    const body = Buffer.concat(events.slice(0, -1));
    const { client } = await scene({ headers: streamHeaders, body }, converse);
    let last: LLMResponse | undefined;
    for await (const { event } of client.streamCall(ask)) {
      if (event.case === "finished") last = event.value.response;
    }
    expect(last?.content?.message).toBe("Hallo");
    expect(last?.warnings).toHaveLength(1);
  });
});

describe("a stream that breaks", () => {
  const broken = Buffer.concat(events);
  broken.writeUInt8(broken.readUInt8(events[0]!.length + 40) ^ 1, events[0]!.length + 40);

  it.each([
    [
      "by an exception",
      Buffer.concat([
        ...events.slice(0, 3),
        encodeException("throttlingException", { message: "slow" }),
      ]),
      "PROVIDER_RATE_LIMITED",
    ],
    ["by its end", Buffer.concat(events.slice(0, 3)), "STREAM_TRUNCATED"],
    ["inside a message", Buffer.concat(events.slice(0, 4)).subarray(0, -9), "STREAM_TRUNCATED"],
    ["by a wrong sum", broken, "PROVIDER_MALFORMED_RESPONSE"],
    ["by another wire", Buffer.from("data: {}\n\ndata: {}\n\n"), "PROVIDER_MALFORMED_RESPONSE"],
  ])("%s is an error", async (title, body, reason) => {
    const { client } = await scene({ headers: streamHeaders, body }, converse);
    const error = await receivedError(textsOf(client.streamCall(ask)));
    expect(error.reason).toBe(reason);
    const characters = Number(error.fields.progress?.outputChars ?? 0);
    expect(characters > 0).toBe(!/sum|wire/.test(title));
  });
});

describe("a failure", () => {
  it("tells what helps, and no secret, even if the provider repeats one", async () => {
    const body = JSON.stringify({ message: `Signature expired for ${secret} and ${token}` });
    const headers = { "x-amzn-errortype": "InvalidSignatureException:http://internal.amazon.com/" };
    const { client, log } = await scene({ status: 403, headers, body }, converse);
    const error = await receivedError(client.call(ask));
    expect([error.reason, error.status]).toEqual([
      "PROVIDER_CREDENTIAL_INVALID",
      "FAILED_PRECONDITION",
    ]);
    expect(error.message).toContain("clock");
    expect(error.fields.metadata).toMatchObject({
      provider_request_id: "req-1",
      http_status: "403",
    });
    expect(inspect(error, { depth: 10 }) + log.join("")).not.toContain("canary");
  });
});
