// Proves what docs/errors.md says of providers' own words, of the hints for Bedrock, and that it
// names the end of every wire: each row of its tables is tried.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Dialect } from "../../src/contract/adapter.ts";
import { bedrockError } from "../../src/dialects/bedrock-errors.ts";
import { custom } from "../../src/providers/custom/index.ts";

const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");

/** The cells of the rows of the one table that has this head. */
function table(head: string): readonly (readonly string[])[] {
  const [, after] = page.split(`${head}\n`);
  const [, ...rows] = after?.split("\n\n")[0]?.trimEnd().split("\n") ?? [];
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function unquoted(cell = ""): string {
  return cell.replaceAll("`", "");
}

const wireOf: Readonly<Record<string, string>> = {
  Groq: "openai-chat",
  Azure: "openai-chat",
  "llama.cpp": "openai-chat",
  Cohere: "cohere",
  Ollama: "ollama",
  Google: "gemini",
  Bedrock: "bedrock-converse",
};

function dialectOf(provider: string): Dialect {
  const dialect = custom.dialects[wireOf[provider] ?? ""];
  if (dialect === undefined) throw new Error(`no wire is known for ${provider}`);
  return dialect;
}

describe("the page on errors", () => {
  const words = table("| provider | status | body | reason |");

  it("has words of every provider that it speaks of", () => {
    expect(new Set(words.map(([provider]) => provider))).toEqual(new Set(Object.keys(wireOf)));
  });

  it.each(words)("%s: %s %s is %s", (provider = "", status, body, reason) => {
    const failure = { status: Number(status), headers: {}, body: unquoted(body) };
    expect(() => JSON.parse(failure.body)).not.toThrow();
    expect(dialectOf(provider).toError(failure).reason).toBe(unquoted(reason));
  });

  it("has Bedrock's hints", () => {
    const type = "AccessDeniedException";
    const said = [
      "Invocation of model ID m with on-demand throughput isn't supported.",
      "The provided model identifier is invalid.",
      "You don't have access to the model with the specified model ID.",
      "Signature expired: 1 is now earlier than 2",
    ].map((message, index) => {
      const status = index < 2 ? 400 : 403;
      const headers = status === 403 ? { "x-amzn-errortype": type } : {};
      const error = bedrockError({ status, headers, body: JSON.stringify({ message }) });
      expect(error.message.startsWith(`${message} (`)).toBe(true);
      return error.message.slice(message.length + 2, -1);
    });
    expect(table("| when | added |").map(([, hint]) => hint)).toEqual(said);
  });

  it("names the end of every wire", () => {
    const wires = table("| wire | logical end | terminal mark |").map(([wire]) => unquoted(wire));
    expect([...wires].sort()).toEqual(Object.keys(custom.dialects).sort());
  });
});
