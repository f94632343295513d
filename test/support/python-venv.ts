import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Makes the Python environment in `folder` hold exactly what `lock` lists with its hashes, once for
 * each state of the lock, and resolves with its Python. `pipArguments` are more for `pip install`.
 */
export async function pythonVenv(
  folder: string,
  lock: string,
  pipArguments: readonly string[] = [],
): Promise<string> {
  const python = join(folder, "bin/python");
  const mark = join(folder, "requirements.txt");
  const wanted = readFileSync(lock, "utf8");
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return python;
  rmSync(folder, { recursive: true, force: true });
  await run("python3", ["-m", "venv", folder]);
  const install = ["-m", "pip", "install", "-q", "--require-hashes", ...pipArguments, "-r", lock];
  await run(python, install, { maxBuffer: 2 ** 26 });
  writeFileSync(mark, wanted);
  return python;
}
