// Proves that the journal holds what arrived, in order and bounded, and never a credential,
// wherever the caller put it.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Journal } from "../../src/simulator/journal.ts";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { chat, message, post } from "./client.ts";

const canary = "sk-canary-0123456789";

describe("the journal of a simulator", () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  it("holds method, path, headers and body", async () => {
    await post(simulator, "/v1/messages?beta=true", message("Hello"), { "x-custom": "yes" });
    expect(simulator.requests.at(-1)).toMatchObject({
      method: "POST",
      path: "/v1/messages?beta=true",
      headers: { "anthropic-version": "2023-06-01", "x-custom": "yes", "x-api-key": "***" },
      body: { model: "claude-haiku-4-5", messages: [{ role: "user", content: "Hello" }] },
    });
  });

  it("holds no key, wherever it stands", async () => {
    const body = chat(`my key is ${canary}`);
    for (const headers of [
      { authorization: `Bearer ${canary}`, "x-copy": `again ${canary}` },
      { "x-api-key": canary, "anthropic-version": "2023-06-01", authorization: `Bearer ${canary}` },
      { authorization: `Bearer ${canary}`, cookie: `session=${canary}`, "api-key": canary },
    ]) {
      await post(simulator, `/v1/chat/completions?key=${canary}`, body, headers);
      const last = simulator.requests.at(-1);
      expect(JSON.stringify(last)).not.toContain(canary);
      expect(last?.headers.authorization).toBe("***");
      expect(last?.body).toMatchObject({ messages: [{ content: "my key is ***" }] });
    }
  });

  it("holds what is not JSON as it came, and requests that fail too", async () => {
    await post(simulator, "/v1/messages", "{ not JSON");
    expect(simulator.requests.at(-1)?.body).toBe("{ not JSON");
    await fetch(`${simulator.url}/v1/models`, { headers: { authorization: "Bearer k" } });
    expect(simulator.requests.at(-1)).toMatchObject({ method: "GET", body: undefined });
  });
});

describe("a journal", () => {
  const request = { method: "POST", path: "/", headers: {} };

  it("forgets the oldest requests when there are more than a thousand", () => {
    const journal = new Journal();
    for (let number = 0; number < 1005; number += 1) journal.record(request, String(number), "");
    expect(journal.requests).toHaveLength(1000);
    expect(journal.requests[0]?.body).toBe(5);
  });

  it("forgets the oldest requests when their bodies are too long together", () => {
    const journal = new Journal();
    const long = `"${"x".repeat(30 * 1024 * 1024)}"`;
    for (let number = 0; number < 3; number += 1) journal.record(request, long, "");
    expect(journal.requests).toHaveLength(2);
  });
});
