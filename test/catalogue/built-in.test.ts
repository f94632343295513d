// Proves that the catalogue each adapter brings holds together: names lead to their own adapter,
// retired models have successors that live, the old names that people still use are known, and no
// price is odd.
import { describe, expect, it } from "vitest";
import type { KnownModel, TokenPrices } from "../../src/contract/adapter.ts";
import { ModelCatalogue } from "../../src/dispatch/model-catalogue.ts";
import { Registry } from "../../src/dispatch/registry.ts";
import { adapters } from "../../src/providers/index.ts";

const registry = new Registry({ adapters, targets: [], routes: [] });
const catalogue = new ModelCatalogue(adapters);

function namesOf({ name, aliases = [] }: KnownModel): readonly string[] {
  return [name, ...aliases];
}

function pricesOf({ prices, pricesAt = {} }: KnownModel): readonly TokenPrices[] {
  const all = [...Object.values(pricesAt), ...(prices ? [prices] : [])];
  return all.flatMap((each) => [each, ...(each.tiers ?? [])]);
}

describe.each(adapters.map((adapter) => [adapter.name, adapter] as const))(
  "%s",
  (name, adapter) => {
    it("names models that lead to it, each once", () => {
      const names = adapter.models.flatMap(namesOf);
      for (const each of names) expect([each, registry.find(each)?.provider]).toEqual([each, name]);
      const lower = names.map((each) => each.toLowerCase());
      expect(lower.filter((each, index) => lower.indexOf(each) !== index)).toEqual([]);
    });

    it("says where each model's facts are from, and of which day", () => {
      for (const { source = "", asOf = "" } of adapter.models) {
        expect(source).toMatch(/^https:\/\//);
        expect(asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
      }
    });

    it("has successors that live", () => {
      for (const { name: retired, successor } of adapter.models) {
        if (successor === undefined) continue;
        const next = catalogue.find(name, successor);
        expect([retired, next?.name !== undefined, next?.retired ?? false]).toEqual([
          retired,
          true,
          false,
        ]);
      }
    });

    it("has no odd price: reading a cache costs no more than fresh input, output no less", () => {
      for (const model of adapter.models) {
        for (const { input = 0n, output = input, cacheRead = 0n } of pricesOf(model)) {
          expect([model.name, cacheRead <= input]).toEqual([model.name, true]);
          expect([model.name, output >= input || output === 0n]).toEqual([model.name, true]);
        }
      }
    });

    it("has prices that rise with the size of the input", () => {
      for (const { name: model, prices } of adapter.models) {
        let before = prices?.input ?? 0n;
        for (const { input = 0n } of prices?.tiers ?? []) {
          expect([model, input >= before]).toEqual([model, true]);
          before = input;
        }
      }
    });

    it("has tiers that give every price that the base gives", () => {
      for (const { name: model, prices } of adapter.models) {
        const { tiers = [], until: _, ...base } = prices ?? {};
        for (const { aboveInputTokens: __, ...tier } of tiers) {
          expect([model, Object.keys(tier)]).toEqual([model, Object.keys(base)]);
        }
      }
    });

    it("has prices only at places that it knows", () => {
      const places = [
        ...Object.keys(adapter.hosts ?? {}),
        ...(adapter.presets ?? []).map((preset) => preset.name),
      ];
      for (const { name: model, pricesAt = {} } of adapter.models) {
        for (const place of Object.keys(pricesAt)) expect(places, model).toContain(place);
      }
    });
  },
);

it.each([
  ["anthropic", "claude-3-sonnet", "2025-07-21", "claude-sonnet-4-6"],
  ["anthropic", "claude-3-7-sonnet-20250219", "2026-02-19", "claude-sonnet-4-6"],
  ["openai", "gpt-4-32k", "2025-06-06", "gpt-5.6-sol"],
  ["openai", "gpt-3.5-turbo", "2026-10-23", "gpt-5.6-terra"],
  ["mistral", "mistral-tiny", undefined, "ministral-8b-latest"],
])("%s knows that %s is retired", (adapter, name, retiresOn, successor) => {
  const known = catalogue.find(adapter, name);
  expect([known?.retired, known?.retiresOn, known?.successor]).toEqual([
    true,
    retiresOn,
    successor,
  ]);
});

it("llama knows names that no provider has retired as such, without a successor", () => {
  const { retired, successor } = catalogue.find("llama", "llama-70b") ?? {};
  expect([retired, successor]).toEqual([undefined, undefined]);
  expect(catalogue.find("llama", "llama-70b")?.name).toBe("llama-70b");
});
