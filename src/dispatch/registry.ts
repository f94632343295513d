import type { Adapter } from "../contract/adapter.ts";
import { ConnectorError, invalidField } from "../contract/connector-error.ts";
import { nearestNames } from "../contract/nearest-names.ts";
import type { RouteRule, Target } from "../contract/target.ts";
import { LeastRecentMap } from "../resilience/least-recent-map.ts";
import { compileOwnPattern, compilePattern, type NameTest } from "./pattern.ts";

/** Names of models that are remembered with what they led to: a rule costs a match of its pattern. */
const namesFoundMax = 1024;

/** Where a rule comes from; in this order they are tried. */
export type RuleSource = "target" | "prefix" | "route" | "adapter" | "alias";

/** A rule that matches a name. */
export interface Match {
  readonly rule: string;
  readonly source: RuleSource;
  /** Name of the adapter; for a route, that of its first target. */
  readonly provider: string;
  /** Name of the model without an explicit prefix. */
  readonly model: string;
  readonly targets: readonly Target[];
}

/** Everything the registry is made of. */
export interface RegistryOptions {
  readonly adapters: readonly Adapter[];
  readonly targets: readonly Target[];
  readonly routes: readonly RouteRule[];
}

interface Rule {
  readonly name: string;
  readonly source: RuleSource;
  readonly provider: string;
  readonly test: NameTest;
  readonly targets: readonly Target[];
}

/**
 * Leads names of models to targets: an explicit prefix (`openai/gpt-5`, `anthropic:claude-…`)
 * first, then the routes of the configuration, then the adapters' own patterns, then names that a
 * target's `models` give. The first match wins.
 */
export class Registry {
  readonly #adapters: readonly Adapter[];
  readonly #targets: readonly Target[];
  readonly #rules: readonly Rule[];
  /** What the names asked for last led to. */
  readonly #found = new LeastRecentMap<Match | undefined>(namesFoundMax);

  /** Throws Error for a route with a bad pattern or an unknown target. */
  constructor(options: RegistryOptions) {
    this.#adapters = options.adapters;
    this.#targets = options.targets;
    this.#rules = [
      ...options.routes.map((route) => this.#routeRule(route)),
      ...options.adapters.flatMap((adapter) => this.#adapterRules(adapter)),
      ...this.#aliases().map((alias) => this.#aliasRule(alias)),
    ];
  }

  /** The rule that wins. Throws MODEL_NOT_ROUTED with the nearest known names. */
  resolve(model: string): Match {
    const match = this.find(model);
    if (match !== undefined) return match;
    throw this.#notRouted(model);
  }

  /** The rule that wins. Unset: none matches. */
  find(model: string): Match | undefined {
    return this.#found.take(
      model,
      "",
      "",
      () => this.#prefixMatch(model) ?? this.#firstRule(model),
    );
  }

  /**
   * A target that the caller names: no rule is asked, and the model's name goes as it is, but for a
   * prefix that names the target's own adapter. Throws INVALID_REQUEST for an unknown target.
   */
  pinned(model: string, name: string): Match {
    const target = this.target(name);
    if (target === undefined) throw invalidField("options.target", "no target has this name");
    const provider = target.adapter.name;
    const prefix = model.slice(0, provider.length + 1).toLowerCase();
    const isPrefixed = prefix === `${provider}/` || prefix === `${provider}:`;
    const rest = isPrefixed ? model.slice(prefix.length) : model;
    return {
      rule: name,
      source: "target",
      provider,
      model: rest || model,
      targets: [target],
    };
  }

  /** Every rule that matches, in order; the first one wins. */
  explain(model: string): readonly Match[] {
    const prefix = this.#prefixMatch(model);
    const rules = this.#rules.filter(({ test }) => test(model)).map((rule) => asMatch(rule, model));
    return prefix === undefined ? rules : [prefix, ...rules];
  }

  /** The target of that name. Unset: there is none. */
  target(name: string): Target | undefined {
    return this.#targets.find((target) => target.name === name);
  }

  /** Targets of one adapter, in order. */
  targetsOf(adapter: string): readonly Target[] {
    return this.#targets.filter((target) => target.adapter.name === adapter);
  }

  /** The adapters, in the order of their rules. */
  get adapters(): readonly Adapter[] {
    return this.#adapters;
  }

  /** All targets, in the order of the configuration. */
  get targets(): readonly Target[] {
    return this.#targets;
  }

  /**
   * A prefix counts if it names an adapter and the rest is a name of that adapter, or, after a
   * slash, if no other adapter claims the whole (`openai/gpt-oss-20b` is an open model that others
   * host). After a colon the rest must be the adapter's own, since `mistral:7b` is a tag of a local
   * server.
   */
  #prefixMatch(model: string): Match | undefined {
    const cut = model.search(/[/:]/);
    if (cut <= 0) return undefined;
    const word = model.slice(0, cut).toLowerCase();
    const rest = model.slice(cut + 1);
    const adapter = this.#adapters.find(({ name }) => name === word);
    if (adapter === undefined || rest === "") return undefined;
    const own = adapter.patterns.length === 0 || this.#claims(word, rest);
    const free =
      model[cut] === "/" &&
      !this.#adapters.some(({ name }) => name !== word && this.#claims(name, model));
    if (!own && !free) return undefined;
    return {
      rule: model.slice(0, cut + 1).toLowerCase(),
      source: "prefix",
      provider: adapter.name,
      model: rest,
      targets: this.targetsOf(adapter.name),
    };
  }

  #claims(provider: string, model: string): boolean {
    return this.#rules.some(
      (rule) => isAdapterRule(rule) && rule.provider === provider && rule.test(model),
    );
  }

  #firstRule(model: string): Match | undefined {
    const rule = this.#rules.find(({ test }) => test(model));
    return rule && asMatch(rule, model);
  }

  #routeRule(route: RouteRule): Rule {
    const targets = route.targets.map((name) => {
      const target = this.target(name);
      if (target === undefined) throw new Error(`route ${route.id}: no target is named ${name}`);
      return target;
    });
    return {
      name: route.id,
      source: "route",
      provider: targets[0]?.adapter.name ?? "",
      test: compilePattern(route.model),
      targets,
    };
  }

  #adapterRules(adapter: Adapter): readonly Rule[] {
    const targets = this.targetsOf(adapter.name);
    return adapter.patterns.map(({ pattern }) => ({
      name: pattern,
      source: "adapter",
      provider: adapter.name,
      test: compileOwnPattern(pattern),
      targets,
    }));
  }

  #aliasRule(alias: string): Rule {
    const targets = this.#targets.filter(({ models }) => models.has(alias));
    return {
      name: alias,
      source: "alias",
      provider: targets[0]?.adapter.name ?? "",
      test: (model) => model.toLowerCase() === alias,
      targets,
    };
  }

  #notRouted(model: string): ConnectorError {
    const shown = escapeName(model);
    const known = this.#adapters.flatMap(({ models }) => models.map(({ name }) => name));
    const nearest = nearestNames(model, [...known, ...this.#aliases()]);
    const hint = nearest.length > 0 ? `; nearest known names: ${nearest.join(", ")}` : "";
    return new ConnectorError("MODEL_NOT_ROUTED", `no rule leads from model "${shown}"${hint}`, {
      resource: { type: "model", name: shown },
      metadata: { model: shown, ...(nearest.length > 0 && { nearest: nearest.join(",") }) },
    });
  }

  #aliases(): readonly string[] {
    return [...new Set(this.#targets.flatMap(({ models }) => [...models.keys()]))];
  }
}

function isAdapterRule(rule: Rule): boolean {
  return rule.source === "adapter";
}

function asMatch(rule: Rule, model: string): Match {
  const { name, source, provider, targets } = rule;
  return { rule: name, source, provider, model, targets };
}

/** Shows what is not plain ASCII as `\u{…}`, so that lookalike letters can be seen. */
function escapeName(name: string): string {
  return name.replace(/[^\x20-\x7e]/gu, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return `\\u{${hex}}`;
  });
}
