import { afterAll, beforeAll } from "vitest";
import { openServer, type StartedServer } from "../support/running-server.ts";

/** One target a wire, by its name; all simulated. */
export const targets = ["anthropic", "openai-chat", "openai-responses"] as const;

const yaml = `
simulate: true
targets:
  - { name: anthropic, adapter: anthropic, api_key: unused }
  - { name: openai-chat, adapter: openai, dialect: chat, api_key: unused }
  - { name: openai-responses, adapter: openai, dialect: responses, api_key: unused }
`;

/** A server whose providers are simulated, for all tests of a file. */
export function simulatedServer(): { readonly url: string; readonly port: number } {
  let started: StartedServer | undefined;
  beforeAll(async () => {
    started = await openServer({ yaml }, afterAll);
  });
  return {
    get url() {
      return started?.url ?? "";
    },
    get port() {
      return started?.port ?? 0;
    },
  };
}
