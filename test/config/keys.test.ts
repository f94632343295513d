// Proves how a target has several keys: in their order, each judged, bound to its origin, trimmed and
// hidden as `api_key` is, 16 at most, none twice.
import { describe, expect, it } from "vitest";
import { type Loading, load, problems, reference } from "./loading.ts";

function file(keys: string, rest = "adapter: openai"): string {
  return `targets:\n  - { name: a, ${rest}, api_keys: ${keys} }\n`;
}

function found(loading: Loading): readonly string[] {
  return problems(loading).map((line) => line.replace(/^[^ ]* targets\[0\]\./, ""));
}

describe("the keys of a target", () => {
  it("are the first to use, and those to spare", () => {
    const environment = { ONE: " key-one\n", TWO: "key-two" };
    const keys = `["${reference("ONE")}", "${reference("TWO")}", " key-three "]`;
    const { targets, secrets } = load({ yaml: file(keys), environment });
    expect(targets[0]?.apiKey?.reveal()).toBe("key-one");
    expect(targets[0]?.spareKeys?.map((key) => key.reveal())).toEqual(["key-two", "key-three"]);
    expect(secrets.map((secret) => secret.reveal()).sort()).toEqual([
      "key-one",
      "key-three",
      "key-two",
    ]);
  });

  it("may be one, and then there is none to spare", () => {
    const [target] = load({ yaml: file("[key-one]") }).targets;
    expect(target?.apiKey?.reveal()).toBe("key-one");
    expect(target).not.toHaveProperty("spareKeys");
  });

  it("may be sixteen", () => {
    const keys = Array.from({ length: 16 }, (_, index) => `key-${index}`);
    expect(load({ yaml: file(`[${keys}]`) }).targets[0]?.spareKeys).toHaveLength(15);
    expect(found({ yaml: file(`[${keys}, key-16]`) })).toEqual(["api_keys: expected at most 16"]);
  });

  it.each([
    ["[]", "api_keys: expected at least one"],
    ["key-one", "api_keys: expected a list"],
    ["[key-one, '']", "api_keys[1]: is empty"],
    ["[key-one, 7]", "api_keys[1]: expected text: put it in quotes"],
    ["[key-one, '***']", "api_keys[1]: is a mask: give the secret itself"],
    ["[key-one, 'key two']", "api_keys[1]: expected printable ASCII without spaces"],
    ["[key-one, key-two, ' key-one']", "api_keys[2]: this key is given twice"],
  ])("are not %s", (keys, problem) => {
    expect(found({ yaml: file(keys) })).toEqual([problem]);
  });

  it("stand in place of one key, and of credentials", () => {
    expect(found({ yaml: file("[key-one]", "adapter: openai, api_key: k") })).toEqual([
      "api_keys: stand in place of api_key: give one",
    ]);
    const azure = "adapter: openai, host: azure, base_url: https://x.test";
    expect(found({ yaml: file("[key-one]", `${azure}, credentials: { type: entra }`) })).toEqual([
      "credentials: are of no use beside api_key: give one of the two",
    ]);
  });

  it("are each refused for the address of another provider (C11)", () => {
    const environment = { ANTHROPIC_API_KEY: "key-one", OPENAI_API_KEY: "key-two" };
    const keys = `["${reference("OPENAI_API_KEY")}", "${reference("ANTHROPIC_API_KEY")}"]`;
    expect(found({ yaml: file(keys), environment })).toEqual([
      "api_keys[1]: ANTHROPIC_API_KEY is the key of anthropic, but base_url leads to openai",
    ]);
  });

  it("disable the target where one is not set, and stop the start where it is required", () => {
    const keys = `[key-one, "${reference("NOT_SET")}"]`;
    const { targets, disabled } = load({ yaml: file(keys) });
    expect(targets).toEqual([]);
    expect(disabled).toMatchObject([{ name: "a", why: "NOT_SET is not set" }]);
    expect(found({ yaml: file(keys, "adapter: openai, required: true") })).toEqual([
      "api_keys[1]: NOT_SET is not set",
    ]);
  });

  it("are enough for a target that would be signed for", () => {
    const bedrock = "adapter: anthropic, host: bedrock, base_url: https://x.test";
    expect(found({ yaml: file("[key-one, key-two]", bedrock) })).toEqual([]);
  });

  it("are not used where all is simulated", () => {
    const [target] = load({ yaml: `simulate: true\n${file("[key-one, key-two]")}` }).targets;
    expect(target).toMatchObject({ apiKey: undefined });
    expect(target).not.toHaveProperty("spareKeys");
  });
});
