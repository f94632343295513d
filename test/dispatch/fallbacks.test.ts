// Proves where a call goes when its first place does not serve it, in virtual time: the order of
// targets, keys and fallback models, what keeps it from going, and that neither a fence nor a
// caller's own key is ever left behind.
import { describe, expect, it } from "vitest";
import type { ProviderModels } from "../../src/contract/adapter.ts";
import { Secret } from "../../src/contract/secret.ts";
import { AttemptScene, type Outcome } from "../support/attempt-scene.ts";
import { type Answer, refuses, says } from "../support/fake-providers.ts";

const attemptsOf = ({ error, response }: Outcome) =>
  (error?.fields.attempts ?? response?.route?.attempts ?? []).map(
    ({ target, keyIndex, reason }) => [target, keyIndex, reason] as const,
  );
const spareKeys = [new Secret("sk-spare-1"), new Secret("sk-spare-2")];
const keyed = { targets: { one: { apiKey: new Secret("sk-first"), spareKeys } } };
const keys = (scene: AttemptScene): readonly string[] => scene.sent.map(({ key }) => key);

describe("spare keys", () => {
  it.each([
    [refuses(401), "PROVIDER_CREDENTIAL_INVALID"],
    [refuses(402), "PROVIDER_BILLING_EXHAUSTED"],
    [refuses(429), "PROVIDER_RATE_LIMITED"],
    [refuses(429, { code: "insufficient_quota" }), "PROVIDER_BILLING_EXHAUSTED"],
  ] as const)("of a target are used at once after a refusal (%#)", async (refusal, reason) => {
    const scene = new AttemptScene({ one: [refusal, says("hello")] }, keyed);
    const outcome = await scene.call();
    expect(keys(scene)).toEqual(["sk-first", "sk-spare-1"]);
    expect(scene.starts).toEqual([0, 10]);
    expect(attemptsOf(outcome)).toEqual([
      ["one", 0, reason],
      ["one", 1, ""],
    ]);
  });

  it("are used before another target, and cost no budget", async () => {
    const none = { ...keyed, resilience: { budgetFloorPerSecond: 0, budgetRatio: 0 } };
    const scene = new AttemptScene({ one: [refuses(401)], two: [says("hello")] }, none);
    await scene.call();
    expect(keys(scene)).toEqual(["sk-first", "sk-spare-1", "sk-spare-2"]);
  });

  it("are not tried where the key is not what failed", async () => {
    const scene = new AttemptScene({ one: [refuses(503)], two: [refuses(403)] }, keyed);
    await scene.call();
    expect(keys(scene)).toEqual(["sk-first", "sk-key-of-two", "sk-first"]);
  });

  it("take the place of one that is set aside, which is the last resort", async () => {
    const scene = new AttemptScene({ one: [refuses(401), says("a"), says("b")] }, keyed);
    await scene.call();
    await scene.call();
    expect(keys(scene)).toEqual(["sk-first", "sk-spare-1", "sk-spare-1"]);
    const alone = new AttemptScene({ one: [refuses(401), says("well again")] });
    await alone.call();
    const { response } = await alone.call();
    expect(response?.content?.message).toBe("well again");
  });

  it("take the place of one whose limit is used up, before it is asked", async () => {
    const headers = {
      "x-ratelimit-limit-requests": "2",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "20s",
    };
    const scene = new AttemptScene({ one: [says("a", { headers }), says("b")] }, keyed);
    await scene.call();
    await scene.call();
    expect(keys(scene)).toEqual(["sk-first", "sk-spare-1"]);
  });
});

describe("a caller's own key", () => {
  const options = { apiKey: "sk-of-the-caller" };

  it("goes to no other origin", async () => {
    const scene = new AttemptScene({ one: [refuses(503)], two: [says("hello")] });
    const { error } = await scene.call({ options });
    expect(error?.reason).toBe("PROVIDER_UNAVAILABLE");
    expect(scene.places).toEqual(["one", "one", "one"]);
    expect(new Set(keys(scene))).toEqual(new Set(["sk-of-the-caller"]));
  });

  it("goes to another target of the same origin, and is used in place of spare keys", async () => {
    const scene = new AttemptScene(
      { one: [refuses(503), says("hello")], two: [] },
      { targets: { one: { spareKeys }, two: { baseURL: "https://one.example" } } },
    );
    const outcome = await scene.call({ options });
    expect(attemptsOf(outcome).map(([target]) => target)).toEqual(["one", "two"]);
    expect(new Set(keys(scene))).toEqual(new Set(["sk-of-the-caller"]));
  });

  it("that is refused is the caller's matter, and sets nothing aside", async () => {
    const scene = new AttemptScene({ one: [refuses(401), says("hello")], two: [says("no")] });
    const { error } = await scene.call({ options });
    expect([error?.reason, error?.status]).toEqual([
      "CALLER_PROVIDER_KEY_REJECTED",
      "UNAUTHENTICATED",
    ]);
    expect(scene.places).toEqual(["one"]);
    const { response } = await scene.call();
    expect([response?.route?.target, keys(scene).at(-1)]).toEqual(["one", "sk-key-of-one"]);
  });

  it("that may not use a model is not tried at its other targets", async () => {
    const settings = {
      targets: { two: { baseURL: "https://one.example" } },
      routes: { "gpt-4.1": ["one", "two"], "gpt-4.1-mini": ["one"] },
    };
    const scripts = { one: [refuses(403), says("hello")], two: [] };
    const denied = await new AttemptScene(scripts, settings).call({ options });
    expect([denied.error?.status, attemptsOf(denied).length]).toEqual(["PERMISSION_DENIED", 1]);
    const scene = new AttemptScene(scripts, settings);
    await scene.call({ options: { ...options, fallbackModels: ["gpt-4.1-mini"] } });
    expect(scene.sent.map(({ model }) => model)).toEqual(["gpt-4.1", "gpt-4.1-mini"]);
  });
});

describe("fallback models", () => {
  const routes = { a: ["one", "two"], b: ["three"], c: ["one"] };
  const down = [refuses(503)];
  const request = { model: "a" };
  const models = (scene: AttemptScene) => scene.sent.map(({ at, model }) => `${model} at ${at}`);

  it("are tried in order, after the targets of the model itself", async () => {
    const scene = new AttemptScene(
      { one: [refuses(404)], two: [refuses(404)], three: [says("hello")] },
      { routes },
    );
    const options = { fallbackModels: ["b", "c"] };
    const { response } = await scene.call({ request, options });
    expect(models(scene)).toEqual(["a at one", "a at two", "b at three"]);
    expect(response?.route).toMatchObject({ target: "three", rule: "route b" });
    expect(response?.route?.attempts.map(({ model }) => model)).toEqual(["a", "a", "b"]);
  });

  it("are kept for the last attempt while the model itself may answer", async () => {
    const scene = new AttemptScene(
      { one: down, three: [says("hello")] },
      { routes: { a: ["one"], b: ["three"] } },
    );
    await scene.call({ request, options: { fallbackModels: ["b"] } });
    expect(models(scene)).toEqual(["a at one", "a at one", "b at three"]);
  });

  it("come first for a provider that is overloaded", async () => {
    const scene = new AttemptScene(
      { one: [refuses(529)], three: [says("hello")] },
      { routes: { a: ["one"], b: ["three"] } },
    );
    await scene.call({ request, options: { fallbackModels: ["b"] } });
    expect(models(scene)).toEqual(["a at one", "b at three"]);
  });

  it("answer where the model itself may not be asked again", async () => {
    const scene = new AttemptScene(
      { one: down, three: [says("hello")] },
      {
        routes: { a: ["one"], b: ["three"] },
        resilience: { budgetFloorPerSecond: 0, budgetRatio: 0 },
      },
    );
    const { response } = await scene.call({ request, options: { fallbackModels: ["b"] } });
    expect(response?.route?.target).toBe("three");
    expect(models(scene)).toEqual(["a at one", "b at three"]);
  });

  it("at the same target draw on its budget once that is ill", async () => {
    const settings = {
      routes: { a: ["one"], b: ["one"] },
      resilience: { budgetFloorPerSecond: 0, budgetRatio: 0 },
    };
    const scene = new AttemptScene({ one: down }, settings);
    const call = { request, options: { fallbackModels: ["b"] } };
    for (let count = 0; count < 5; count += 1) await scene.call(call);
    // The other model was well until it was tried.
    expect(models(scene).filter((each) => each === "b at one")).toHaveLength(1);
  });

  it("are not for what the caller asked wrongly, nor for what strict refuses", async () => {
    const scene = new AttemptScene({ one: [refuses(400)], two: [], three: [] }, { routes });
    await scene.call({ request, options: { fallbackModels: ["b"] } });
    expect(models(scene)).toEqual(["a at one"]);
    const strict = new AttemptScene(
      { one: [], three: [] },
      { routes: { a: ["one"], b: ["three"] } },
    );
    const { error } = await strict.call({
      request: { ...request, topK: 3 },
      options: { fallbackModels: ["b"], strict: true },
    });
    expect([error?.reason, strict.sent.length]).toEqual(["UNSUPPORTED_FIELD", 0]);
  });

  it("do not leave the fence", async () => {
    const targets = { one: { region: "eu-1" }, two: { region: "us-1" }, three: { region: "us-2" } };
    const scene = new AttemptScene({ one: down, two: [], three: [] }, { routes, targets });
    const region = { allowed: ["eu-*"] };
    await scene.call({ request, options: { fallbackModels: ["b", "c"], region } });
    expect(new Set(scene.places)).toEqual(new Set(["one"]));
    expect(models(scene)).toEqual(["a at one", "a at one", "c at one"]);
  });

  it("answer what was too long only where they are known to have a larger context", async () => {
    const provider = "openai";
    const known = (sizes: Readonly<Record<string, number>>): readonly ProviderModels[] => [
      {
        provider,
        models: Object.entries(sizes).map(([name, contextTokens]) => ({ name, contextTokens })),
      },
    ];
    const tooLong: Answer = refuses(400, { code: "context_length_exceeded" });
    const asked = async (sizes: Readonly<Record<string, number>>): Promise<readonly string[]> => {
      const scene = new AttemptScene(
        { one: [tooLong], two: [says("no")], three: [says("hello")], four: [says("hello")] },
        { routes: { a: ["one", "two"], b: ["three"], c: ["four"] }, models: known(sizes) },
      );
      await scene.call({ request, options: { fallbackModels: ["b", "c"] } });
      return models(scene);
    };
    expect(await asked({ a: 1_000, b: 2_000 })).toEqual(["a at one", "b at three"]);
    expect(await asked({ a: 1_000, b: 1_000, c: 8_000 })).toEqual(["a at one", "c at four"]);
    expect(await asked({ a: 1_000 })).toEqual(["a at one"]);
    expect(await asked({ b: 2_000, c: 2_000 })).toEqual(["a at one"]);
  });
});

describe("a target that failed for a while", () => {
  it("is asked again where the next one turns out to be of no use", async () => {
    const scene = new AttemptScene({
      one: [refuses(503, { headers: { "retry-after": "1" } }), says("hello")],
      two: [refuses(401)],
    });
    scene.chance = 0;
    const { response } = await scene.call();
    expect(scene.places).toEqual(["one", "two", "one"]);
    // One second after it had said so, at 10 ms.
    expect(scene.starts).toEqual([0, 10, 1_010]);
    expect(response?.content?.message).toBe("hello");
  });

  it("is not, where the request is what was wrong", async () => {
    const scene = new AttemptScene({ one: [refuses(503)], two: [refuses(400)] });
    const { error } = await scene.call();
    expect(error?.reason).toBe("PROVIDER_INVALID_REQUEST");
    expect(scene.places).toEqual(["one", "two"]);
  });

  it("is not, where its own last word was that it is of no use", async () => {
    const refused = new AttemptScene({ one: [refuses(503), refuses(403)] });
    const { error } = await refused.call();
    expect(error?.reason).toBe("PROVIDER_PERMISSION_DENIED");
    expect(refused.places).toEqual(["one", "one"]);
    const retryAfter = { headers: { "retry-after": "90" } };
    const busy = new AttemptScene({ one: [refuses(503), refuses(529, retryAfter)] });
    expect((await busy.call()).error?.fields.metadata?.not_retried).toBe("WAIT_TOO_LONG");
    expect(busy.places).toEqual(["one", "one"]);
  });
});
