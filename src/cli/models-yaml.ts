import type { KnownModel, ModelPrices, TokenPrices } from "../contract/adapter.ts";
import { dollars } from "./models-money.ts";

/** Where facts are from, and of which day. */
export interface Origin {
  readonly source: string;
  /** "YYYY-MM-DD". */
  readonly asOf: string;
}

const priceMembers: readonly (readonly [keyof TokenPrices, string])[] = [
  ["input", "input"],
  ["output", "output"],
  ["cacheRead", "cache_read"],
  ["cacheWrite", "cache_write"],
  ["cacheWriteHour", "cache_write_1h"],
  ["inputAudio", "input_audio"],
  ["outputAudio", "output_audio"],
];

/** The file of a catalogue, as docs/models.md describes it. */
export function catalogueYAML(
  provider: string,
  models: readonly KnownModel[],
  { source, asOf }: Origin,
): string {
  const lines = [
    `provider: ${provider}`,
    `source: ${quoted(source)}`,
    `as_of: ${asOf}`,
    "models:",
    ...models.flatMap(modelLines),
  ];
  return `${lines.join("\n")}\n`;
}

function modelLines(model: KnownModel): readonly string[] {
  const { contextTokens, outputTokensMax, prices, pricesAt, retiresOn } = model;
  const members = [
    `name: ${quoted(model.name)}`,
    ...(contextTokens === undefined ? [] : [`context_tokens: ${contextTokens}`]),
    ...(outputTokensMax === undefined ? [] : [`output_tokens_max: ${outputTokensMax}`]),
    ...(prices === undefined ? [] : ["prices:", ...indented(priceLines(prices))]),
    ...(pricesAt === undefined ? [] : ["prices_at:", ...indented(placeLines(pricesAt))]),
    ...(retiresOn === undefined ? [] : [`retired: ${retiresOn}`]),
  ];
  return members.map((line, index) => `${index === 0 ? "  - " : "    "}${line}`);
}

function placeLines(places: Readonly<Record<string, ModelPrices>>): readonly string[] {
  return Object.entries(places).flatMap(([place, prices]) => [
    `${place}:`,
    ...indented(priceLines(prices)),
  ]);
}

function priceLines({ tiers = [], until, ...base }: ModelPrices): readonly string[] {
  return [
    ...membersOf(base),
    ...(until === undefined ? [] : [`until: ${until}`]),
    ...(tiers.length === 0 ? [] : ["tiers:"]),
    ...tiers.flatMap(({ aboveInputTokens, ...tier }) => [
      `  - above: ${aboveInputTokens}`,
      ...indented(indented(membersOf(tier))),
    ]),
  ];
}

function membersOf(prices: TokenPrices): readonly string[] {
  return priceMembers.flatMap(([kind, name]) => {
    const nanos = prices[kind];
    return nanos === undefined ? [] : [`${name}: ${dollars(nanos)}`];
  });
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

/** Plain where YAML takes it for nothing but text. */
function quoted(text: string): string {
  return /^[A-Za-z][A-Za-z0-9./_:-]*[A-Za-z0-9]$/.test(text) && !/: /.test(text)
    ? text
    : JSON.stringify(text);
}
