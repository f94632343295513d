// Proves what a directive changes in an answer that succeeds: things nobody knows, usage that is
// wrong, lengths, and the reason for which it stopped; whole and streamed.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { post, type Reply, wires } from "./client.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

type Path = (typeof wires)[number][0];

/** What is looked for in a whole answer, by wire. */
const look: Record<Path, (body: ReturnType<Reply["json"]>) => { text: string; stop: string }> = {
  "/v1/messages": ({ content, stop_reason }) => ({
    text: content.map((block: { text?: string }) => block.text ?? "").join(""),
    stop: stop_reason,
  }),
  "/v1/chat/completions": ({ choices }) => ({
    text: choices[0].message.content,
    stop: choices[0].finish_reason,
  }),
  "/v1/responses": ({ output, incomplete_details }) => ({
    text: output.at(-1).content[0].text,
    stop: incomplete_details?.reason,
  }),
};

describe.each(wires)("on %s", (path, request) => {
  const whole = async (words: string) =>
    (await post(simulator, path, request(`[[simulate: ${words}]] Hi`))).json();
  const streamed = async (words: string) => {
    const body = request(`[[simulate: ${words}]] Hi`, { stream: true });
    return await post(simulator, path, body);
  };

  it("text=<n> is so many words, chunks=<n> so many deltas", async () => {
    const { text } = look[path]?.(await whole("text=37")) ?? {};
    expect(text?.split(" ")).toHaveLength(37);
    const { text: events } = await streamed("chunks=40");
    const deltas =
      events.match(/"text_delta"|output_text\.delta"|"delta":\{"content":"[^"]/g) ?? [];
    expect(deltas).toHaveLength(40);
  });

  it("finish=<reason> and unknown-stop-reason give the reason, word for word", async () => {
    expect(look[path]?.(await whole("finish=content_filter")).stop).toBe("content_filter");
    expect(look[path]?.(await whole("unknown-stop-reason")).stop).toMatch(/^simulated_/);
    expect((await streamed("finish=content_filter")).text).toContain(':"content_filter"');
  });

  it("usage can be missing, null or negative", async () => {
    expect(await whole("usage=missing")).not.toHaveProperty("usage");
    expect((await whole("usage=null")).usage).toBeNull();
    const { usage } = await whole("usage=negative");
    expect(usage.output_tokens ?? usage.completion_tokens).toBeLessThan(0);
    expect((await streamed("usage=missing")).text).not.toMatch(/"(?:output|completion)_tokens":/);
  });

  it("unknown-block and unknown-event add what nobody knows, and leave the rest", async () => {
    expect(JSON.stringify(await whole("unknown-block"))).toMatch(/"simulated_(?:block|item)"/);
    expect((await streamed("unknown-block")).text).toMatch(/"simulated_(?:block|item)"/);
    const { text } = await streamed("unknown-event");
    expect(text).toMatch(/simulated_event|simulated\.event|response\.simulated/);
    expect(text).toMatch(/message_stop|\[DONE\]|response\.completed/);
  });

  it("refusal refuses, as the provider's models do", async () => {
    const text = JSON.stringify(await whole("refusal"));
    expect(text).toMatch(/"stop_reason":"refusal"|"refusal":"I cannot help/);
  });
});
