// Proves that what is known of targets outlives a reload of the configuration, and starts anew under
// other rules; and that every key of a target is known to the redactor.
import { afterEach, expect, it } from "vitest";
import { ProviderSide } from "../../src/server/provider-side.ts";
import { load } from "../config/loading.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function connected(side: ProviderSide, rest: string) {
  const yaml = `targets: [{ name: a, adapter: openai, api_keys: [first-key, second-key] }]\n${rest}`;
  const { connectors } = await side.connect(load({ yaml }));
  open.push(() => connectors.close());
  return connectors;
}

async function waitAfterReload(rest: string): Promise<number> {
  const side = new ProviderSide();
  const first = await connected(side, "");
  first.states.keyStanding("a", "0").refuse("PROVIDER_CREDENTIAL_INVALID");
  const second = await connected(side, rest);
  return second.states.keyStanding("a", "0").waitMs();
}

it.each(["", "log_level: error\n", "limits: { target_calls: 5 }\n"])(
  "keeps the states of targets over a reload: %j",
  async (rest) => {
    expect(await waitAfterReload(rest)).toBeGreaterThan(0);
  },
);

it.each(["resilience: { breaker_failures: 5 }\n", "defaults: { retry: { max_attempts: 1 } }\n"])(
  "starts anew under other rules: %j",
  async (rules) => {
    expect(await waitAfterReload(rules)).toBe(0);
  },
);

it("knows every key of a target", async () => {
  const { redactor } = await connected(new ProviderSide(), "");
  expect(redactor.redact("first-key and second-key")).not.toMatch(/-key/);
});
