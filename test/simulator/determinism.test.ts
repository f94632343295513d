// Proves that the same seed, clock and requests give the same bytes, headers included; that another
// seed gives other ones; and that nothing depends on what others ask in between.
import { describe, expect, it } from "vitest";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { chat, message, responses } from "./client.ts";
import { rawPost } from "./raw-client.ts";

const tool = { type: "object", properties: { a: { type: "number" }, b: { enum: [1, 2, 3] } } };
const requests: readonly [path: string, body: object][] = [
  ["/v1/messages", message("Hello")],
  ["/v1/messages", message("call f", { stream: true, tools: [{ name: "f", input_schema: tool }] })],
  ["/v1/messages", message("Hi", { stream: true, thinking: { type: "adaptive" } })],
  ["/v1/chat/completions", chat("Hello", { n: 3 })],
  ["/v1/chat/completions", chat("[[simulate: pieces=random]] Hello", { stream: true })],
  ["/v1/responses", responses("Hello", { model: "gpt-5", stream: true })],
  ["/v1/responses", responses("[[simulate: status=503]] Hello")],
];

async function collect(seed: number, order: readonly number[]): Promise<Map<number, string>> {
  const simulator = await startSimulator({ seed, clock: new VirtualClock() });
  const bytes = new Map<number, string>();
  for (const index of order) {
    const [path, body] = requests[index] ?? ["", {}];
    const reply = await rawPost(simulator, path, body);
    bytes.set(index, `${reply.head}\n\n${reply.chunks.map(String).join("|")}`);
  }
  await simulator.close();
  return bytes;
}

describe("a simulator", () => {
  const order = [...requests.keys()];

  it("gives the same bytes for the same seed", async () => {
    expect(await collect(5, order)).toEqual(await collect(5, order));
  });

  it("gives the same bytes in whatever order it is asked", async () => {
    const backwards = await collect(5, order.toReversed());
    for (const [index, bytes] of await collect(5, order)) expect(backwards.get(index)).toBe(bytes);
  });

  it("gives other bytes for another seed", async () => {
    const other = await collect(6, order);
    for (const [index, bytes] of await collect(5, order)) expect(other.get(index)).not.toBe(bytes);
  });

  it("gives a request that comes again another id, and the same answer", async () => {
    const simulator = await startSimulator({ clock: new VirtualClock() });
    const first = await rawPost(simulator, "/v1/messages", message("Hello"));
    const second = await rawPost(simulator, "/v1/messages", message("Hello"));
    expect(second.body).toEqual(first.body);
    const id = ({ head }: { head: string }) => /^request-id: (\S+)$/m.exec(head)?.[1];
    expect(id(second)).not.toBe(id(first));
    await simulator.close();
  });
});
