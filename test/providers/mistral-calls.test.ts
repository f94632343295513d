// Proves over real sockets what a caller of Mistral gets: the request at the API's own path with
// its key, a whole answer and a streamed one, `finish_reason: "error"` as an error with the
// progress of the stream, an error in the middle of a stream, and a stream that breaks off.
import { create, toJsonString } from "@bufbuild/protobuf";
import { afterEach, describe, expect, it } from "vitest";
import {
  CallRequestSchema,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { type LLMResponse, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { StreamCallResponseSchema } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { type Connectors, createConnectors } from "../../src/connectors.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { mistral } from "../../src/providers/mistral/index.ts";
import { fakeTarget } from "../support/fake-adapter.ts";
import { chunkedHead, httpChunk, type RawRequest, RawUpstream } from "../support/raw-upstream.ts";
import { deltaText, errorOf, type Streamed } from "../support/simulated-connectors.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const correlation = "mistral-correlation-id: c-1\r\n";
const json = `content-type: application/json\r\n${correlation}`;
const sse = `content-type: text/event-stream\r\n${correlation}`;

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** What one call gives when the provider answers every request so. */
async function asked(answer: string, headers: string, ending: "whole" | "reset" = "whole") {
  const requests: RawRequest[] = [];
  const upstream = await RawUpstream.listen(async (connection) => {
    for (;;) {
      requests.push(await connection.request());
      await connection.send(chunkedHead(headers), httpChunk(answer));
      if (ending === "reset") connection.reset();
      else await connection.send(httpChunk(""));
    }
  });
  const clock = new VirtualClock();
  const target = fakeTarget(mistral, { baseURL: upstream.url });
  const connectors: Connectors = createConnectors({ targets: [target], clock });
  open.push(async () => {
    await connectors.close();
    await upstream.close();
  });
  const init = {
    request: {
      model: "mistral-small-latest",
      contents: [{ role: Role.USER, message: "Hi" }],
    },
    options: { retry: { maxAttempts: 1 } },
  };
  const signal = new AbortController().signal;
  const context = { signal, receivedMs: clock.now(), deadlineMs: undefined, caller: "" };
  return {
    requests,
    call: async (): Promise<LLMResponse | undefined> =>
      (await connectors.api.call(create(CallRequestSchema, init), context)).response,
    stream: async (): Promise<Streamed> => {
      const events = [];
      try {
        const request = create(StreamCallRequestSchema, init);
        for await (const event of connectors.api.streamCall(request, context)) events.push(event);
      } catch (thrown) {
        if (thrown instanceof ConnectorError) return { events, error: thrown };
        throw thrown;
      }
      return { events, error: undefined };
    },
  };
}

const envelope = { id: "a1", created: 1_790_000_000, model: "mistral-small-2603" };
const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };

function body(finish: string): string {
  const message = { role: "assistant", content: "Hello" };
  const choices = [{ index: 0, message, finish_reason: finish }];
  return JSON.stringify({ ...envelope, object: "chat.completion", choices, usage });
}

function event(delta: object, finish: string | null = null, rest: object = {}): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${JSON.stringify({ ...envelope, choices, p: "abcdef", ...rest })}\n\n`;
}

const begun = event({ role: "assistant", content: "" }) + event({ content: "Hel" });

describe("a call", () => {
  it("goes to the API's path with its key, and comes back whole", async () => {
    const { call, requests } = await asked(body("stop"), json);
    const response = await call();
    expect(requests[0]).toMatchObject({
      method: "POST",
      path: "/v1/chat/completions",
      headers: { authorization: "Bearer sk-test" },
    });
    expect(JSON.parse(requests[0]?.body ?? "")).toEqual({
      model: "mistral-small-latest",
      messages: [{ role: "user", content: "Hi" }],
    });
    expect(response?.content?.message).toBe("Hello");
    expect(response?.route?.attempts[0]?.providerRequestId).toBe("c-1");
  });

  it("that ended with error fails", async () => {
    const { call } = await asked(body("error"), json);
    const { reason, fields } = await errorOf(call());
    expect([reason, fields.metadata?.http_status]).toEqual(["PROVIDER_INTERNAL", "200"]);
  });
});

describe("a stream", () => {
  it("comes to its end, without padding", async () => {
    const last = event({ content: "lo" }, "stop", { usage });
    const { stream } = await asked(`${begun}${last}data: [DONE]\n\n`, sse);
    const { events, error } = await stream();
    expect([error, deltaText(events)]).toEqual([undefined, "Hello"]);
    expect(events.at(-1)?.event).toMatchObject({
      case: "finished",
      value: { response: { rawStopReason: "stop", usage: { inputTokens: 9n, outputTokens: 4n } } },
    });
    const text = events.map((one) => toJsonString(StreamCallResponseSchema, one)).join("");
    expect([text.includes("mistral-small-2603"), text.includes("abcdef")]).toEqual([true, false]);
  });

  const broken = { object: "error", message: "It broke", type: "server_error", code: "3000" };
  const endings: readonly (readonly [string, string, "whole" | "reset", string])[] = [
    [
      "with the word error",
      event({ content: "" }, "error", { usage }),
      "whole",
      "PROVIDER_INTERNAL",
    ],
    ["with an error object", `data: ${JSON.stringify(broken)}\n\n`, "whole", "PROVIDER_INTERNAL"],
    ["without an end", "", "whole", "STREAM_TRUNCATED"],
    ["with its connection", "", "reset", "STREAM_TRUNCATED"],
  ];
  it.each(endings)("that ends %s fails, and says how far it came", async (_, end, how, reason) => {
    const { stream } = await asked(begun + end, sse, how);
    const { events, error } = await stream();
    expect([error?.reason, deltaText(events)]).toEqual([reason, "Hel"]);
    expect(error?.fields.progress).toMatchObject({ deltas: 1n, outputChars: 3n });
    expect(error?.fields.metadata).toMatchObject({ phase: "stream" });
  });
});
