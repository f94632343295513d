// Follows docs/adding-a-provider.md in a copy of the tree: the script begins a provider whose tests
// fail; its folder is filled with a small wire of its own, and nothing else is touched; then its
// tests and those of the import table pass, and a server of that tree answers by it. Shared wires
// need no more than the script.
import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Role, StopReason } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { chunkedHead, httpChunk, RawUpstream } from "../support/raw-upstream.ts";
import { clientOver, wires } from "../support/rpc-client.ts";
import { SpawnedProcess } from "../support/spawned-process.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const filling = fileURLToPath(new URL("fixtures/", import.meta.url));
const copied = [
  ...["src", "gen", "scripts", "test/support", "test/architecture.test.ts"],
  ...["package.json", "tsconfig.json", "biome.json", "vitest.config.ts", ".gitignore"],
];
const timeoutMs = 60_000;

let tree = "";
beforeAll(() => {
  tree = realpathSync(mkdtempSync(join(tmpdir(), "connectors-new-provider-")));
  for (const path of copied) cpSync(join(root, path), join(tree, path), { recursive: true });
  mkdirSync(join(tree, "test/providers"));
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
}, timeoutMs);
afterAll(() => rmSync(tree, { recursive: true }));

interface Run {
  readonly code: number;
  readonly output: string;
}

/** Runs a program of the copied tree. */
async function run(script: string, ...args: readonly string[]): Promise<Run> {
  const env = { PATH: process.env.PATH, NO_COLOR: "1" };
  return await new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [script, ...args],
      { cwd: tree, env },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? 1, output: stdout + stderr }),
    );
  });
}

/** Every file of the copied tree but those of one folder, with its text. */
function filesOutside(folder: string): ReadonlyMap<string, string> {
  const places = ["src", "test", "scripts", "gen"].map((place) => join(tree, place));
  const entries = places.flatMap((place) =>
    readdirSync(place, { recursive: true, withFileTypes: true }),
  );
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(tree, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith(folder));
  return new Map(paths.map((path) => [path, readFileSync(join(tree, path), "latin1")]));
}

/** The paths that two states of the tree do not have in common. */
function changed(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).toSorted();
}

function fill(): void {
  const folder = join(tree, "src/providers/acme");
  for (const name of readdirSync(filling)) {
    cpSync(join(filling, name), join(folder, name.replace(/\.txt$/, "")), { recursive: true });
  }
}

const answer = JSON.parse(readFileSync(join(filling, "fixtures/answer.json"), "utf8"));
const stream = readFileSync(join(filling, "fixtures/stream.txt"), "utf8");

describe("a new provider", { timeout: timeoutMs }, () => {
  it("with a wire of its own is a folder, a line and a test that fails", async () => {
    const before = filesOutside("src/providers/acme/");
    const { code, output } = await run("scripts/new-provider.mjs", "acme");
    expect([code, output]).toEqual([0, expect.stringContaining("docs/adding-a-provider.md")]);
    expect(changed(before, filesOutside("src/providers/acme/"))).toEqual([
      ...["src/providers/index.ts", "test/providers/acme.test.ts"],
    ]);
    const page = readFileSync(join(root, "docs/adding-a-provider.md"), "utf8");
    const names = readdirSync(join(tree, "src/providers/acme"));
    expect(names.filter((name) => !page.includes(`| \`${name}`))).toEqual([]);
    const test = await run("node_modules/vitest/vitest.mjs", "run", "test/providers/acme.test.ts");
    expect([test.code, test.output]).toEqual([
      1,
      expect.stringMatching(/Tests +4 failed \| 1 passed/),
    ]);
  });

  it("stops the generation by a mistake in its models.yaml, with its place", async () => {
    const path = "src/providers/acme/models.yaml";
    const text = readFileSync(join(tree, path), "utf8");
    writeFileSync(join(tree, path), `${text}    prices: { input: cheap }\n`);
    const { code, output } = await run("scripts/generate.mjs", "--models");
    expect([code, output]).toEqual([
      1,
      expect.stringContaining(`${path}:7:15 models[0].prices.input: `),
    ]);
    writeFileSync(join(tree, path), text);
  });

  it("over a shared wire is two files, and the one that is made of them", async () => {
    const { code } = await run("scripts/new-provider.mjs", "zenith", "--dialect", "openai-chat");
    expect(code).toBe(0);
    expect(readdirSync(join(tree, "src/providers/zenith")).toSorted()).toEqual([
      ...["index.ts", "models.ts", "models.yaml"],
    ]);
  });

  it("passes its tests and obeys the import table when its folder alone is filled", async () => {
    const before = filesOutside("src/providers/acme/");
    fill();
    expect(await run("scripts/generate.mjs", "--models")).toEqual({ code: 0, output: "" });
    expect(changed(before, filesOutside("src/providers/acme/"))).toEqual([]);
    const names = ["providers/acme", "providers/zenith", "architecture"];
    const tests = names.map((name) => `test/${name}.test.ts`);
    const { code, output } = await run("node_modules/vitest/vitest.mjs", "run", ...tests);
    expect([code, output]).toEqual([0, expect.stringMatching(/Test Files +3 passed/)]);
  });

  it("is served: Call and StreamCall, with its prices", async () => {
    const asked: string[] = [];
    const upstream = await RawUpstream.listen(async (connection) => {
      for (;;) {
        const { path, headers, body } = await connection.request();
        asked.push(`${path} ${headers["x-acme-key"]} ${body}`);
        if (JSON.parse(body).bit_by_bit) {
          const lines = stream.trimEnd().split("\n");
          const chunks = [...lines.map((line) => `${line}\n`), ""].map(httpChunk);
          await connection.send(chunkedHead("content-type: application/x-ndjson\r\n"), ...chunks);
        } else {
          const text = JSON.stringify(answer);
          await connection.send(`HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
        }
      }
    });
    const server = new SpawnedProcess(join(tree, "src/main.ts"), ["--port", "0"], {
      environment: { ACME_API_KEY: "acme-key", ACME_BASE_URL: upstream.url },
    });
    const [, url = ""] = await server.output(/ listening on (http:\S+)\n/);
    const client = clientOver(wires[0]!, url);
    const contents = [{ role: Role.USER, message: "Hello" }];
    const request = { model: "acme-large", contents, maxOutputTokens: 100, temperature: 1 };
    const { response } = await client.call({ request });
    expect(response).toMatchObject({
      ...{ id: "a-1", stopReason: StopReason.END_TURN, rawStopReason: "done" },
      ...{ content: { message: "Hello to you!" }, providerMetadata: { mood: "fine" } },
      ...{ usage: { inputTokens: 5n, outputTokens: 4n } },
      ...{ cost: { known: true, amountNanos: 5n * 1_000n + 4n * 2_000n, asOf: "2026-11-23" } },
      ...{ route: { provider: "acme", target: "acme" }, warnings: [{ field: "temperature" }] },
    });
    const pieces: string[] = [];
    for await (const { event } of client.streamCall({ request })) {
      if (event.case === "textDelta") pieces.push(event.value.text);
      if (event.case === "finished") {
        const { route: _, createTime: __, ...whole } = response!;
        expect(event.value.response).toMatchObject(whole);
      }
    }
    expect(pieces.join("")).toBe("Hello to you!");
    const body = readFileSync(join(filling, "fixtures/request.json"), "utf8");
    const [path, key, ...sent] = asked[0]!.split(" ");
    expect([path, key, JSON.parse(sent.join(" "))]).toEqual([
      "/talk",
      "acme-key",
      JSON.parse(body),
    ]);
    server.child.kill("SIGTERM");
    expect((await server.ended).code).toBe(0);
    await upstream.close();
  });
});

describe("the script", { timeout: timeoutMs }, () => {
  it.each([
    ["a name that is no word", ["Acme Inc"], "expected one NAME"],
    ["no name", [], "expected one NAME"],
    ["a provider that is there", ["openai"], "src/providers/openai is already there"],
    ["an unknown wire", ["orbit", "--dialect", "morse"], "expected one of openai-chat"],
    ["an unknown flag", ["orbit", "--wire", "x"], "--wire"],
  ])("refuses %s, and leaves nothing behind", async (_, args, message) => {
    const before = filesOutside("none");
    const { code, output } = await run("scripts/new-provider.mjs", ...args);
    expect([code, output]).toEqual([2, expect.stringContaining(message)]);
    expect(changed(before, filesOutside("none"))).toEqual([]);
  });
});
