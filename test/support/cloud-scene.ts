import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { onTestFinished } from "vitest";
import { CountTokensRequestSchema } from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import {
  CallRequestSchema,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import {
  type LLMRequestSchema,
  type LLMResponse,
  Role,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallOptionsSchema } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import { type Connectors, createConnectors } from "../../src/connectors.ts";
import { callDefaults } from "../../src/contract/call-defaults.ts";
import type { CallContext } from "../../src/contract/connector-api.ts";
import type { CredentialSources } from "../../src/http/cloud-credentials.ts";
import { adapters } from "../../src/providers/index.ts";
import { load } from "../config/loading.ts";
import { rawUpstream } from "./http.ts";
import type { RawConnection, RawRequest } from "./raw-upstream.ts";
import { VirtualClock } from "./virtual-clock.ts";

type Request = MessageInitShape<typeof LLMRequestSchema>;
type Options = Partial<MessageInitShape<typeof CallOptionsSchema>>;

/** What an upstream answers with. */
export interface ScriptedAnswer {
  readonly body: string;
  /** Default: "200 OK". */
  readonly status?: string;
  /** Header lines, each with its line end. */
  readonly headers?: string;
}

/** One configured target in front of an upstream that records what it is asked. */
export class CloudScene {
  readonly clock: VirtualClock = new VirtualClock();
  /** Every request so far. */
  readonly requests: RawRequest[] = [];
  readonly connectors: Connectors;
  #answer: ScriptedAnswer = { body: "{}" };

  private constructor(make: (clock: VirtualClock) => Connectors) {
    this.connectors = make(this.clock);
  }

  /**
   * Configures a target with these fields in YAML, `URL` being the upstream's own, beside its name
   * and its permission to be on loopback.
   */
  static async start(fields: string, sources?: CredentialSources): Promise<CloudScene> {
    let scene: CloudScene | undefined;
    const upstream = await rawUpstream((connection) => scene?.serve(connection));
    const own = `egress: { allow_private: true }, ${fields.replaceAll("URL", upstream.url)}`;
    const yaml = `targets:\n  - { name: cloud, ${own} }\n`;
    const { targets, secrets } = load({ yaml, adapters });
    scene = new CloudScene((clock) =>
      createConnectors({
        targets,
        secrets,
        clock,
        // Time stands still, so that nothing is waited for between attempts.
        defaults: { ...callDefaults, maxAttempts: 1 },
        ...(sources && { credentialSources: sources }),
      }),
    );
    const { connectors } = scene;
    onTestFinished(() => connectors.close());
    return scene;
  }

  /** Sets what the upstream answers from now on. */
  answers(answer: ScriptedAnswer): void {
    this.#answer = answer;
  }

  /** A whole answer. */
  async call(request: Request, options: Options = {}): Promise<LLMResponse | undefined> {
    const chosen = { ...options, ...pinned } as MessageInitShape<typeof CallOptionsSchema>;
    const call = create(CallRequestSchema, { request: asked(request), options: chosen });
    return (await this.connectors.api.call(call, this.#context())).response;
  }

  /** The names of a stream's events. */
  async stream(request: Request): Promise<readonly (string | undefined)[]> {
    const call = create(StreamCallRequestSchema, { request: asked(request), options: pinned });
    const names: (string | undefined)[] = [];
    for await (const { event } of this.connectors.api.streamCall(call, this.#context())) {
      names.push(event.case);
    }
    return names;
  }

  /** The number of tokens that is counted. */
  async count(request: Request): Promise<bigint> {
    const call = create(CountTokensRequestSchema, { request: asked(request), options: pinned });
    return (await this.connectors.api.countTokens(call, this.#context())).inputTokens;
  }

  /** The last request, with its body as JSON. */
  get last(): RawRequest & { readonly json: unknown } {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error("nothing was asked");
    return { ...request, json: JSON.parse(request.body) };
  }

  async serve(connection: RawConnection): Promise<void> {
    for (;;) {
      const request = await connection.request().catch(() => undefined);
      if (request === undefined) return;
      this.requests.push(request);
      const { body, status = "200 OK", headers = "" } = this.#answer;
      const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
      await connection.send(`HTTP/1.1 ${status}\r\n${length}${headers}\r\n${body}`);
    }
  }

  #context(): CallContext {
    const { signal } = new AbortController();
    return { signal, receivedMs: this.clock.now(), deadlineMs: undefined, caller: "" };
  }
}

const pinned = { target: "cloud" };

function asked(request: Request): Request {
  return { contents: [{ role: Role.USER, message: "Hello" }], ...request };
}
