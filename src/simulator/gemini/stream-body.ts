import type { JSONObject } from "../json.ts";
import { sseContentType } from "../sse.ts";
import type { Call, StreamBody, StreamItem } from "../wire.ts";
import { failureBody } from "./failures.ts";

/** A chunk of a stream before it is framed. */
export interface GeminiChunk {
  readonly role: StreamItem["role"];
  readonly chunk: JSONObject;
}

/** Frames chunks: as server-sent events where `alt=sse` asks for them, else as one JSON array. */
export function streamBody({ query }: Call, chunks: Iterable<GeminiChunk>): StreamBody {
  return query.get("alt") === "sse" ? sseBody(chunks) : arrayBody(chunks);
}

function sseBody(chunks: Iterable<GeminiChunk>): StreamBody {
  const frame = (role: StreamItem["role"], data: JSONObject): StreamItem => ({
    role,
    text: `data: ${JSON.stringify(data)}\r\n\r\n`,
  });
  function* items(): Generator<StreamItem> {
    for (const { role, chunk } of chunks) yield frame(role, chunk);
  }
  return {
    contentType: sseContentType.replace(/;.*/, ""),
    items: items(),
    failure: (failure) => [frame("other", failureBody(failure))],
    ping: { role: "other", text: ": keep-alive\r\n\r\n" },
  };
}

function arrayBody(chunks: Iterable<GeminiChunk>): StreamBody {
  const frame = (role: StreamItem["role"], data: JSONObject, at: number): StreamItem => ({
    role,
    text: `${at === 0 ? "[" : ",\r\n"}${JSON.stringify(data)}\n${role === "end" ? "]\n" : ""}`,
  });
  function* items(): Generator<StreamItem> {
    let at = 0;
    for (const { role, chunk } of chunks) {
      yield frame(role, chunk, at);
      at += 1;
    }
  }
  return {
    contentType: "application/json; charset=UTF-8",
    items: items(),
    failure: (failure, sent) => [frame("end", failureBody(failure), sent)],
    ping: { role: "other", text: "\n" },
    itemEnd: "\n",
  };
}
