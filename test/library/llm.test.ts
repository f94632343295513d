// Proves that the library calls and streams the same in process and by a server: whole answers,
// events, text, the final response at any time, leaving early, signals and deadlines.
import { toJson } from "@bufbuild/protobuf";
import { describe, expect, it, onTestFinished } from "vitest";
import { type LLMResponse, LLMResponseSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { newLLM } from "../../src/connectors.ts";
import type { LLM, LLMRequestInput } from "../../src/contract/llm.ts";
import { type LLMOption, withServer, withTimeout } from "../../src/contract/options.ts";
import { canaryKey, captured } from "../support/canary.ts";
import { connectorError, until } from "../support/http.ts";
import { startRecordedServer } from "../support/recorded-server.ts";
import { setScene, theScene, type Way, ways } from "./ways.ts";

setScene();

function ask(message: string, fields: Partial<LLMRequestInput> = {}): LLMRequestInput {
  return { contents: [{ role: "user", message }], maxOutputTokens: 1000, ...fields };
}

function openLLM(way: Way, model = "claude-sonnet-5", ...options: readonly LLMOption[]): LLM {
  const llm = way.open(model, ...options);
  onTestFinished(() => llm.close());
  return llm;
}

/** An answer as JSON, without what differs from call to call: times and the ids of requests. */
function lasting(response: LLMResponse): unknown {
  const json = JSON.parse(captured(JSON.stringify(toJson(LLMResponseSchema, response))));
  delete json.createTime;
  for (const attempt of json.route.attempts) {
    for (const key of ["startOffset", "firstDelta", "total", "providerRequestId"]) {
      delete attempt[key];
    }
  }
  return json;
}

async function textOf(texts: AsyncIterable<string>): Promise<string> {
  let all = "";
  for await (const text of texts) all += text;
  return all;
}

const weather = {
  name: "get_weather",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

const answers: readonly [name: string, model: string, request: LLMRequestInput][] = [
  ["a text", "claude-sonnet-5", ask("Name three rivers [[simulate: chunks=5]]")],
  ["a tool call", "claude-sonnet-5", ask("call get_weather", { tools: [weather] })],
  ["a text of OpenAI", "gpt-4o", ask("Name three rivers [[simulate: chunks=5]]")],
  ["a tool call of OpenAI", "gpt-4o", ask("call get_weather", { tools: [weather] })],
];

describe.each(ways)("$name", (way) => {
  it("answers a call, with plain words for roles", async () => {
    const { content, route } = await openLLM(way).call({
      model: "claude-3-sonnet",
      contents: [
        { role: "system", message: "Be brief." },
        { role: "user", message: "Hello, world!" },
      ],
    });
    expect(content.message).toContain("Hello, world!");
    expect(route.provider).toBe("anthropic");
    expect(route.attempts[0]?.httpStatus).toBe(200);
  });

  it.each(answers)("streams what a call answers: %s", async (_, model, request) => {
    const llm = openLLM(way, model);
    const whole = await llm.call(request);
    const streamed = await llm.stream(request).finalResponse();
    expect(lasting(streamed)).toEqual(lasting(whole));
  });

  it("streams events in order, the last of them with the answer", async () => {
    const stream = openLLM(way).stream(ask("Hello [[simulate: chunks=4]]"));
    const names: string[] = [];
    for await (const { event } of stream) {
      if (event.case !== "usage") names.push(event.case ?? "");
    }
    expect(names.slice(0, 2)).toEqual(["started", "partStarted"]);
    expect(names.slice(2, -2).every((name) => name === "textDelta")).toBe(true);
    expect(names.slice(-2)).toEqual(["partFinished", "finished"]);
  });

  it("streams text, and gives the final response before, in and after the loop", async () => {
    const stream = openLLM(way).stream(ask("Hello [[simulate: chunks=6]]"));
    const before = stream.finalResponse();
    let text = "";
    let inside: LLMResponse | undefined;
    for await (const piece of stream.textStream) {
      inside ??= await stream.finalResponse();
      text += piece;
    }
    const after = await stream.finalResponse();
    expect(text).toBe(after.content.message);
    expect(await before).toBe(after);
    expect(inside).toBe(after);
  });

  it("closes the provider's connection when a loop is left", async () => {
    const { simulator } = theScene();
    const llm = openLLM(way);
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      const abortedBefore = simulator.abortedRequests;
      let leftAtMs = 0;
      for await (const _ of llm.stream(ask("[[simulate: chunks=100 slow=20ms]]")).textStream) {
        leftAtMs = performance.now();
        break;
      }
      await until(() => simulator.abortedRequests > abortedBefore);
      times.push(performance.now() - leftAtMs);
    }
    expect(Math.min(...times)).toBeLessThan(50);
  });

  it("gives no final response of a stream that was left", async () => {
    const { simulator } = theScene();
    const abortedBefore = simulator.abortedRequests;
    const stream = openLLM(way).stream(ask("[[simulate: chunks=100 slow=20ms]]"));
    for await (const _ of stream) break;
    const error = await connectorError(stream.finalResponse());
    expect(error.reason).toBe("CALLER_CANCELLED");
    expect(await textOf(stream.textStream).catch((failure) => failure)).toBe(error);
    await until(() => simulator.abortedRequests > abortedBefore);
  });

  it("cancels a call and a stream by their signal", async () => {
    const { simulator } = theScene();
    const abortedBefore = simulator.abortedRequests;
    const requestsBefore = simulator.requests.length;
    const llm = openLLM(way);
    const cancel = new AbortController();
    const silent = ask("[[simulate: stall-headers]]");
    const call = connectorError(llm.call(silent, { signal: cancel.signal }));
    const stream = llm.stream(silent, { signal: cancel.signal });
    const streamed = connectorError(stream.finalResponse());
    await until(() => simulator.requests.length === requestsBefore + 2);
    cancel.abort();
    expect((await call).reason).toBe("CALLER_CANCELLED");
    expect((await streamed).reason).toBe("CALLER_CANCELLED");
    await until(() => simulator.abortedRequests === abortedBefore + 2);
  });

  it("sends nothing for a signal that was aborted before", async () => {
    const { simulator } = theScene();
    const requestsBefore = simulator.requests.length;
    const llm = openLLM(way);
    const signal = AbortSignal.abort();
    expect((await connectorError(llm.call(ask("no"), { signal }))).reason).toBe("CALLER_CANCELLED");
    const stream = llm.stream(ask("no"), { signal });
    expect((await connectorError(stream.finalResponse())).reason).toBe("CALLER_CANCELLED");
    expect(simulator.requests.length).toBe(requestsBefore);
  });

  it("sends nothing for a stream that nobody reads", async () => {
    const { simulator } = theScene();
    const requestsBefore = simulator.requests.length;
    const stream = openLLM(way).stream(ask("no"));
    await stream[Symbol.asyncIterator]().return?.();
    expect(simulator.requests.length).toBe(requestsBefore);
  });

  it("ends a call at its timeout, in seconds", async () => {
    const llm = openLLM(way, "claude-sonnet-5", withTimeout(0.1));
    const error = await connectorError(llm.call(ask("[[simulate: stall-headers]]")));
    expect(error.reason).toBe("CALLER_DEADLINE_EXCEEDED");
    expect(error.status).toBe("DEADLINE_EXCEEDED");
    expect(error.fields.metadata?.provider).toBe("anthropic");
  });

  it("counts tokens", async () => {
    const { inputTokens, route } = await openLLM(way).countTokens(ask("How many?"));
    expect(inputTokens).toBeGreaterThan(0n);
    expect(route?.provider).toBe("anthropic");
  });

  it("refuses roles that nobody knows, without a throw at the place of the call", async () => {
    const llm = openLLM(way);
    const wrong = { contents: [{ role: "constructor", message: "Hello" }] };
    for (const failed of [
      llm.call(wrong as unknown as LLMRequestInput),
      llm.stream(wrong as unknown as LLMRequestInput).finalResponse(),
    ]) {
      const { reason, fields } = await connectorError(failed);
      expect(reason).toBe("INVALID_REQUEST");
      expect(fields.violations?.map(({ field }) => field)).toEqual(["request.contents[0].role"]);
    }
  });
});

it("tells that a server cannot be reached", async () => {
  const llm = newLLM("claude-sonnet-5", withServer("http://127.0.0.1:1"));
  const error = await connectorError(llm.call(ask("Hello")));
  expect(error.reason).toBe("SERVER_UNREACHABLE");
  expect(error.retryable).toBe(true);
  const streamed = await connectorError(llm.stream(ask("Hello")).finalResponse());
  expect(streamed.reason).toBe("SERVER_UNREACHABLE");
});

it("tells of a server that goes away in the middle of a stream", async () => {
  const { anthropic } = theScene().simulator.baseURLs;
  const { url, server } = await startRecordedServer({
    environment: { ANTHROPIC_API_KEY: canaryKey, ANTHROPIC_BASE_URL: anthropic },
  });
  const llm = newLLM("claude-sonnet-5", withServer(url));
  const stream = llm.stream(ask("[[simulate: chunks=100 slow=20ms]]"));
  const error = await connectorError(
    (async () => {
      for await (const _ of stream.textStream) await server.close();
    })(),
  );
  expect(error.reason).toBe("SERVER_UNREACHABLE");
});
