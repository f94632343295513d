// Proves that a request that is not valid (V01 to V27) is refused through the whole server, on each
// protocol and in each method, with its fields named and without a request to a provider; that what
// may be sent is taken; and what of a caller's headers reaches the provider (V22).
import type { MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CallRequestSchema } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { type LLMRequestSchema, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import { connectorErrorOfStatus } from "../../src/rpc/batch-status.ts";
import { sentResults } from "../support/batches.ts";
import { type RawRequest, RawUpstream } from "../support/raw-upstream.ts";
import {
  clientOver,
  receivedError,
  timeoutHeader,
  type Wire,
  wires,
} from "../support/rpc-client.ts";
import { oneTarget, openServer, type StartedServer } from "../support/running-server.ts";
import { messageBody } from "./messages-upstream.ts";

type Request = MessageInitShape<typeof LLMRequestSchema>;
type CallInit = MessageInitShape<typeof CallRequestSchema>;

const requests: RawRequest[] = [];
let upstream: RawUpstream;
let server: StartedServer;
beforeAll(async () => {
  upstream = await RawUpstream.listen(async (connection) => {
    for (;;) requests.push(await connection.answer(messageBody("Hello")));
  });
  server = await openServer({ yaml: oneTarget(upstream.url) }, afterAll);
});
afterAll(() => upstream.close());

const user = { role: Role.USER, message: "Hello" };
const good: Request = { model: "claude-sonnet-5", maxOutputTokens: 9, contents: [user] };
const tool = (parametersJson: string): Request => ({
  ...good,
  contents: [{ role: Role.USER, message: "a".repeat(99) }],
  tools: [{ name: "look", parametersJson }],
});
const media = (value: object): Request => ({
  ...good,
  contents: [{ role: Role.USER, parts: [{ kind: { case: "media", value } }] }],
});
const deep = `${'{"a":'.repeat(1000)}1${"}".repeat(1000)}`;

/** A request that is refused, and the fields that its BadRequest names. */
interface Refused {
  readonly id: string;
  readonly request: Request;
  readonly fields: readonly string[];
}

function bad(id: string, request: Request, ...fields: readonly string[]): Refused {
  return { id, request, fields };
}

const refused: readonly Refused[] = [
  bad("V01 empty model", { ...good, model: "" }, "request.model"),
  bad("V02 model of 10 KiB", { ...good, model: "m".repeat(10_240) }, "request.model"),
  ...["a\nb", "a\0b", "../a", "a#b", "a?b", "a@b", "a%2fb"].map((model) =>
    bad(`V03 model ${JSON.stringify(model)}`, { ...good, model }, "request.model"),
  ),
  bad("V05 no contents", { ...good, contents: [] }, "request.contents"),
  ...[Number.NaN, Number.POSITIVE_INFINITY, -1, 3].map((temperature) =>
    bad(`V06 temperature ${temperature}`, { ...good, temperature }, "request.temperature"),
  ),
  bad("V07 no tokens", { ...good, maxOutputTokens: 0 }, "request.max_output_tokens"),
  bad("V07 tokens below 0", { ...good, maxOutputTokens: -1 }, "request.max_output_tokens"),
  bad("V08 schema that is no JSON", tool("{"), "request.tools[0].parameters_json"),
  bad(
    "V08 schema of 1 MiB",
    tool(`{"a":"${"x".repeat(1 << 20)}"}`),
    "request.tools[0].parameters_json",
  ),
  bad("V08 schema too deep", tool(deep), "request.tools[0].parameters_json"),
  bad(
    "V08 schema elsewhere",
    tool('{"type":"object","properties":{"a":{"$ref":"http://127.0.0.1/x"}}}'),
    "request.tools[0].parameters_json",
  ),
  bad(
    "V10 a name twice",
    { ...good, tools: [{ name: "a" }, { name: "a" }] },
    "request.tools[1].name",
  ),
  bad(
    "V11 a result without a call",
    {
      ...good,
      contents: [
        user,
        {
          role: Role.TOOL,
          parts: [{ kind: { case: "toolResult", value: { toolCallId: "nobody" } } }],
        },
      ],
    },
    "request.contents[1].parts[0].tool_result.tool_call_id",
  ),
  bad(
    "V13 an image that is none",
    media({ mimeType: "image/png", source: { case: "data", value: Buffer.from("no") } }),
    "request.contents[0].parts[0].media.data",
  ),
  bad(
    "V13 bytes without a type",
    media({ source: { case: "data", value: Buffer.from("no") } }),
    "request.contents[0].parts[0].media.mime_type",
    "request.contents[0].parts[0].media.kind",
  ),
];

async function errorsOf(wire: Wire, init: CallInit, options = {}): Promise<ConnectorError[]> {
  const client = clientOver(wire, server.url);
  const { request, options: callOptions } = init;
  const streamed = async (): Promise<void> => {
    const stream = client.streamCall({ request, options: callOptions } as never, options);
    for await (const _ of stream);
  };
  return await Promise.all([
    receivedError(client.call(init, options)),
    receivedError(streamed()),
    receivedError(client.countTokens(init as never, options)),
  ]);
}

const chosen = wires.filter(({ name }) => !["gRPC in JSON", "gRPC-Web, HTTP/2"].includes(name));

describe.each(chosen)("over $name", (wire) => {
  it.each(refused)("$id", async ({ request, fields }) => {
    const before = requests.length;
    for (const error of await errorsOf(wire, { request })) {
      expect([error.reason, error.status]).toEqual(["INVALID_REQUEST", "INVALID_ARGUMENT"]);
      expect(error.fields.violations?.map(({ field }) => field)).toEqual(fields);
    }
    expect(requests.length).toBe(before);
  });

  it("V04 a name of lookalike letters leads nowhere, and is shown", async () => {
    const before = requests.length;
    for (const error of await errorsOf(wire, { request: { ...good, model: "clаude-sonnet-5" } })) {
      expect([error.reason, error.status]).toEqual(["MODEL_NOT_ROUTED", "NOT_FOUND"]);
      expect(error.message).toContain("cl\\u{430}ude-sonnet-5");
      expect(error.fields.resource?.type).toBe("model");
    }
    expect(requests.length).toBe(before);
  });

  it("V14 an image in a private network is never asked for", async () => {
    const before = requests.length;
    const url = "http://169.254.169.254/latest/meta-data";
    const request = media({ mimeType: "image/png", source: { case: "url", value: url } });
    for (const error of await errorsOf(wire, { request })) {
      expect([error.reason, error.status]).toEqual(["EGRESS_FORBIDDEN", "FAILED_PRECONDITION"]);
    }
    expect(requests.length).toBe(before);
  });

  it("V09, V12, V15, V16 what is odd, but allowed, is taken", async () => {
    const client = clientOver(wire, server.url);
    const startedAt = performance.now();
    const evil = tool('{"type":"object","properties":{"a":{"type":"string","pattern":"^(a+)+$"}}}');
    await client.call({ request: evil });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await client.call({ request: { ...good, responseFormat: {}, toolChoice: {}, thinking: {} } });
    await client.call({ request: { ...good, toolChoice: { mode: 99 as never } } });
  });

  it("V20 names of headers that mean something to a machine mean nothing", async () => {
    const headers = ["__proto__", "constructor", "host"];
    for (const name of headers) {
      const options = { headers: Object.fromEntries([[name, "evil"]]) };
      const client = clientOver(wire, server.url);
      const call = client.call({ request: good, options });
      if (name === "__proto__") expect((await receivedError(call)).status).toBe("INVALID_ARGUMENT");
      else
        expect((await call).response?.warnings.map(({ field }) => field)).toContain(
          `options.headers[${name}]`,
        );
    }
    expect(Reflect.get({}, "evil")).toBeUndefined();
  });

  it("V22 only allowed headers reach the provider", async () => {
    const client = clientOver(wire, server.url);
    const headers = {
      "Anthropic-Beta": "one-2025-01-01",
      "x-request-id": "id-1",
      authorization: "Bearer evil",
      "x-api-key": "evil",
      cookie: "evil=1",
      "content-length": "1",
      "transfer-encoding": "chunked",
      connection: "close",
      "x-other": "evil",
    };
    const { response } = await client.call(
      { request: good, options: { headers } },
      { headers: { authorization: "Bearer evil", cookie: "evil=2", "x-evil": "evil" } },
    );
    const sent = requests.at(-1);
    expect(sent?.headers).toMatchObject({
      "anthropic-beta": "one-2025-01-01",
      "x-request-id": "id-1",
      "x-api-key": "sk-e2e-upstream",
    });
    expect(sent?.headerLines.filter((line) => line.includes("evil"))).toEqual([]);
    expect(sent?.headers["transfer-encoding"]).toBeUndefined();
    expect(response?.warnings.map(({ field }) => field).sort()).toEqual(
      ["authorization", "connection", "content-length", "cookie", "transfer-encoding", "x-api-key"]
        .concat("x-other")
        .map((name) => `options.headers[${name}]`)
        .sort(),
    );
  });

  it("V23, V24 time that nobody can have is cut or over at once", async () => {
    const client = clientOver(wire, server.url);
    const long = wire.protocol === "connect" ? "9999999999" : "99999999H";
    const name = wire.protocol === "connect" ? "connect-timeout-ms" : "grpc-timeout";
    const answer = await client.call({ request: good }, { headers: { [name]: long } });
    expect(answer.response?.content?.message).toBe("Hello");
    const before = requests.length;
    for (const error of await errorsOf(
      wire,
      { request: good },
      { headers: timeoutHeader(wire, 0) },
    )) {
      expect(error.reason).toBe("CALLER_DEADLINE_EXCEEDED");
    }
    expect(requests.length).toBe(before);
  });

  it("V26 batches of none, of too many, and with ids twice", async () => {
    const client = clientOver(wire, server.url);
    const item = (id: string) => ({ id, request: good });
    const batches: readonly (readonly [string, ReturnType<typeof item>[]])[] = [
      ["items", []],
      ["items", Array.from({ length: 10_001 }, (_, index) => item(`${index}`))],
      ["items[2].id", [item("a"), item("b"), item("a")]],
      ["items[1].id", [item("1"), item("")]],
      ["items[0].id", [item("x".repeat(256))]],
    ];
    const before = requests.length;
    for (const [field, items] of batches) {
      const calls = [client.batchCall({ items }), sentResults(client.streamBatchCall({ items }))];
      for (const error of await Promise.all(calls.map(receivedError))) {
        expect([error.reason, error.status]).toEqual(["INVALID_REQUEST", "INVALID_ARGUMENT"]);
        expect(error.fields.violations?.[0]?.field).toBe(field);
      }
    }
    expect(requests.length).toBe(before);
    const { results } = await client.batchCall({ items: [item("one")] });
    expect(results).toMatchObject([{ id: "one", index: 0, outcome: { case: "response" } }]);
  });

  it("V27 one bad item is one bad result", async () => {
    const client = clientOver(wire, server.url);
    const items = Array.from({ length: 5 }, (_, index) => ({
      request: index === 3 ? { ...good, temperature: -1 } : good,
    }));
    const whole = await client.batchCall({ items });
    const streamed = await sentResults(client.streamBatchCall({ items }));
    for (const results of [whole.results, streamed]) {
      expect(results.filter(({ outcome }) => outcome.case === "response")).toHaveLength(4);
      const { outcome } = results.find(({ index }) => index === 3)!;
      if (outcome.case !== "error") throw new Error("item 3 has no error");
      const error = connectorErrorOfStatus(outcome.value);
      expect([error.reason, error.status]).toEqual(["INVALID_REQUEST", "INVALID_ARGUMENT"]);
      expect(error.fields.violations?.[0]?.field).toBe("request.temperature");
    }
    expect(whole.summary).toMatchObject({ total: 5, succeeded: 4, failed: 1, notStarted: 0 });
  });

  it("V30 ids that are no ids", async () => {
    for (const requestId of ["é", "x".repeat(256)]) {
      for (const error of await errorsOf(wire, { request: good, options: { requestId } })) {
        expect(error.fields.violations?.[0]?.field).toBe("options.request_id");
      }
    }
  });
});
