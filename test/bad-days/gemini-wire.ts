import {
  type Answer,
  type Complaint,
  textOf,
  tokensOf,
  type Wire,
  type WireEvent,
} from "./wire.ts";

/** Gemini's `generateContent`. Its streams have no last mark: they end where they end. */
export const geminiWire: Wire = {
  adapter: "google",
  dialect: "gemini",
  isLines: false,
  streamType: "text/event-stream",
  whole: (answer) => chunk(answer, textOf(answer), true),
  events,
  failure: (complaint) => JSON.stringify(errorOf(complaint)),
  failureEvent: (complaint) => `data: ${JSON.stringify(errorOf(complaint))}\n\n`,
  ping: ": keep-alive\n\n",
  spent: undefined,
  slowDown: undefined,
  limitHeaders: undefined,
  resetValue: (waitMs) => `${waitMs / 1000}s`,
};

function chunk(answer: Answer, text: string, isLast: boolean): string {
  const { input, output } = tokensOf(answer);
  return JSON.stringify({
    candidates: [
      {
        content: { role: "model", parts: text === "" ? [] : [{ text }] },
        index: 0,
        ...(isLast && { finishReason: "STOP" }),
      },
    ],
    modelVersion: answer.model,
    responseId: answer.id,
    ...(isLast &&
      answer.tellsUsage && {
        usageMetadata: {
          promptTokenCount: input,
          candidatesTokenCount: output,
          totalTokenCount: input + output,
        },
      }),
  });
}

function events(answer: Answer): readonly WireEvent[] {
  const all: WireEvent[] = [];
  let told = 0;
  const add = (mark: WireEvent["mark"], text: string): void => {
    all.push({ text: `data: ${text}\n\n`, told, mark });
  };
  add("none", chunk(answer, "", false));
  for (const word of answer.words) {
    told += word.length;
    add("delta", chunk(answer, word, false));
  }
  add("terminal", chunk(answer, "", true));
  return all;
}

function errorOf({ type, message, isDaily = false }: Complaint): object {
  const isOverload = type === "overloaded_error";
  const violations = [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel", quotaValue: "50" }];
  const quota = { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations };
  return {
    error: {
      message,
      ...(isOverload && { code: 503, status: "UNAVAILABLE" }),
      ...(isDaily && { details: [quota] }),
    },
  };
}
