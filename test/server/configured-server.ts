import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type RecordedServer, startRecordedServer } from "../support/recorded-server.ts";

/** A configuration file that a test writes anew. */
export class ConfigurationFile {
  readonly path: string;

  /** In a folder of its own, removed when the test ends. */
  constructor(text: string) {
    const folder = mkdtempSync(join(tmpdir(), "connectors-server-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    this.path = join(folder, "connectors.yaml");
    this.write(text);
  }

  write(text: string): void {
    writeFileSync(this.path, text);
  }
}

/** A server by a file. */
export async function serverByFile(
  file: ConfigurationFile,
  environment: Readonly<Record<string, string>> = {},
): Promise<RecordedServer> {
  return await startRecordedServer({ file: file.path, environment, flags: {} });
}

/** A file with one Anthropic target on this machine, and more sections. */
export function targetFile(
  baseURL: string,
  apiKey: string,
  { name = "direct", more = "" }: { readonly name?: string; readonly more?: string } = {},
): string {
  return `
targets:
  - name: ${name}
    adapter: anthropic
    base_url: ${baseURL}
    api_key: "${apiKey}"
    egress: { allow_private: true }
${more}`;
}
