import { create } from "@bufbuild/protobuf";
import {
  CallRequestSchema,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { type LLMResponse, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { createConnectors } from "../../src/connectors.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import type { Target } from "../../src/contract/target.ts";
import { chunkedHead, httpChunk, type RawRequest, RawUpstream } from "./raw-upstream.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** What a provider answers over a real socket. */
export interface Reply {
  /** Status line without its protocol. Default: "200 OK". */
  readonly status?: string;
  /** Default: application/json. */
  readonly contentType?: string;
  readonly body: string;
  /** How the connection ends: behind the whole body, or torn. Default: whole. */
  readonly ending?: "whole" | "reset";
}

/** What came of one call. */
export interface Outcome {
  /** The whole answer. Unset: it failed. */
  readonly response: LLMResponse | undefined;
  readonly error: ConnectorError | undefined;
  /** Text of all deltas of a stream. */
  readonly delivered: string;
  readonly request: RawRequest | undefined;
}

/** Calls a target once, in virtual time; a provider on a real socket gives the reply. */
export async function replied(target: Target, reply: Reply, isStream: boolean): Promise<Outcome> {
  const requests: RawRequest[] = [];
  const upstream = await RawUpstream.listen(async (connection) => {
    requests.push(await connection.request());
    const { status = "200 OK", contentType = "application/json", body } = reply;
    const head = chunkedHead(`content-type: ${contentType}\r\n`).replace("200 OK", status);
    await connection.send(head);
    if (body !== "") await connection.send(httpChunk(body));
    if (reply.ending === "reset") connection.reset();
    else await connection.send(httpChunk(""));
  });
  const clock = new VirtualClock();
  const connectors = createConnectors({
    targets: [{ ...target, name: "replied", baseURL: upstream.url }],
    clock,
  });
  const init = {
    request: { model: "m", contents: [{ role: Role.USER, message: "Hi" }] },
    options: { target: "replied", retry: { maxAttempts: 1 } },
  };
  const { signal } = new AbortController();
  const context = { signal, receivedMs: clock.now(), deadlineMs: undefined, caller: "" };
  let delivered = "";
  let response: LLMResponse | undefined;
  let error: ConnectorError | undefined;
  try {
    if (isStream) {
      const request = create(StreamCallRequestSchema, init);
      for await (const { event } of connectors.api.streamCall(request, context)) {
        if (event.case === "textDelta") delivered += event.value.text;
        if (event.case === "finished") response = event.value.response;
      }
    } else {
      ({ response } = await connectors.api.call(create(CallRequestSchema, init), context));
    }
  } catch (thrown) {
    if (!(thrown instanceof ConnectorError)) throw thrown;
    error = thrown;
  } finally {
    await connectors.close();
    await upstream.close();
  }
  return { response, error, delivered, request: requests[0] };
}
