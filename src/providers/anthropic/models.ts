import type { KnownModel } from "../../contract/adapter.ts";

const current: readonly string[] = [
  ...["claude-fable-5-2", "claude-fable-5-1", "claude-fable-5"],
  ...["claude-mythos-5-2", "claude-mythos-5-1", "claude-mythos-5", "claude-mythos-preview"],
  ...["claude-opus-5-5", "claude-opus-5", "claude-opus-4-8", "claude-opus-4-7", "claude-opus-4-6"],
  ...["claude-opus-4-5", "claude-opus-4-5-20251101"],
  ...["claude-sonnet-5-5", "claude-sonnet-5", "claude-sonnet-4-6"],
  ...["claude-sonnet-4-5", "claude-sonnet-4-5-20250929"],
  ...["claude-haiku-5-5", "claude-haiku-4-5", "claude-haiku-4-5-20251001"],
];

/** Retired names by the model that follows them. */
const retired: Readonly<Record<string, readonly string[]>> = {
  "claude-opus-4-8": [
    ...["claude-opus-4-1", "claude-opus-4-1-20250805", "claude-opus-4-0", "claude-opus-4-20250514"],
    ...["claude-3-opus", "claude-3-opus-20240229"],
  ],
  "claude-sonnet-4-6": [
    ...["claude-sonnet-4-0", "claude-sonnet-4-20250514"],
    ...["claude-3-7-sonnet", "claude-3-7-sonnet-20250219"],
    ...["claude-3.5-sonnet", "claude-3-5-sonnet", "claude-3-5-sonnet-20241022"],
    ...["claude-3-5-sonnet-20240620", "claude-3-sonnet", "claude-3-sonnet-20240229"],
    ...["claude-2.1", "claude-2.0", "claude-2"],
  ],
  "claude-haiku-4-5": [
    ...[
      "claude-3-5-haiku",
      "claude-3-5-haiku-20241022",
      "claude-3-haiku",
      "claude-3-haiku-20240307",
    ],
    ...["claude-instant-1.2", "claude-instant"],
  ],
};

/**
 * Models known by name, from the provider's own library (1.10.0) and its page of deprecations
 * (platform.claude.com/docs/en/about-claude/model-deprecations), November 2026.
 */
export const knownModels: readonly KnownModel[] = [
  ...current.map((name) => ({ name })),
  ...Object.entries(retired).flatMap(([successor, names]) =>
    names.map((name) => ({ name, retired: true, successor })),
  ),
];
