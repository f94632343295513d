// Proves how a simulator starts, ends and keeps time: addresses, pauses of streams in virtual time,
// the life of prompt caches, bodies that are too long, callers who leave before they have said
// everything.
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from "../../src/simulator/simulator.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { message, post, until } from "./client.ts";
import { rawPost } from "./raw-client.ts";

async function withSimulator(
  options: SimulatorOptions,
  test: (simulator: Simulator) => Promise<void>,
): Promise<void> {
  const simulator = await startSimulator(options);
  try {
    await test(simulator);
  } finally {
    await simulator.close();
  }
}

describe("a simulator", () => {
  it("listens where it is told to, and says where that is", async () => {
    await withSimulator({}, async (first) => {
      expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      const { url } = first;
      expect(first.baseURLs).toEqual({
        ...{ anthropic: url, openai: `${url}/v1`, google: url, mistral: `${url}/mistral` },
        ...{ ollama: url, cohere: url, azure: url, bedrock: url, vertex: url },
        compatible: `${url}/compatible/v1`,
        "compatible-messages": `${url}/compatible-messages`,
      });
      const port = Number(new URL(url).port);
      await expect(startSimulator({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    });
    await withSimulator({ host: "::1" }, async (simulator) => {
      expect(simulator.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
      expect((await post(simulator, "/v1/messages", message("Hi"))).status).toBe(200);
    });
  });

  it("can be started and ended many times, and ends what is in flight", async () => {
    const simulator = await startSimulator();
    const stalled = rawPost(simulator, "/v1/messages", message("[[simulate: stall-headers]]"));
    await until(() => simulator.requests.length === 1);
    expect(simulator.openConnections).toBe(1);
    await simulator.close();
    expect(await stalled).toMatchObject({ head: "" });
    await until(() => simulator.openConnections === 0);
  });

  it("pauses before the first and before the other deltas as it was told", async () => {
    const clock = new VirtualClock();
    await withSimulator({ clock, pace: { firstDeltaMs: 500, deltaMs: 20 } }, async (simulator) => {
      const request = message("[[simulate: chunks=3]] Hi", { stream: true });
      const reply = rawPost(simulator, "/v1/messages", request);
      for (const ms of [500, 20, 20]) {
        await until(() => clock.pendingTimers === 1);
        clock.advance(ms - 1);
        expect(clock.pendingTimers).toBe(1);
        clock.advance(1);
      }
      expect((await reply).isWhole).toBe(true);
    });
  });

  it("keeps the prefixes of prompts for as long as they were to be kept", async () => {
    const clock = new VirtualClock();
    await withSimulator({ clock }, async (simulator) => {
      const mark = (ttl: string) => ({ cache_control: { type: "ephemeral", ttl } });
      const said = (text: string, more = {}) => ({
        role: "user",
        content: [{ type: "text", text, ...more }],
      });
      const preface = { type: "text", text: "A long preface. ".repeat(30) };
      const ask = async (ttl: string, ...messages: object[]) => {
        const body = message("", { system: [{ ...preface, ...mark(ttl) }], messages });
        return (await post(simulator, "/v1/messages", body)).json().usage;
      };
      const first = await ask("5m", said("Hi"));
      expect(first.cache_creation.ephemeral_5m_input_tokens).toBeGreaterThan(100);
      clock.advance(299_000);
      expect((await ask("5m", said("Hi"))).cache_read_input_tokens).toBeGreaterThan(100);
      clock.advance(300_000);
      const again = await ask("1h", said("Hi"));
      expect(again.cache_read_input_tokens).toBe(0);
      expect(again.cache_creation.ephemeral_1h_input_tokens).toBeGreaterThan(100);
      clock.advance(3_000_000);
      const kept = await ask("1h", said("One", mark("5m")));
      expect(kept.cache_read_input_tokens).toBe(again.cache_creation_input_tokens);
      expect(kept.cache_creation_input_tokens).toBeGreaterThan(0);
      const answer = { role: "assistant", content: "Well." };
      const longer = await ask("1h", said("One"), answer, said("Two", mark("5m")));
      expect(longer.cache_read_input_tokens).toBe(
        kept.cache_read_input_tokens + kept.cache_creation_input_tokens,
      );
    });
  });

  it("refuses a body that is too long, and stays", async () => {
    await withSimulator({}, async (simulator) => {
      const reply = await post(simulator, "/v1/messages", message("x".repeat(33 * 1024 * 1024)));
      expect([reply.status, reply.json().error.type]).toEqual([413, "request_too_large"]);
      expect((await post(simulator, "/v1/messages", message("Hi"))).status).toBe(200);
    });
  });

  it("counts a caller who leaves before the request is whole", async () => {
    await withSimulator({}, async (simulator) => {
      const { hostname, port } = new URL(simulator.url);
      const socket = connect(Number(port), hostname);
      const begun = "POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{";
      socket.write(begun, () => socket.destroy());
      await until(() => simulator.abortedRequests === 1);
      await until(() => simulator.openConnections === 0);
      expect(simulator.requests).toEqual([]);
      expect((await post(simulator, "/v1/messages", message("Hi"))).status).toBe(200);
    });
  });
});
