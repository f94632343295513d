// Proves on real sockets that no attempt of a fenced call leaves its fence: not a retry, not a
// fallback to another target or model, not a hedge and not a count of tokens, while a target outside
// would have answered, as it does without the fence; and that a fence that leaves no target sends
// nothing and says what it left out.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RawUpstream } from "../support/raw-upstream.ts";
import { clientOver, receivedError, wires } from "../support/rpc-client.ts";
import { openServer, type StartedServer } from "../support/running-server.ts";
import { hello, messageBody } from "./messages-upstream.ts";

let inside: RawUpstream;
let outside: RawUpstream;
let server: StartedServer;
/** Paths of the requests that came, by where they came. */
const seen = { inside: [] as string[], outside: [] as string[] };
/** What the upstream inside the fence does with its next requests; then it is overloaded. */
const script: ("hold" | "answer")[] = [];

const overloaded = JSON.stringify({
  type: "error",
  error: { type: "overloaded_error", message: "busy" },
});

beforeAll(async () => {
  inside = await RawUpstream.listen(async (connection) => {
    for (;;) {
      const { path } = await connection.request();
      seen.inside.push(path);
      const next = script.shift();
      if (next === "hold") return;
      const isGood = next === "answer";
      const body = isGood ? messageBody("inside") : overloaded;
      const status = isGood ? "200 OK" : "503 Service Unavailable";
      const head = `HTTP/1.1 ${status}\r\nretry-after: 0\r\ncontent-length: ${Buffer.byteLength(body)}`;
      await connection.send(`${head}\r\n\r\n${body}`);
    }
  });
  outside = await RawUpstream.listen(async (connection) => {
    for (;;) {
      const { path } = await connection.request();
      seen.outside.push(path);
      const body = path.includes("count") ? '{"input_tokens":1}' : messageBody("outside");
      await connection.send(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    }
  });
  const at = (upstream: RawUpstream): string =>
    `base_url: "${upstream.url}", api_key: sk-e2e, egress: { allow_private: true }`;
  const models = ["claude-sonnet-5", "claude-3", "other-one", "far-model"];
  const profile = `models: { ${models.map((name) => `${name}: global.anthropic.x`).join(", ")} }`;
  const yaml = `
targets:
  - { name: eu, adapter: anthropic, region: eu, ${at(inside)} }
  - { name: eu-too, adapter: anthropic, region: us, zone: eu, ${at(inside)} }
  - { name: us, adapter: anthropic, region: us, ${at(outside)} }
  - { name: nowhere, adapter: anthropic, ${at(outside)} }
  - { name: profile, adapter: anthropic, host: bedrock, region: eu-west-1, ${profile}, ${at(outside)} }
  - { name: global, adapter: anthropic, host: vertex, region: global, project: p, ${at(outside)} }
  - { name: azure, adapter: anthropic, host: azure, region: westeurope, ${at(outside)} }
routes:
  - { id: others, model: "other-.*", targets: [us, profile, nowhere] }
  - { id: far, model: "far-.*", targets: [us, profile, nowhere, global, azure] }
defaults: { retry: { max_attempts: 3 } }
resilience: { breaker_failures: 1000000, throttle_allowance: 1000000, budget_floor_per_second: 1000, throttle_delay_ms: 1 }
`;
  server = await openServer({ yaml }, afterAll);
});
afterAll(async () => {
  await inside.close();
  await outside.close();
});
beforeEach(() => {
  seen.inside = [];
  seen.outside = [];
  script.length = 0;
});

const region = { allowed: ["eu", "eu-*", "europe-*", "west*"] };
const client = () => clientOver(wires[0]!, server.url);

describe("an attempt stays in the fence", () => {
  const options = { region, fallbackModels: ["other-one", "anthropic/claude-3"] };

  it("when it is a retry or a fallback", async () => {
    const error = await receivedError(client().call({ ...hello, options }));
    expect(error.reason).toBe("PROVIDER_OVERLOADED");
    expect(error.fields.attempts?.map(({ target }) => target)).toEqual(
      expect.arrayContaining(["eu", "eu-too"]),
    );
    expect(seen.inside.length).toBe(error.fields.attempts?.length);
    expect(seen.outside).toEqual([]);
  });

  it("when it is streamed", async () => {
    const failed = (async () => {
      for await (const _ of client().streamCall({ ...hello, options }));
    })();
    expect((await receivedError(failed)).reason).toBe("PROVIDER_OVERLOADED");
    expect(seen.inside.length).toBeGreaterThan(1);
    expect(seen.outside).toEqual([]);
  });

  it("when it is a hedge", async () => {
    script.push("hold", "answer");
    const hedge = { delay: { seconds: 0n, nanos: 20_000_000 } };
    const { response } = await client().call({ ...hello, options: { ...options, hedge } });
    expect(response?.content?.message).toBe("inside");
    expect(response?.route?.target).toBe("eu-too");
    expect(seen.inside).toHaveLength(2);
    expect(seen.outside).toEqual([]);
  });

  it("when tokens are counted", async () => {
    const error = await receivedError(client().countTokens({ ...hello, options }));
    expect(error.reason).toBe("PROVIDER_OVERLOADED");
    expect(seen.inside.length).toBeGreaterThan(1);
    expect(seen.outside).toEqual([]);
  });

  it("and would have been answered outside", async () => {
    const fallbackModels = ["other-one"];
    const { response } = await client().call({ ...hello, options: { fallbackModels } });
    expect(response?.content?.message).toBe("outside");
    expect(seen.outside).toHaveLength(1);
  });
});

describe("a fence that leaves no target", () => {
  it("sends nothing, and names each target with its place", async () => {
    const request = { ...hello.request, model: "far-model" };
    const options = { region: { allowed: ["eu", "e*"] } };
    const error = await receivedError(client().call({ request, options }));
    expect([error.reason, error.status]).toEqual(["REGION_NOT_ALLOWED", "FAILED_PRECONDITION"]);
    expect(error.fields.metadata).toMatchObject({
      rule: "far",
      allowed: "eu, e*",
      excluded:
        "us: us; profile: eu-west-1 and global (any region); nowhere: unknown; " +
        "global: global (any region); azure: unknown",
    });
    expect([...seen.inside, ...seen.outside]).toEqual([]);
  });
});
