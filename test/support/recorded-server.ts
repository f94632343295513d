import { onTestFinished } from "vitest";
import { type RunningServer, type ServerSources, startServer } from "../../src/server/server.ts";
import { captured } from "./canary.ts";

/** A server of this process, as `npm start` runs one, and all that it told. */
export interface RecordedServer {
  readonly url: string;
  readonly server: RunningServer;
  /** Lines of its log. */
  readonly log: readonly string[];
  /** Its reports of the start and of reloads. */
  readonly reports: readonly string[];
}

/**
 * Starts a server on a free port. `release` is given what closes it; default: when the test ends.
 */
export async function startRecordedServer(
  { flags, ...sources }: ServerSources,
  release: (close: () => Promise<void>) => void = onTestFinished,
): Promise<RecordedServer> {
  const log: string[] = [];
  const reports: string[] = [];
  const server = await startServer(
    { ...sources, flags: { port: 0, ...flags } },
    {
      log: (line) => log.push(captured(line)),
      report: (text) => reports.push(captured(text)),
    },
  );
  release(() => server.close());
  return { url: server.url, server, log, reports };
}
