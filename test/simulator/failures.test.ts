// Proves what a directive says about failures: statuses, bodies, hints to retry, codes, the
// caller's key in an error, for how many requests and on which wire it holds, and the three places
// it may stand in.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { chat, message, post, wires } from "./client.ts";
import { rawPost } from "./raw-client.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

describe.each(wires)("on %s", (path, request) => {
  const simulate = (words: string, more = {}) =>
    post(simulator, path, request(`[[simulate: ${words}]] Hi`, more));

  it.each([200, 302, 400, 418, 429, 500, 529, 599])("status=%d", async (status) => {
    for (const stream of [false, true]) {
      const reply = await simulate(`status=${status}`, { stream });
      expect(reply.status).toBe(status);
      expect(reply.json().error.message.length).toBeGreaterThan(0);
      expect(reply.headers.has("location")).toBe(status === 302);
      expect(reply.headers.has("retry-after")).toBe(false);
    }
  });

  it("gives the hints that are asked for, as they stand", async () => {
    const date = "Mon, 23 Nov 2026 12:00:05 GMT";
    const words = `status=429 retry-after="${date}" retry-after-ms=-1 should-retry=false`;
    const { headers } = await simulate(words);
    expect([headers.get("retry-after"), headers.get("retry-after-ms")]).toEqual([date, "-1"]);
    expect(headers.get("x-should-retry")).toBe("false");
  });

  it("gives the type, code and message that are asked for", async () => {
    const words = 'status=429 type=my_type code=my_code message="No more today."';
    const { error } = (await simulate(words)).json();
    expect(error).toMatchObject({ type: "my_type", message: "No more today." });
    if (path !== "/v1/messages") expect(error.code).toBe("my_code");
  });

  it("gives other bodies than the provider's", async () => {
    const html = await simulate("status=502 body=html");
    expect(html.headers.get("content-type")).toBe("text/html");
    expect(html.text).toMatch(/^<!doctype html>/);
    const text = await simulate("status=503 body=text");
    expect([text.headers.get("content-type"), text.text]).toEqual([
      "text/plain",
      "simulated failure 503\n",
    ]);
    const empty = await simulate("status=500 body=empty");
    expect([empty.headers.has("content-type"), empty.text]).toEqual([false, ""]);
    const binary = await rawPost(simulator, path, request("[[simulate: status=500 body=binary]]"));
    expect(() => new TextDecoder("utf-8", { fatal: true }).decode(binary.body)).toThrow();
    const page = await simulate("status=200 body=html", { stream: true });
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html"]);
  });

  it("shows the caller's whole key where that is asked for", async () => {
    const reply = await simulate("echo-key");
    expect(reply.status).toBe(401);
    expect(reply.text).toMatch(/sk-(?:ant-test-0123456789|test-0123456789abcdef)/);
    expect((await simulate("echo-key status=400")).status).toBe(400);
  });

  it("breaks a whole answer off", async () => {
    const reply = await rawPost(simulator, path, request("[[simulate: malformed]] Hi"));
    expect(reply.isWhole).toBe(true);
    expect(reply.body.toString()).toMatch(/^\{/);
    expect(() => JSON.parse(reply.body.toString())).toThrow();
  });

  it("makes a whole answer as long as is asked for", async () => {
    const reply = await simulate("huge-event=2MB");
    expect(reply.text.length).toBeGreaterThan(2 * 1024 * 1024);
    expect(reply.json()).toHaveProperty("id");
  });

  it("holds for as many requests as it says", async () => {
    const statuses: number[] = [];
    for (let number = 0; number < 4; number += 1) {
      statuses.push((await simulate(`status=503 times=2 message=${path}`)).status);
    }
    expect(statuses).toEqual([503, 503, 200, 200]);
  });

  it("stands in the text, in a header, or after the model's name", async () => {
    const plain = request("Hi") as { model: string };
    const header = await post(simulator, path, plain, { "x-simulate": "status=503" });
    expect(header.status).toBe(503);
    for (const suffix of [":simulate:status=503", ":simulate:status:503,retry-after:2"]) {
      const reply = await post(simulator, path, { ...plain, model: plain.model + suffix });
      expect(reply.status).toBe(503);
    }
    const answer = await post(simulator, path, {
      ...plain,
      model: `${plain.model}:simulate:text=3`,
    });
    expect(answer.json().model).not.toContain("simulate");
  });
});

describe("a directive", () => {
  it("holds on the wire that it names", async () => {
    const text = "[[simulate: status=503 on=openai]] Hi";
    expect((await post(simulator, "/v1/messages", message(text))).status).toBe(200);
    expect((await post(simulator, "/v1/chat/completions", chat(text))).status).toBe(503);
  });

  it("is not quoted in the answer", async () => {
    const reply = await post(simulator, "/v1/messages", message("[[simulate: chunks=3]] Hello"));
    expect(reply.text).toContain('You said: \\"Hello\\"');
    expect(reply.text).not.toContain("simulate:");
  });

  it("is obeyed only in what the user said last", async () => {
    const messages = [
      { role: "user", content: "[[simulate: status=503]] Hi" },
      { role: "assistant", content: "Hello" },
      { role: "user", content: "Go on" },
    ];
    const reply = await post(simulator, "/v1/messages", message("", { messages }));
    expect(reply.status).toBe(200);
  });

  it.each([
    ["status=9", /status takes a whole number from 200 to 599/],
    ["status", /status takes a whole number/],
    ["body=xml", /body takes one of json, html/],
    ["slow=fast", /slow takes a time such as 100ms/],
    ["huge-event=9000MB", /huge-event takes a size/],
    ["malformed=yes", /malformed takes no value/],
    ["__proto__=1", /unknown word/],
    ["constructor", /unknown word/],
  ])("that says %s is refused", async (words, complaint) => {
    const reply = await post(simulator, "/v1/messages", message(`[[simulate: ${words}]] Hi`));
    expect(reply.status).toBe(400);
    expect(reply.json().error.message).toMatch(complaint);
  });
});
