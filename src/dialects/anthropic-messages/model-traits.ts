/** How a model is told to think. */
export type ThinkingMode =
  /** It cannot think. */
  | "none"
  /** With a budget of tokens: `thinking.type` "enabled". */
  | "budget"
  /** With a budget, or as it sees fit: "enabled" or "adaptive". */
  | "either"
  /** As it sees fit, and it can be turned off: "adaptive" or "disabled". */
  | "adaptive"
  /** As it sees fit, always: "adaptive" only. */
  | "always";

/** What of the API a model takes. */
export interface ModelTraits {
  /** Most output tokens: what is sent for `max_tokens`, which the API requires. */
  readonly outputTokensMax: number;
  readonly thinking: ThinkingMode;
  /** Whether it thinks where the request does not say anything about it. */
  readonly thinksUnasked: boolean;
  /** Whether it takes `thinking.display`. */
  readonly display: boolean;
  /** Whether it takes `output_config.effort`. */
  readonly effort: boolean;
  /** Whether it takes all of `temperature`, `top_p` and `top_k`, one of the first two, or none. */
  readonly sampling: "all" | "one" | "none";
  /** Whether it takes `output_config.format` and `strict` tools. */
  readonly structured: boolean;
  /** Whether it takes system turns inside the conversation. */
  readonly systemTurns: boolean;
  /** Whether the server holds by what Claude insists on: signed thinking, no sampling beside it. */
  readonly claude: boolean;
}

interface Generation {
  /** Families it holds for. Unset: all. */
  readonly families?: readonly string[];
  /** First version it holds for, major * 100 + minor. */
  readonly from: number;
  readonly traits: ModelTraits;
}

const newest: ModelTraits = {
  outputTokensMax: 64_000,
  thinking: "adaptive",
  thinksUnasked: true,
  display: true,
  effort: true,
  sampling: "none",
  structured: true,
  systemTurns: false,
  claude: true,
};
const large: ModelTraits = { ...newest, outputTokensMax: 128_000 };
const largest: ModelTraits = { ...large, systemTurns: true };
const alwaysThinking: ModelTraits = { ...largest, thinking: "always" };
const fourSix: ModelTraits = {
  ...large,
  thinking: "either",
  thinksUnasked: false,
  sampling: "one",
};
const fourFive: ModelTraits = {
  ...fourSix,
  outputTokensMax: 64_000,
  thinking: "budget",
  effort: false,
};
const four: ModelTraits = { ...fourFive, sampling: "all", structured: false };
const threeSeven: ModelTraits = { ...four, display: false };
const threeFive: ModelTraits = { ...threeSeven, outputTokensMax: 8_192, thinking: "none" };

/**
 * Generations of Claude, newest first; the first one that fits holds. From the provider's overview
 * of models and its migration guides (platform.claude.com/docs, about-claude/models; November
 * 2026). A model newer than these is taken for the newest; the output limit then is one that all
 * current models have.
 */
const generations: readonly Generation[] = [
  { families: ["fable"], from: 0, traits: alwaysThinking },
  { families: ["mythos"], from: 0, traits: { ...alwaysThinking, systemTurns: false } },
  { families: ["opus"], from: 505, traits: alwaysThinking },
  { families: ["opus"], from: 500, traits: largest },
  { families: ["sonnet"], from: 500, traits: large },
  { from: 500, traits: newest },
  { families: ["opus"], from: 408, traits: { ...largest, thinksUnasked: false } },
  { from: 407, traits: { ...large, thinksUnasked: false } },
  { from: 406, traits: fourSix },
  { families: ["opus"], from: 405, traits: { ...fourFive, effort: true } },
  { from: 405, traits: fourFive },
  { families: ["opus"], from: 401, traits: { ...fourFive, outputTokensMax: 32_000 } },
  { families: ["opus"], from: 400, traits: { ...four, outputTokensMax: 32_000 } },
  { from: 400, traits: four },
  { from: 307, traits: threeSeven },
  { from: 305, traits: threeFive },
  { from: 0, traits: { ...threeFive, outputTokensMax: 4_096 } },
];

/**
 * A model of another maker behind the same wire (llama.cpp, Ollama, gateways): nothing is held back
 * for its name, and `max_tokens` is a number that every such server takes.
 */
const foreign: ModelTraits = {
  outputTokensMax: 4_096,
  thinking: "either",
  thinksUnasked: false,
  display: true,
  effort: true,
  sampling: "all",
  structured: true,
  systemTurns: false,
  claude: false,
};

/**
 * What a model takes, told from its name: `claude-opus-4-1-20250805`, `claude-3.5-sonnet`, the
 * forms of hosts such as `eu.anthropic.claude-haiku-4-5-v1:0` and `claude-opus-4@20250514`.
 */
export function modelTraits(model: string): ModelTraits {
  const name = model.toLowerCase();
  const start = name.indexOf("claude-");
  if (start < 0) return foreign;
  const words = name.slice(start + "claude-".length).split(/[-.@:_]/);
  const family = words.find((word) => /^[a-z]{3,}$/.test(word)) ?? "";
  const version = versionOf(words);
  const generation = generations.find(
    ({ families, from }) => version >= from && (families?.includes(family) ?? true),
  );
  return generation?.traits ?? newest;
}

/** The version as major * 100 + minor. No version: newer than all. */
function versionOf(words: readonly string[]): number {
  const place = words.findIndex((word) => /^v?\d{1,2}$/.test(word));
  if (place < 0) return Number.POSITIVE_INFINITY;
  const major = Number(words[place]?.replace("v", ""));
  const next = words[place + 1] ?? "";
  return major * 100 + (/^\d{1,2}$/.test(next) ? Number(next) : 0);
}
