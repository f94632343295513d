// Begins a provider: its folder in src/providers, its line in src/providers/index.ts, and a test that
// fails until the folder is filled. docs/adding-a-provider.md goes on from here.
//
//   npm run new-provider -- NAME                         with a wire of its own
//   npm run new-provider -- NAME --dialect openai-chat   over a wire that is there
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const templates = join(root, "scripts/new-provider");

/** Wires that several providers share and that have a template here. */
const dialects = readdirSync(templates).filter((name) => name !== "wire");

class UsageError extends Error {}

function readArguments() {
  const options = { dialect: { type: "string" } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [name = "", ...rest] = positionals;
  if (rest.length > 0 || !/^[a-z][a-z0-9]{1,31}$/.test(name)) {
    throw new UsageError(
      "expected one NAME of 2 to 32 lower-case letters and digits, such as acme",
    );
  }
  const { dialect } = values;
  if (dialect !== undefined && !dialects.includes(dialect)) {
    throw new UsageError(`--dialect: expected one of ${dialects.join(", ")}`);
  }
  return { name, template: dialect ?? "wire" };
}

/** Texts of the new files by their path from the root. */
function newFiles(name, template) {
  const folder = join(templates, template);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    files.map((file) => {
      const path = file.slice(folder.length + 1).replace(/\.template$/, "");
      const isTest = path === "provider.test.ts";
      const target = isTest ? `test/providers/${name}.test.ts` : `src/providers/${name}/${path}`;
      return [target, filled(readFileSync(file, "utf8"), name)];
    }),
  );
}

function filled(text, name) {
  const today = new Date().toISOString().slice(0, 10);
  const words = {
    name,
    Name: name[0].toUpperCase() + name.slice(1),
    NAME: name.toUpperCase(),
    today,
  };
  return text.replace(/\{\{(\w+)\}\}/g, (_, word) => words[word]);
}

/** providers/index.ts with one more import, and one more name at the end of the list. */
function withProvider(index, name) {
  const line = `import { ${name} } from "./${name}/index.ts";\n`;
  const list = /(readonly Adapter\[\] = \[[^\]]*?),?(\s*\];)/;
  if (!list.test(index)) throw new Error("src/providers/index.ts has no list of adapters");
  return index.replace(/(?=\nexport|\n\/\*\*)/, line).replace(list, `$1, ${name}$2`);
}

function begin({ name, template }) {
  const folder = join(root, "src/providers", name);
  const files = newFiles(name, template);
  for (const path of [`src/providers/${name}`, ...files.keys()]) {
    if (existsSync(join(root, path))) throw new UsageError(`${path} is already there`);
  }
  const indexPath = join(root, "src/providers/index.ts");
  const index = readFileSync(indexPath, "utf8");
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    execFileSync(process.execPath, [join(root, "scripts/generate.mjs"), "--models"]);
    writeFileSync(indexPath, withProvider(index, name));
    // Where an import stands depends on the name.
    const biome = join(root, "node_modules/.bin/biome");
    execFileSync(biome, ["check", "--write", ...files.keys(), indexPath], {
      cwd: root,
      stdio: ["ignore", "ignore", "pipe"],
    });
  } catch (error) {
    writeFileSync(indexPath, index);
    rmSync(folder, { recursive: true, force: true });
    for (const path of files.keys()) rmSync(join(root, path), { force: true });
    throw error;
  }
  return [...files.keys(), `src/providers/${name}/models.ts`, "src/providers/index.ts"];
}

try {
  const given = readArguments();
  for (const path of begin(given)) console.log(path);
  console.log(
    `\nnext: npm test -- test/providers/${given.name}.test.ts, and fill the folder until it passes`,
  );
  console.log("see docs/adding-a-provider.md");
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = error instanceof UsageError || error.code?.startsWith("ERR_PARSE") ? 2 : 1;
}
