import { watchFile } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import type { RunningServer } from "../server/server.ts";
import { UsageError } from "./usage-error.ts";

interface ServeFlags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly simulate?: boolean;
  readonly logLevel?: string;
  readonly watch?: boolean;
}

const watchOptions = { interval: 1_000 };

/** The command that serves: what `npm start` and `connector-tool serve` run. */
export function serveCommand(): Command {
  return new Command("serve")
    .description("serve ConnectorService over gRPC, gRPC-Web and Connect on one port")
    .option("--config <file>", "configuration file (default: $CONNECTORS_CONFIG, else none)")
    .option("--host <address>", "address to listen on (default: 127.0.0.1)")
    .option("--port <number>", "port to listen on, 0 for a free one (default: 8080)", portNumber)
    .option("--simulate", "answer every call by simulated providers")
    .addOption(
      new Option("--log-level <level>", "least that is logged (default: info)").choices([
        "debug",
        "info",
        "warn",
        "error",
        "silent",
      ]),
    )
    .option("--watch", "load the configuration again when its file changes, as on SIGHUP")
    .action(serve);
}

/** Serves until a signal ends the process. */
async function serve({ config, watch, ...flags }: ServeFlags): Promise<void> {
  const file = config ?? (process.env.CONNECTORS_CONFIG?.trim() || undefined);
  if (watch && file === undefined) {
    throw new UsageError("--watch needs a file: give --config, or set CONNECTORS_CONFIG");
  }
  const { startServer } = await import("../server/server.ts");
  const { handleSignals } = await import("../server/signals.ts");
  const { LogSink } = await import("../server/log-sink.ts");
  const log = new LogSink(process.stderr);
  const server = await startServer(
    { file, environment: process.env, flags },
    {
      log: (line) => log.write(line),
      report: (text) => process.stderr.write(text),
    },
  );
  // Before the line is printed: who waits for it may send a signal at once.
  handleSignals(server);
  if (watch && file !== undefined) watchConfiguration(file, server);
  process.stdout.write(`connectors listening on ${server.url}\n`);
}

function watchConfiguration(file: string, server: RunningServer): void {
  watchFile(file, watchOptions, (now, before) => {
    // It is told of reads too, and a reload is one.
    if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino) void server.reload();
  });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (text !== "" && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError("expected a whole number from 0 to 65535");
}
