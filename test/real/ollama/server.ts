import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../free-port.ts";

const run = promisify(execFile);

/** A running Ollama with models of its own. */
export interface OllamaServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Templates by the name of the model that has them: plain words, tools, thinking. */
const templates: Readonly<Record<string, string>> = {
  plain: "",
  tools: `{{- if .Tools }}<|im_start|>system
{{ .Tools }}<|im_end|>
{{ end }}{{- range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}{{ range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}{{ end }}<|im_end|>
{{ end }}<|im_start|>assistant
`,
  thinking: `{{- range .Messages }}<|im_start|>{{ .Role }}
{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
{{ if and $.IsThinkSet $.Think }}<think>{{ end }}`,
};

/**
 * Starts one on a free port, with the models `plain`, `tools` and `thinking` of the same weights.
 */
export async function startOllama(program: string, weights: string): Promise<OllamaServer> {
  const folder = mkdtempSync(join(tmpdir(), "connectors-ollama-"));
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = {
    ...process.env,
    HOME: folder,
    OLLAMA_HOST: url,
    OLLAMA_MODELS: join(folder, "models"),
    OLLAMA_NO_CLOUD: "1",
  };
  const child = spawn(program, ["serve"], { env, stdio: "ignore" });
  await answering(url);
  for (const [name, template] of Object.entries(templates)) {
    const lines = [
      `FROM ${weights}`,
      "PARAMETER num_thread 1",
      "PARAMETER num_ctx 2048",
      ...(template ? [`TEMPLATE """${template}"""`] : []),
    ];
    const file = join(folder, `${name}.modelfile`);
    writeFileSync(file, `${lines.join("\n")}\n`);
    await run(program, ["create", name, "-f", file], { env });
  }
  return {
    url,
    async close() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
      rmSync(folder, { recursive: true });
    },
  };
}

async function answering(url: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const isUp = await fetch(`${url}/api/version`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Ollama does not answer");
}
