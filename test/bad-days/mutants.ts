import type { ConnectorsOptions } from "../../src/connectors.ts";
import type { ConnectorApi } from "../../src/contract/connector-api.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import type { ProviderHttp } from "../../src/http/http-client.ts";
import {
  again,
  answers,
  brokenForGood,
  contexts,
  errors,
  events,
  finishedWith,
  isReason,
  mutated,
  pause,
} from "./mutant-parts.ts";

/** A product with a fault that somebody could build into it. */
export interface Mutant {
  readonly fault: string;
  /** The scenario in which it shows, and the rule that it breaks. */
  readonly scenario: string;
  readonly breaks: string;
  readonly connect?: (options: ConnectorsOptions) => ConnectorApi;
  readonly wrapHttp?: (http: ProviderHttp) => ProviderHttp;
}

/** Products that are wrong in ways that the judge must see. */
export const mutants: readonly Mutant[] = [
  {
    fault: "calls again when a call has failed",
    scenario: "bad-bytes",
    breaks: "at most 3 attempts",
    connect: again(4, 0, ({ retryable }) => retryable),
  },
  {
    fault: "calls again whatever the failure was",
    scenario: "chaos",
    breaks: "nothing hopeless is retried",
    connect: again(2, 0, () => true),
  },
  {
    fault: "does not hear how long it is to wait",
    scenario: "rate-limits",
    breaks: "a wait that fits is kept (T17)",
    wrapHttp: (http) => ({
      send: async (request) => {
        const response = await http.send(request);
        const kept = Object.entries(response.headers).filter(([name]) => !/retry|limit/.test(name));
        return { ...response, headers: Object.fromEntries(kept) };
      },
    }),
  },
  {
    fault: "sleeps before it says that money is spent",
    scenario: "one-key",
    breaks: "spent means one request and no sleep (T18)",
    connect: again(1, 700, isReason("PROVIDER_BILLING_EXHAUSTED")),
  },
  {
    fault: "waits for what does not fit before it gives up",
    scenario: "one-key",
    breaks: "a wait that does not fit is not begun (T17)",
    connect: mutated(({ call, clock }) => ({
      call: async (request, context) => {
        try {
          return await call(request, context);
        } catch (thrown) {
          await pause(40, clock);
          throw thrown;
        }
      },
    })),
  },
  {
    fault: "makes every call twice at once",
    scenario: "calm",
    breaks: "one attempt at a time",
    connect: mutated(({ call }) => ({
      call: (request, context) => Promise.race([call(request, context), call(request, context)]),
    })),
  },
  {
    fault: "forgets the fence",
    scenario: "region-death",
    breaks: "inside the fence",
    connect: mutated(({ call }) => ({
      call: (request, context) => {
        if (request.options?.region !== undefined) request.options.region.allowed = ["us-*"];
        return call(request, context);
      },
    })),
  },
  {
    fault: "goes on with another call in mid-stream, without a word",
    scenario: "bad-bytes",
    breaks: "words of one provider, once (T2)",
    connect: mutated(({ stream }) => ({
      async *stream(request, context) {
        try {
          yield* stream(request, context);
        } catch {
          yield* stream(request, context);
        }
      },
    })),
  },
  {
    fault: "says every delta twice",
    scenario: "calm",
    breaks: "words of one provider, once (T2)",
    connect: events((message) =>
      message.event.case === "textDelta" ? [message, message] : [message],
    ),
  },
  {
    fault: "loses a delta",
    scenario: "calm",
    breaks: "deltas add up to the response",
    connect: events((message) =>
      message.event.case === "textDelta" && message.event.value.text.includes(".1é")
        ? []
        : [message],
    ),
  },
  {
    fault: "ends a stream that was cut off as if it were whole",
    scenario: "bad-bytes",
    breaks: "OK only for a whole answer (T3)",
    connect: events(
      (message) => [message],
      (_, text) => [finishedWith(text)],
    ),
  },
  {
    fault: "goes on after the end",
    scenario: "calm",
    breaks: "ends once, with an answer or an error",
    connect: events((message) =>
      message.event.case === "finished" ? [message, message] : [message],
    ),
  },
  {
    fault: "ends a stream without `finished`",
    scenario: "calm",
    breaks: "ends once, with an answer or an error",
    connect: events((message) => (message.event.case === "finished" ? [] : [message])),
  },
  {
    fault: "never answers",
    scenario: "calm",
    breaks: "ends once, with an answer or an error",
    connect: mutated(() => ({ call: () => new Promise(() => undefined) })),
  },
  {
    fault: "does not listen to cancels",
    scenario: "slow",
    breaks: "ends in time (T6)",
    connect: contexts((context) => ({ ...context, signal: new AbortController().signal })),
  },
  {
    fault: "takes a deadline for a hint",
    scenario: "slow",
    breaks: "ends in time (T6)",
    connect: contexts((context) =>
      context.deadlineMs === undefined
        ? context
        : { ...context, deadlineMs: context.deadlineMs + 200 },
    ),
  },
  {
    fault: "calls a provider's failure the caller's deadline",
    scenario: "outage",
    breaks: "DEADLINE_EXCEEDED only at the deadline",
    connect: errors(
      (error) => new ConnectorError("CALLER_DEADLINE_EXCEEDED", error.message, error.fields),
    ),
  },
  {
    fault: "calls every failure a cancel",
    scenario: "chaos",
    breaks: "CANCELLED only for a cancelled call",
    connect: errors((error) => new ConnectorError("CALLER_CANCELLED", error.message, error.fields)),
  },
  {
    fault: "leaves a listener behind",
    scenario: "calm",
    breaks: "no listener is left",
    connect: contexts((context) => {
      context.signal.addEventListener("abort", () => undefined);
      return context;
    }),
  },
  {
    fault: "leaves a timer behind",
    scenario: "calm",
    breaks: "no timer is left",
    connect: mutated(({ call, clock }) => ({
      call: (request, context) => {
        clock.schedule(600_000, () => undefined);
        return call(request, context);
      },
    })),
  },
  {
    fault: "lets requests run on that nobody wants any more",
    scenario: "chaos",
    breaks: "aborted within 50 ms (T5)",
    wrapHttp: (http) => ({
      send: (request) => http.send({ ...request, signal: new AbortController().signal }),
    }),
  },
  {
    fault: "tells no usage",
    scenario: "calm",
    breaks: "usage of the answer (T4)",
    connect: answers(({ response }) => {
      if (response !== undefined) delete response.usage;
    }),
  },
  {
    fault: "tells no usage of attempts that failed",
    scenario: "bad-bytes",
    breaks: "usage of what gave no answer (T4)",
    connect: answers(({ response }) => {
      for (const attempt of response?.route?.attempts ?? []) delete attempt.usage;
    }),
  },
  {
    fault: "hides attempts that failed",
    scenario: "brownout",
    breaks: "every attempt is told",
    connect: answers(({ response }) => {
      response?.route?.attempts.splice(0, response.route.attempts.length - 1);
    }),
  },
  {
    fault: "tells every failure as a fault of its own",
    scenario: "brownout",
    breaks: "attempts are told by their reasons",
    connect: answers(({ response }) => {
      for (const attempt of response?.route?.attempts ?? []) {
        if (attempt.reason !== "") attempt.reason = "INTERNAL_FAULT";
      }
    }),
  },
  {
    fault: "gives up for good after a failure",
    scenario: "outage",
    breaks: "all is well when all has healed",
    connect: brokenForGood(),
  },
  {
    fault: "lets a rejection go",
    scenario: "calm",
    breaks: "no rejection is unhandled",
    connect: mutated(({ call }) => ({
      call: (request, context) => {
        void Promise.reject(new Error("nobody looks after me"));
        return call(request, context);
      },
    })),
  },
  {
    fault: "throws what is no ConnectorError",
    scenario: "outage",
    breaks: "ends once, with an answer or an error",
    connect: errors((error) => new Error(error.message)),
  },
];
