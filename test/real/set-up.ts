import type { TestProject } from "vitest/node";
import { llamaPython } from "./llama-python.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Python that has llama.cpp and the weights. */
    readonly llamaPython: string;
  }
}

/** Tells the tests the Python that has llama.cpp. */
export async function setup(project: TestProject): Promise<void> {
  project.provide("llamaPython", await llamaPython());
}
