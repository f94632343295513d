// Proves `connector-tool batch`: what lines it takes, what it writes, how it ends, that bad lines
// are all told before anything is sent, and that a batch can be gone on with and loses nothing.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { startRecordedServer } from "../support/recorded-server.ts";
import { runTool, type ToolRun } from "./run-tool.ts";
import { setScene } from "./scene.ts";

const scene = setScene();
let files = 0;

/** A line of the input. */
type Line = Readonly<Record<string, unknown>>;

function fileOf(lines: readonly (Line | string)[]): string {
  files += 1;
  const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  return scene().file(`batch-${files}.jsonl`, `${texts.join("\n")}\n`);
}

async function batch(...args: readonly string[]): Promise<ToolRun> {
  return await runTool(["batch", ...args], scene().environment);
}

interface Told {
  readonly id: string;
  readonly index: number;
  readonly response?: { readonly content: { readonly message: string } };
  readonly error?: Readonly<Record<string, unknown>>;
}

function recordsOf(text: string): readonly Told[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

function ask(id: string, prompt: string): Line {
  return { id, model: "claude-sonnet-5", prompt, max_output_tokens: 100 };
}

/** Whose request a record belongs to, and what came of it. */
function wordOf({ id, response, error }: Told): string {
  const said = /You said: "(.*)"/.exec(response?.content.message ?? "")?.[1];
  return `${id}: ${error?.reason ?? said}`;
}

function prompts(): readonly string[] {
  return scene().simulator.requests.map(({ body }) => JSON.stringify(body));
}

describe("lines", () => {
  it("are requests in protobuf's JSON or in short, and each has one line of the output", async () => {
    const file = fileOf([
      ask("short", "one"),
      {
        request: {
          model: "gpt-4o",
          contents: [
            { role: "system", message: "Be brief." },
            { role: "ROLE_USER", message: "two" },
          ],
        },
        options: { timeout: "20s" },
      },
      "",
      { id: 7, system: "Be kind.", contents: [{ role: "user", message: "a" }], prompt: "three" },
    ]);
    const { code, stdout, stderr } = await batch(file, "--model", "claude-sonnet-5");
    expect(code).toBe(0);
    const records = recordsOf(stdout).toSorted((a, b) => a.index - b.index);
    expect(records.map(({ id, index }) => [id, index])).toEqual([
      ["short", 0],
      ["1", 1],
      ["7", 2],
    ]);
    expect(records.map(wordOf)).toEqual(["short: one", "1: two", "7: three"]);
    const sent = prompts().slice(-3);
    expect(sent.some((body) => body.includes("Be brief."))).toBe(true);
    expect(sent.some((body) => body.includes("Be kind."))).toBe(true);
    expect(stderr).toMatch(/^3 requests: 3 answered, 0 failed; \d+ in, \d+ out; .*; \d\.\d s$/m);
  });

  it("that are wrong are all told, with their numbers, before anything is sent", async () => {
    const file = fileOf([
      ask("a", "good"),
      "{nothing",
      { id: "b", prompt: "no model" },
      { ...ask("c", "x"), temprature: 1 },
      ask("a", "again"),
      { request: ask("", "x"), prompt: "beside" },
      { ...ask("d", "x"), id: "" },
      { id: "e", model: "m" },
      "[1]",
    ]);
    const before = scene().simulator.requests.length;
    const { code, stdout, stderr } = await batch(file);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("8 lines are no request");
    expect(stderr.match(/^ {2}line \d+: .*$/gm)?.map((line) => line.slice(0, 80))).toEqual([
      expect.stringMatching(/^ {2}line 2: is not JSON: /),
      "  line 3: model: is required, here or by --model",
      expect.stringMatching(/^ {2}line 4: .*"temprature" is unknown/),
      '  line 5: id "a" is that of line 1 too',
      expect.stringMatching(/^ {2}line 6: "prompt" stands beside "request"/),
      expect.stringMatching(/^ {2}line 7: id: expected a text/),
      expect.stringMatching(/^ {2}line 8: there is nothing to ask/),
      expect.stringMatching(/^ {2}line 9: .*expected a JSON object/),
    ]);
    expect(scene().simulator.requests.length).toBe(before);
  });

  it("that are none are told too", async () => {
    const { code, stderr } = await batch(fileOf(["", ""]));
    expect(code).toBe(2);
    expect(stderr).toContain("holds no request");
  });

  it("have to be UTF-8", async () => {
    const file = scene().file("latin.jsonl", Buffer.from('{"prompt":"caf\xe9"}\n', "latin1"));
    const { code, stderr } = await batch(file);
    expect(code).toBe(2);
    expect(stderr).toContain("is not UTF-8");
  });
});

describe("results", () => {
  it("are errors where a request failed, with what a caller needs, and the exit code is 1", async () => {
    const file = fileOf([
      ask("good", "one"),
      { ...ask("invalid", "two"), temperature: 9 },
      {
        ...ask("limited", "[[simulate: status=429 retry-after=30]] three"),
        options: { retry: { maxAttempts: 1 } },
      },
    ]);
    const { code, stdout, stderr } = await batch(file);
    expect(code).toBe(1);
    const errors = new Map(recordsOf(stdout).map(({ id, error }) => [id, error]));
    expect(errors.get("good")).toBeUndefined();
    expect(errors.get("invalid")).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_REQUEST",
      message: "request.temperature: must be 0 to 2",
      retryable: false,
      violations: [{ field: "request.temperature", description: "must be 0 to 2" }],
    });
    expect(errors.get("limited")).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "PROVIDER_RATE_LIMITED",
      retryable: true,
      retryAfterMs: 30_000,
      metadata: { provider: "anthropic", target: "anthropic", http_status: "429" },
    });
    expect(stderr).toContain("  1 × INVALID_REQUEST\n");
    expect(stderr).toContain("  1 × PROVIDER_RATE_LIMITED\n");
  });

  it("come by a server as well, and a summary for machines", async () => {
    const { url } = await startRecordedServer({ environment: scene().environment, flags: {} });
    const file = fileOf([ask("a", "one"), { ...ask("b", "two"), temperature: 9 }]);
    const args = [file, "--server", url, "--json", "--quiet"];
    const { code, stdout, stderr } = await batch(...args);
    expect(code).toBe(1);
    expect(recordsOf(stdout).map(wordOf).toSorted()).toEqual(["a: one", "b: INVALID_REQUEST"]);
    expect(JSON.parse(stderr)).toMatchObject({
      ...{ total: 2, succeeded: 1, failed: 1, skipped: 0, notStarted: 0 },
      failures: { INVALID_REQUEST: 1 },
      cost: { known: true },
    });
  });

  it("are none in number where a flag is wrong as a whole", async () => {
    const { code, stdout, stderr } = await batch(fileOf([ask("a", "x")]), "--concurrency", "999");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("max_concurrency: must be 1 to 256");
  });
});

describe("--out", () => {
  it("is never written over, but gone on with: what failed or broke off is asked for again", async () => {
    const out = fileOf([]).replace(".jsonl", ".out");
    const flaky = "[[simulate: status=400 times=1]] three";
    const file = fileOf([ask("a", "one"), ask("b", "two"), ask("c", flaky)]);
    expect((await batch(file, "--out", out)).code).toBe(1);

    const again = await batch(file, "--out", out);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("exists: add --resume");

    // A crash while the line of "b" was written.
    const lines = readFileSync(out, "utf8").trimEnd().split("\n");
    const kept = lines.filter((line) => !line.startsWith('{"id":"b"'));
    const broken = lines.find((line) => line.startsWith('{"id":"b"'))?.slice(0, 40);
    scene().file(out.split("/").at(-1)!, `${kept.join("\n")}\n${broken}`);
    const before = scene().simulator.requests.length;
    const { code, stderr } = await batch(file, "--out", out, "--resume");
    expect(code).toBe(0);
    expect(stderr).toMatch(/^3 requests: 2 answered and 1 before, 0 failed;/m);
    expect(scene().simulator.requests.length).toBe(before + 2);
    expect(recordsOf(readFileSync(out, "utf8")).map(wordOf).toSorted()).toEqual([
      "a: one",
      "b: two",
      "c: three",
    ]);
    expect(existsSync(`${out}.part`)).toBe(false);

    const last = await batch(file, "--out", out, "--resume", "--json");
    expect(JSON.parse(last.stdout)).toMatchObject({ total: 3, succeeded: 0, skipped: 3 });
    expect(scene().simulator.requests.length).toBe(before + 2);
  });

  it("is left alone where it is no output of a batch", async () => {
    const input = JSON.stringify(ask("a", "x"));
    const texts = ["my notes", "my notes\n", '{"id":"a"}\n{"id":"b"}\n', "[]\n\n\n", input];
    for (const text of texts) {
      const out = scene().file("notes.txt", text);
      const { code, stderr } = await batch(fileOf([ask("a", "x")]), "--out", out, "--resume");
      expect(code).toBe(2);
      expect(stderr).toContain("is no result of a batch");
      expect(readFileSync(out, "utf8")).toBe(text);
    }
  });

  it("is needed by --resume, and need not be there", async () => {
    const file = fileOf([ask("a", "one")]);
    expect(await batch(file, "--resume")).toMatchObject({ code: 2, stdout: "" });
    const out = fileOf([]).replace(".jsonl", ".out");
    expect((await batch(file, "--out", out, "--resume")).code).toBe(0);
    expect(recordsOf(readFileSync(out, "utf8")).map(wordOf)).toEqual(["a: one"]);
  });
});

// The last: the simulator's journal holds 1,000 requests, which others count.
it("results of more requests than one piece have one line each", async () => {
  const count = 1_100;
  const lines = Array.from({ length: count }, (_, index) =>
    ask("", index % 20 === 3 ? "[[simulate: status=400]] no" : `request ${index}`),
  ).map(({ id: _, ...line }) => line);
  const out = fileOf([]).replace(".jsonl", ".out");
  const { code } = await batch(fileOf(lines), "--out", out, "-q", "--concurrency", "64");
  expect(code).toBe(1);
  const records = recordsOf(readFileSync(out, "utf8")).toSorted((a, b) => a.index - b.index);
  expect(records.map(wordOf)).toEqual(
    lines.map((_, index) =>
      index % 20 === 3 ? `${index}: PROVIDER_INVALID_REQUEST` : `${index}: request ${index}`,
    ),
  );
}, 60_000);
