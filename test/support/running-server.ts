import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ServerSources } from "../../src/server/server.ts";
import { type RecordedServer, startRecordedServer } from "./recorded-server.ts";

/** Where a test's server takes its configuration from. */
export interface ServerSetup {
  /** The configuration file. Unset: there is none. */
  readonly yaml?: string;
  /** Files beside it, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: ServerSources["environment"];
  readonly flags?: ServerSources["flags"];
}

/** A server like that of `npm start`, and what it told. */
export interface StartedServer extends RecordedServer {
  readonly port: number;
}

/**
 * Starts the whole server on a free port. `release` is given what frees it; its log must then hold
 * no fault of the server, which fails the test otherwise.
 */
export async function openServer(
  setup: ServerSetup,
  release: (close: () => Promise<void>) => void,
): Promise<StartedServer> {
  const folder = mkdtempSync(join(tmpdir(), "connectors-e2e-"));
  for (const [name, text] of Object.entries(setup.files ?? {})) {
    writeFileSync(join(folder, name), text);
  }
  const file = join(folder, "connectors.yaml");
  if (setup.yaml !== undefined) writeFileSync(file, setup.yaml);
  const sources = {
    ...(setup.yaml !== undefined && { file }),
    environment: setup.environment ?? {},
    flags: setup.flags ?? {},
  };
  const started: RecordedServer = await startRecordedServer(sources, (close) =>
    release(async () => {
      await close();
      rmSync(folder, { recursive: true });
      const faults = started.log.filter((line) => line.includes("a fault of this server"));
      if (faults.length > 0) throw new Error(`the server reported: ${faults.join("")}`);
    }),
  );
  return { ...started, port: Number(new URL(started.url).port) };
}

/** The same for one test. */
export function serverForTest(setup: ServerSetup): Promise<StartedServer> {
  return openServer(setup, onTestFinished);
}

/** A file with one Anthropic target (`direct`) at a URL on this machine, and more lines. */
export function oneTarget(url: string, more = ""): string {
  return `
targets:
  - { name: direct, adapter: anthropic, base_url: "${url}", api_key: sk-e2e-upstream, egress: { allow_private: true } }
${more}`;
}
