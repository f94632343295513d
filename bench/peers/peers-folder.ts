import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../harness/machine.ts";
import { PeerSkipped } from "./peer.ts";

/** Where peers are installed and raw results lie; ignored by git. */
export const peersFolder: string = join(root, ".peers");

const outputBytesMax = 64 * 1024 * 1024;
const installMsMax = 15 * 60_000;
const reasonLengthMax = 300;
const installing = new Map<string, Promise<string>>();
const doneFile = "installed.txt";

/** Runs a program to its end and resolves to its standard output. Rejects with its last words. */
export async function outputOf(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly environment?: Record<string, string> } = {},
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.environment },
      maxBuffer: outputBytesMax,
      timeout: installMsMax,
    });
    return stdout;
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
    const reason = said.trim() || String(error);
    throw new Error(`${command} ${args[0] ?? ""}: ${reason.slice(-reasonLengthMax)}`);
  }
}

/** Installs npm packages of exact versions into a folder of their own; resolves to the folder. */
export async function npmFolder(
  name: string,
  manifest: { dependencies: Record<string, string>; overrides?: Record<string, string> },
): Promise<string> {
  const text = JSON.stringify({ name, private: true, ...manifest }, undefined, 2);
  return await installed(name, text, async (folder) => {
    writeFileSync(join(folder, "package.json"), text);
    await outputOf("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: folder,
    });
  });
}

/** Installs PyPI packages into a virtual environment of their own; resolves to its folder. */
export async function pythonFolder(name: string, requirements: readonly string[]): Promise<string> {
  return await installed(name, requirements.join("\n"), async (folder) => {
    await outputOf("python3", ["-m", "venv", folder]);
    await outputOf(join(folder, "bin/pip"), ["install", "--quiet", ...requirements]);
  });
}

/** Downloads Debian packages and unpacks them, as any user; resolves to the folder. */
export async function debianFolder(name: string, packages: readonly string[]): Promise<string> {
  return await installed(name, packages.join("\n"), async (folder) => {
    try {
      await outputOf("apt-get", ["download", ...packages], { cwd: folder });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new PeerSkipped(`no Debian package (after apt-get update?): ${reason}`);
    }
    for (const file of readdirSync(folder).filter((entry) => entry.endsWith(".deb"))) {
      await outputOf("dpkg-deb", ["--extract", join(folder, file), folder]);
    }
  });
}

/** A folder that is made once, and again when what it is made from has changed. */
async function installed(
  name: string,
  content: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  // Peers may share a folder, and all are installed at once.
  const underWay = installing.get(name) ?? installedNow(name, content, make);
  installing.set(name, underWay);
  return await underWay;
}

async function installedNow(
  name: string,
  content: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(peersFolder, name);
  const done = join(folder, doneFile);
  if (existsSync(done) && readFileSync(done, "utf8") === content) return folder;
  console.error(`  installing ${name} (once)`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await make(folder);
  writeFileSync(done, content);
  return folder;
}
