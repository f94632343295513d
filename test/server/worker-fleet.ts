import { spawnSync } from "node:child_process";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import {
  answerJSON,
  beginStream,
  chatAnswer,
  chatEnd,
  chatEvent,
  chatTarget,
  ScriptedUpstream,
} from "../../bench/reliability/scripted-upstream.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { GrpcJsClient } from "../support/grpc-js.ts";
import { SpawnedProcess } from "../support/spawned-process.ts";
import { ConfigurationFile } from "./configured-server.ts";

const listening = /^connectors listening on http:\/\/127\.0\.0\.1:(\d+)\n$/m;

/** A provider in the process of the test: it outlives every worker, and ends streams when told. */
export class HeldUpstream {
  readonly #streams = new Set<ServerResponse>();
  #upstream: ScriptedUpstream | undefined;

  /** Listens until the test ends. */
  static async start(): Promise<HeldUpstream> {
    const held = new HeldUpstream();
    held.#upstream = await ScriptedUpstream.listen(({ isStream }, response) => {
      if (!isStream) {
        answerJSON(response, chatAnswer("Hello"));
        return;
      }
      held.#streams.add(response);
      beginStream(response);
      response.write(chatEvent("first"));
    });
    onTestFinished(() => held.#upstream?.close());
    return held;
  }

  /** A configuration with it as its one target. */
  configuration(targetName = "steady"): string {
    return `targets:\n${chatTarget(targetName, this.#upstream?.baseURL ?? "")}`;
  }

  /** Ends all streams well. */
  release(): void {
    for (const response of this.#streams) response.end(chatEvent("", "stop") + chatEnd);
    this.#streams.clear();
  }
}

/** A server of two workers, and what is known of its processes. */
export class WorkerFleet {
  readonly server: SpawnedProcess;
  readonly port: number;

  private constructor(server: SpawnedProcess, port: number) {
    this.server = server;
    this.port = port;
  }

  /** Starts one on a free port, killed when the test ends. Resolves when all workers serve. */
  static async start(
    file: ConfigurationFile | string,
    args: readonly string[] = [],
  ): Promise<WorkerFleet> {
    const { path } = typeof file === "string" ? new ConfigurationFile(file) : file;
    const all = ["--port", "0", "--workers", "2", "--config", path, ...args];
    const server = new SpawnedProcess("src/main.ts", all);
    const [, port] = await server.output(listening);
    return new WorkerFleet(server, Number(port));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Process ids of the workers that run. */
  get workers(): readonly number[] {
    return childrenOf(this.server);
  }

  /** A stock client of gRPC that has a connection of its own. */
  client(): GrpcJsClient {
    return new GrpcJsClient(this.port, {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.initial_reconnect_backoff_ms": 100,
    });
  }

  /** Lines of the log that match, once there are so many. */
  async logged(pattern: RegExp, count: number): Promise<readonly Record<string, unknown>[]> {
    const line = `^\\{.*${pattern.source}.*\\}$`;
    await this.server.output(new RegExp(`(?:${line}[^]*?){${count}}`, "m"));
    const lines = this.server.stderr.matchAll(new RegExp(line, "gm"));
    return [...lines].map(([text]) => JSON.parse(text));
  }
}

/** Process ids of what a process has started and still runs. */
export function childrenOf({ child }: SpawnedProcess): readonly number[] {
  const args = ["-P", String(child.pid)];
  // Its exit code says whether there is any.
  const { stdout } = spawnSync("pgrep", args, { encoding: "utf8" });
  return stdout.split("\n").filter(Boolean).map(Number);
}

/** Whether a process is there. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A request to the one target. */
export function hello() {
  return { request: { model: "custom/m", contents: [{ role: Role.USER, message: "Hello" }] } };
}

/** How a stream ended: whole, cut without an error, or with a status of gRPC. */
export type StreamEnd = "whole" | "cut" | number | undefined;

/** A stream that has begun. */
export async function openStream(
  client: GrpcJsClient,
): Promise<{ readonly ended: Promise<StreamEnd> }> {
  const stream = client.stream(ConnectorService.method.streamCall, hello());
  let isWhole = false;
  stream.on("data", ({ event }: StreamCallResponse) => {
    if (event.case === "finished") isWhole = true;
  });
  const ended = once(stream, "end").then(
    () => (isWhole ? "whole" : "cut"),
    (error: { readonly code?: number }) => error.code,
  );
  await once(stream, "data");
  return { ended };
}
