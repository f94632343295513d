import { create } from "@bufbuild/protobuf";
import type {
  CallRequest,
  CallResponse,
  StreamCallRequest,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { ContentSchema, LLMResponseSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  type StreamCallResponse,
  StreamCallResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { type ConnectorsOptions, createConnectors } from "../../src/connectors.ts";
import type { Clock } from "../../src/contract/clock.ts";
import type { CallContext, ConnectorApi } from "../../src/contract/connector-api.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";

/** Makes the product, as `createConnectors` does. */
export type Connect = (options: ConnectorsOptions) => ConnectorApi;
type Call = (request: CallRequest, context: CallContext) => Promise<CallResponse>;
type Stream = (
  request: StreamCallRequest,
  context: CallContext,
) => AsyncIterable<StreamCallResponse>;

/** Changes the product's two ways of calling. */
export function mutated(
  change: (parts: { readonly call: Call; readonly stream: Stream; readonly clock: Clock }) => {
    readonly call?: Call;
    readonly stream?: Stream;
  },
): Connect {
  return (options) => {
    const { api } = createConnectors(options);
    const { clock } = options;
    if (clock === undefined) throw new Error("a mutant needs a clock");
    const call: Call = (request, context) => api.call(request, context);
    const stream: Stream = (request, context) => api.streamCall(request, context);
    const { call: otherCall = call, stream: otherStream = stream } = change({
      call,
      stream,
      clock,
    });
    return {
      call: otherCall,
      streamCall: otherStream,
      batch: (request, context) => api.batch(request, context),
      countTokens: (request, context) => api.countTokens(request, context),
      resolveModel: (request, context) => api.resolveModel(request, context),
      listModels: (request, context) => api.listModels(request, context),
    };
  };
}

/** Tries again when a whole call failed, `times` times, after `pauseMs`. */
export function again(
  times: number,
  pauseMs: number,
  when: (error: ConnectorError) => boolean,
): Connect {
  return mutated(({ call, clock }) => ({
    call: async (request, context) => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await call(request, context);
        } catch (thrown) {
          if (tries > times || !(thrown instanceof ConnectorError) || !when(thrown)) throw thrown;
          if (pauseMs > 0) await pause(pauseMs, clock);
        }
      }
    },
  }));
}

/** Waits in virtual time. */
export async function pause(delayMs: number, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.schedule(delayMs, resolve);
  await promise;
}

/** Changes the events of a stream, one by one; `onError` may turn its failure into events. */
export function events(
  change: (event: StreamCallResponse) => readonly StreamCallResponse[],
  onError?: (error: unknown, text: string) => readonly StreamCallResponse[],
): Connect {
  return mutated(({ stream }) => ({
    async *stream(request, context) {
      let text = "";
      try {
        for await (const message of stream(request, context)) {
          if (message.event.case === "textDelta") text += message.event.value.text;
          yield* change(message);
        }
      } catch (thrown) {
        if (onError === undefined) throw thrown;
        yield* onError(thrown, text);
      }
    },
  }));
}

/** The last event of a stream, with a text. */
export function finishedWith(text: string): StreamCallResponse {
  const content = create(ContentSchema, { parts: [{ kind: { case: "text", value: { text } } }] });
  const response = create(LLMResponseSchema, { content });
  return create(StreamCallResponseSchema, { event: { case: "finished", value: { response } } });
}

/** Changes a whole answer. */
export function answers(change: (response: CallResponse) => void): Connect {
  return mutated(({ call }) => ({
    call: async (request, context) => {
      const response = await call(request, context);
      change(response);
      return response;
    },
  }));
}

/** Changes the context of every call. */
export function contexts(change: (context: CallContext) => CallContext): Connect {
  return mutated(({ call, stream }) => ({
    call: (request, context) => call(request, change(context)),
    stream: (request, context) => stream(request, change(context)),
  }));
}

/** Changes every error. */
export function errors(change: (error: ConnectorError) => unknown): Connect {
  return mutated(({ call }) => ({
    call: async (request, context) => {
      try {
        return await call(request, context);
      } catch (thrown) {
        throw thrown instanceof ConnectorError ? change(thrown) : thrown;
      }
    },
  }));
}

/** Whether an error has one of the reasons. */
export function isReason(...reasons: readonly string[]): (error: ConnectorError) => boolean {
  return ({ reason }) => reasons.includes(reason);
}

/** Fails every call after the first failure. */
export function brokenForGood(): Connect {
  return (options) => {
    let isBroken = false;
    return mutated(({ call, stream }) => ({
      stream,
      call: async (request, context) => {
        if (isBroken) throw new ConnectorError("TARGET_CIRCUIT_OPEN", "broken for good");
        try {
          return await call(request, context);
        } catch (thrown) {
          isBroken = true;
          throw thrown;
        }
      },
    }))(options);
  };
}
