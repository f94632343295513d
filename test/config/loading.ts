import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Configuration } from "../../src/config/configuration.ts";
import {
  ConfigurationError,
  type ConfigurationFlags,
  loadConfiguration,
} from "../../src/config/load-configuration.ts";
import type {
  Adapter,
  CredentialScheme,
  Dialect,
  DialectSet,
  Preset,
} from "../../src/contract/adapter.ts";
import { fakeAdapter } from "../support/fake-adapter.ts";

const wire = fakeAdapter("any", []).dialects.fake!;

function dialects(urls: Readonly<Record<string, string>>): Readonly<Record<string, Dialect>> {
  return Object.fromEntries(
    Object.entries(urls).map(([name, defaultBaseURL]) => [name, { ...wire, name, defaultBaseURL }]),
  );
}

function adapter(
  name: string,
  urls: Readonly<Record<string, string>>,
  fields: Partial<Adapter> = {},
): Adapter {
  const variable = name.toUpperCase();
  return {
    ...fakeAdapter(name, []),
    keyVariables: [`${variable}_API_KEY`],
    baseURLVariables: [`${variable}_BASE_URL`],
    dialects: dialects(urls),
    defaultDialect: Object.keys(urls)[0] ?? "",
    ...fields,
  };
}

function regional(cloudName: string): (region: string) => string {
  return (region) => `https://${region}.${cloudName}.test`;
}

/** The wires of a cloud, signed in to by a scheme. */
function cloud(
  credentials: CredentialScheme,
  names: readonly string[],
  fields: Partial<Dialect> = {},
): DialectSet {
  const wires = names.map((name) => [
    name,
    { ...wire, name, defaultBaseURL: "", credentials, ...fields },
  ]);
  return { dialects: Object.fromEntries(wires), defaultDialect: names[0] ?? "" };
}

function preset(
  name: string,
  urls: Readonly<Record<string, string>>,
  keyVariables: readonly string[] = [`${name.toUpperCase()}_KEY`],
): Preset {
  return {
    name,
    keyVariables,
    dialects: dialects(urls),
    defaultDialect: Object.keys(urls)[0] ?? "",
  };
}

/** Adapters with the names and variables of real ones, and no wire. */
export const adapters: readonly Adapter[] = [
  adapter(
    "anthropic",
    { messages: "https://api.anthropic.com" },
    {
      hosts: {
        bedrock: cloud("aws", ["messages"], { regionalBaseURL: regional("bedrock") }),
        vertex: cloud("google", ["messages"], { regionalBaseURL: regional("vertex") }),
      },
    },
  ),
  adapter(
    "openai",
    {
      chat: "https://api.openai.com/v1",
      responses: "https://api.openai.com/v1",
    },
    { hosts: { azure: cloud("entra", ["chat", "responses"]) } },
  ),
  adapter(
    "google",
    { gemini: "https://generativelanguage.googleapis.com" },
    { keyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"] },
  ),
  adapter(
    "llama",
    { "openai-chat": "", ollama: "http://127.0.0.1:11434" },
    { keyRequired: false, baseURLVariables: ["LLAMA_BASE_URL", "OLLAMA_HOST"] },
  ),
  adapter(
    "custom",
    { "openai-chat": "", cohere: "" },
    {
      keyRequired: false,
      presets: [
        preset("fast", { "openai-chat": "https://api.fast.test/v1" }),
        preset("plan", { "openai-chat": "https://api.fast.test/plan/v1" }, ["FAST_KEY"]),
        preset("own", { "openai-chat": "", cohere: "" }),
        preset("near", { "openai-chat": "http://127.0.0.1:8000/v1" }),
      ],
    },
  ),
];

/** What a test loads. A file that is given is `connectors.yaml`, whatever folder it lies in. */
export interface Loading {
  readonly yaml?: string | Uint8Array;
  /** Files beside it, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly flags?: ConfigurationFlags;
  /** Default: `adapters`, which have no wire. */
  readonly adapters?: readonly Adapter[];
}

/** Loads from files that exist only meanwhile. */
export function load(loading: Loading): Configuration {
  const folder = mkdtempSync(join(tmpdir(), "connectors-"));
  try {
    const files = { ...loading.files, ...(loading.yaml !== undefined && yamlFile(loading.yaml)) };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return loadConfiguration({
      file: loading.yaml === undefined ? undefined : join(folder, "connectors.yaml"),
      environment: loading.environment ?? {},
      flags: loading.flags,
      adapters: loading.adapters ?? adapters,
    });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const inFolder = (file: string) => file.replace(`${folder}/`, "");
    throw new ConfigurationError(
      error.problems.map((problem) => ({ ...problem, file: inFolder(problem.file) })),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function yamlFile(yaml: string | Uint8Array): Readonly<Record<string, string | Uint8Array>> {
  return { "connectors.yaml": yaml };
}

/** The lines of the error that loading throws; none if it succeeds. */
export function problems(loading: Loading): readonly string[] {
  try {
    load(loading);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return String(error).split("\n");
    throw error;
  }
}

/** A text without the indentation that all its lines share. */
export function yaml(strings: TemplateStringsArray, ...values: readonly unknown[]): string {
  const text = String.raw({ raw: strings }, ...values).replace(/^\n/, "");
  const indents = text.split("\n").filter((line) => line.trim() !== "");
  const shared = Math.min(...indents.map((line) => line.search(/\S/)));
  return text
    .split("\n")
    .map((line) => line.slice(shared))
    .join("\n");
}

/** A reference to a variable, as the file writes it. */
export function reference(name: string): string {
  return `\${${name}}`;
}
