import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { type LLMResponse, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { connectorErrorFrom } from "../../src/rpc/error-status.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { judgedAPIs } from "./judged-apis.ts";
import type { Recording } from "./recordings.ts";
import { type Replay, ReplayUpstream } from "./replay-upstream.ts";

/** What a streamed call gave: its events, and the error that ended it, if any. */
export interface StreamOutcome {
  readonly events: readonly StreamCallResponse[];
  readonly response: LLMResponse | undefined;
  readonly error: ConnectorError | undefined;
}

/** A server with one target a recording, each answered by the replay upstream. */
export class ReplayRig {
  readonly #folder: string;
  readonly #upstream: ReplayUpstream;
  readonly #server: RunningServer;
  readonly #client: Client<typeof ConnectorService>;

  private constructor(folder: string, upstream: ReplayUpstream, server: RunningServer) {
    this.#folder = folder;
    this.#upstream = upstream;
    this.#server = server;
    const transport = createGrpcTransport({ baseUrl: server.url });
    this.#client = createClient(ConnectorService, transport);
  }

  static async start(recordings: readonly Recording[]): Promise<ReplayRig> {
    const upstream = await ReplayUpstream.start();
    const folder = mkdtempSync(join(tmpdir(), "connectors-replay-"));
    const file = join(folder, "connectors.yaml");
    const yaml = recordings.map((recording) => targetOf(recording, upstream.urlOf(recording.id)));
    writeFileSync(file, `targets:\n${yaml.join("")}`);
    const quiet = { log: () => undefined, report: () => undefined };
    const server = await startServer({ file, environment: {}, flags: { port: 0 } }, quiet);
    return new ReplayRig(folder, upstream, server);
  }

  /**
   * Calls, unary or streamed as the recording was; what the stream delivered must agree with its
   * end.
   */
  async answer(
    recording: Recording,
    pieces: readonly Uint8Array[],
  ): Promise<LLMResponse | ConnectorError> {
    if (!recording.stream) return await this.#unary(recording, replayOf(recording, pieces));
    const { response, error } = await this.stream(recording, replayOf(recording, pieces));
    return response ?? error ?? new ConnectorError("STREAM_TRUNCATED", "OK without finished");
  }

  async stream(recording: Recording, replay: Replay): Promise<StreamOutcome> {
    this.#upstream.set(recording.id, replay);
    const events: StreamCallResponse[] = [];
    let error: ConnectorError | undefined;
    try {
      for await (const event of this.#client.streamCall(requestFor(recording))) events.push(event);
    } catch (thrown) {
      error = connectorErrorFrom(ConnectError.from(thrown));
    }
    const { event } = events.at(-1) ?? {};
    const response = event?.case === "finished" ? event.value.response : undefined;
    return { events, response, error };
  }

  async close(): Promise<void> {
    await this.#server.close();
    await this.#upstream.close();
    rmSync(this.#folder, { recursive: true });
  }

  async #unary(recording: Recording, replay: Replay): Promise<LLMResponse | ConnectorError> {
    this.#upstream.set(recording.id, replay);
    try {
      const { response } = await this.#client.call(requestFor(recording));
      return response ?? new ConnectorError("INTERNAL_FAULT", "OK without a response");
    } catch (thrown) {
      return connectorErrorFrom(ConnectError.from(thrown));
    }
  }
}

/** A target that is answered with the recording, as YAML. */
function targetOf({ id, api }: Recording, url: string): string {
  const judged = judgedAPIs[api];
  if (judged === undefined) throw new Error(`${api} is not judged`);
  const { adapter, dialect, host = "direct", path = "", target = {} } = judged;
  const fields = { name: id, adapter, dialect, host, base_url: url + path, ...target };
  const pairs = Object.entries(fields).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `  - { ${pairs.join(", ")}, api_key: sk-replayed-key, egress: { allow_private: true } }\n`;
}

function replayOf({ response }: Recording, pieces: readonly Uint8Array[]): Replay {
  return { status: response.status, headers: response.headers, pieces, ending: "whole" };
}

function requestFor({ id, model }: Recording) {
  return {
    request: { model: model || "recorded", contents: [{ role: Role.USER, message: "Hello" }] },
    options: { target: id },
  };
}
