// The catalogue of models as TypeScript: src/providers/<name>/models.yaml becomes models.ts beside it,
// which the adapter imports, because adapters read no files.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readCatalogueFile } from "../src/config/catalogue-file.ts";
import { formatProblem } from "../src/config/configuration-problem.ts";

/** How a generated file begins. */
export const madeFromModels = '// Made from models.yaml by "npm run generate"';

const columnsMax = 100;

/**
 * Every models.ts by its path from `root`, with its text. Throws Error with every problem of the YAML
 * files, each with file, line and column.
 */
export function generatedModels(root) {
  const problems = [];
  const sources = new Map();
  for (const provider of readdirSync(join(root, "src/providers"))) {
    const file = `src/providers/${provider}/models.yaml`;
    if (!hasModels(root, provider)) continue;
    const reading = readCatalogueFile(join(root, file));
    if (reading.problems) {
      problems.push(...reading.problems.map((problem) => formatProblem({ ...problem, file })));
    } else if (reading.catalogue.provider !== provider) {
      problems.push(`${file}:1:1 provider: expected ${provider}, which is the name of the folder`);
    } else {
      sources.set(file.replace(/yaml$/, "ts"), sourceOf(reading.catalogue.models));
    }
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return sources;
}

function hasModels(root, provider) {
  if (provider.includes(".")) return false;
  return readdirSync(join(root, "src/providers", provider)).includes("models.yaml");
}

/** Members that many models share; each combination becomes a constant. */
const sharedMembers = { priced: ["pricedWhen", "hourWritesAt"], told: ["source", "asOf"] };

function sourceOf(models) {
  const constants = new Map();
  const lines = models.map((model) => {
    const own = { ...model };
    const spreads = Object.entries(sharedMembers).flatMap(([word, members]) => {
      const shared = members.filter((member) => member in own);
      if (shared.length === 0) return [];
      const value = Object.fromEntries(shared.map((member) => [member, own[member]]));
      for (const member of shared) delete own[member];
      return [`...${constantFor(word, literal(value), constants)}`];
    });
    return `${wrapped(enclosed("{ ", [...members(own), ...spreads.map((text) => [text])], " }"), "  ")},`;
  });
  return `${madeFromModels}; change that file.
// biome-ignore-all format: one model is a few lines
import type { KnownModel } from "../../contract/adapter.ts";

${[...constants.values()].map(({ name, pieces }) => `${wrapped([`const ${name}: Omit<KnownModel, "name"> =`, ...pieces], "")};\n`).join("")}
/** Models known by name, from models.yaml. */
export const knownModels: readonly KnownModel[] = [
${lines.join("\n")}
];
`;
}

/** The name of the constant with this value; a new one where there is none yet. */
function constantFor(word, pieces, constants) {
  const key = pieces.join(" ");
  const known = constants.get(key);
  if (known !== undefined) return known.name;
  const count = [...constants.values()].filter(({ name }) => name.startsWith(word)).length;
  const name = count === 0 ? word : `${word}${count + 1}`;
  constants.set(key, { name, pieces });
  return name;
}

/** A value as TypeScript, in pieces that stay on one line. */
function literal(value) {
  if (typeof value === "bigint") return [`${grouped(value)}n`];
  if (typeof value === "number") return [grouped(value)];
  if (typeof value !== "object") return [JSON.stringify(value)];
  if (Array.isArray(value)) return enclosed("[", value.map(literal), "]");
  return enclosed("{ ", members(value), " }");
}

function members(object) {
  return Object.entries(object).map(([key, member]) => {
    const name = /^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key);
    const [first, ...rest] = literal(member);
    return [`${name}: ${first}`, ...rest];
  });
}

function enclosed(open, entries, close) {
  const pieces = entries.flatMap((member, index) =>
    index === entries.length - 1 ? member : [...member.slice(0, -1), `${member.at(-1)},`],
  );
  if (pieces.length === 0) return [`${open}${close}`];
  pieces[0] = `${open}${pieces[0]}`;
  pieces[pieces.length - 1] += close;
  return pieces;
}

function grouped(number) {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, "_");
}

/** The pieces in lines of at most 100 columns. */
function wrapped(pieces, indent) {
  const lines = [indent];
  for (const piece of pieces) {
    const line = lines.at(-1);
    const joined = line.trim() === "" ? `${line}${piece}` : `${line} ${piece}`;
    if (joined.length < columnsMax || line.trim() === "") lines[lines.length - 1] = joined;
    else lines.push(`${indent}  ${piece}`);
  }
  return lines.join("\n");
}
