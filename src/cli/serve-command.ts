import { Command, InvalidArgumentError, Option } from "commander";
import type { ServerSources } from "../server/server.ts";
import { workersMax, workerVariable } from "../server/worker-messages.ts";
import type { WorkerSeat } from "../server/worker-seat.ts";
import { UsageError } from "./usage-error.ts";

interface ServeFlags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly simulate?: boolean;
  readonly logLevel?: string;
  readonly watch?: boolean;
  readonly workers?: Workers;
}

/** How many processes serve; `auto`: as many as can run at once. */
type Workers = number | "auto";

const workersKind = `a whole number from 1 to ${workersMax}, or auto`;

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
    .option(
      "--workers <number>",
      "processes that share the port, `auto` for one a core (default: 1)",
      workersFlag,
    )
    .action(serve);
}

/** Serves until a signal ends the process. */
async function serve({ config, watch, workers, ...flags }: ServeFlags): Promise<void> {
  const file = config ?? (process.env.CONNECTORS_CONFIG?.trim() || undefined);
  if (watch && file === undefined) {
    throw new UsageError("--watch needs a file: give --config, or set CONNECTORS_CONFIG");
  }
  const sources = { file, environment: process.env, flags };
  if (process.env[workerVariable] !== undefined) {
    const { WorkerSeat } = await import("../server/worker-seat.ts");
    const seat = WorkerSeat.take(process.env);
    if (seat) return await serveAsWorker(sources, seat);
  }
  const wanted = workers ?? workersOf(process.env.CONNECTORS_WORKERS?.trim() || "1");
  const onStarted = (url: string): void => {
    process.stdout.write(`connectors listening on ${url}\n`);
  };
  if (wanted !== 1) {
    const { automaticWorkers, supervise } = await import("../server/supervise.ts");
    const count = wanted === "auto" ? automaticWorkers() : wanted;
    const watchedFile = watch ? file : undefined;
    if (count > 1) return await supervise({ workers: count, watchedFile, onStarted });
  }
  const { startServer } = await import("../server/server.ts");
  const { handleSignals } = await import("../server/signals.ts");
  const { LogSink } = await import("../server/log-sink.ts");
  const log = new LogSink(process.stderr);
  const server = await startServer(sources, {
    log: (line) => log.write(line),
    report: (text) => process.stderr.write(text),
  });
  // Before the line is printed: who waits for it may send a signal at once.
  handleSignals(server);
  if (watch && file !== undefined) {
    const { watchConfiguration } = await import("../server/watch-configuration.ts");
    watchConfiguration(file, () => void server.reload());
  }
  onStarted(server.url);
}

/** Serves what a supervisor accepts, and leaves it to that to tell people of it. */
async function serveAsWorker(sources: ServerSources, seat: WorkerSeat): Promise<void> {
  try {
    const { startServer } = await import("../server/server.ts");
    const { handleSupervision } = await import("../server/signals.ts");
    const { LogSink, logBytesMax } = await import("../server/log-sink.ts");
    const log = new LogSink(process.stderr, logBytesMax, { worker: seat.number });
    const output = {
      log: (line: string) => log.write(line),
      report: (text: string) => seat.tell({ type: "report", text }),
    };
    handleSupervision(await startServer(sources, output, seat), seat);
  } catch (thrown) {
    const { failureOf } = await import("./failure.ts");
    const { text, exitCode } = failureOf(thrown);
    seat.fail(text, exitCode);
  }
}

function portNumber(text: string): number {
  const port = Number(text);
  if (text !== "" && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError("expected a whole number from 0 to 65535");
}

function workersFlag(text: string): Workers {
  const workers = parseWorkers(text);
  if (workers !== undefined) return workers;
  throw new InvalidArgumentError(`expected ${workersKind}`);
}

function workersOf(variable: string): Workers {
  const workers = parseWorkers(variable);
  if (workers !== undefined) return workers;
  throw new UsageError(`CONNECTORS_WORKERS: expected ${workersKind}`);
}

function parseWorkers(text: string): Workers | undefined {
  if (text === "auto") return text;
  const workers = Number(text);
  return /^\d+$/.test(text) && workers >= 1 && workers <= workersMax ? workers : undefined;
}
