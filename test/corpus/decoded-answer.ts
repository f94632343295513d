import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Dialect, Frame, Framing } from "../../src/contract/adapter.ts";
import { defaultLimits } from "../../src/contract/limits.ts";
import { createFramer } from "../../src/framing/framer.ts";
import type { Recording } from "./recordings.ts";

/** What reads an answer. */
export interface AnswerReader {
  readonly adapter: string;
  readonly dialect: Dialect;
}

/** The recorded answer as the adapter reads it. Throws what the adapter throws. */
export function decodedAnswer(recording: Recording, reader: AnswerReader): LLMResponse {
  const { response } = recording;
  return response.json === undefined
    ? decodedFrames(framesOf(recording, reader), recording, reader)
    : decodedBody(response.json as JsonObject, recording, reader);
}

/** A whole body as the adapter reads it. */
export function decodedBody(
  body: JsonObject,
  { model }: Recording,
  { adapter, dialect }: AnswerReader,
): LLMResponse {
  return dialect.decode(body, { adapter, model });
}

/** The frames of a recorded stream. */
export function framesOf({ response }: Recording, { dialect }: AnswerReader): readonly Frame[] {
  const framer = createFramer(framingOf(response, dialect), defaultLimits);
  return [...framer.push(response.bytes), ...framer.end()];
}

/** Frames as the adapter reads them. */
export function decodedFrames(
  frames: readonly Frame[],
  { model }: Recording,
  { adapter, dialect }: AnswerReader,
): LLMResponse {
  const decoder = dialect.createDecoder({ adapter, model });
  for (const frame of frames) if (!decoder.done) decoder.push(frame);
  const { end } = decoder.end();
  if (end.kind === "truncated") throw new Error("the recorded stream is cut");
  return end.response;
}

function framingOf({ text }: Recording["response"], { framing }: Dialect): Framing {
  return framing === "sse" && text.trimStart().startsWith("[") ? "json-array" : framing;
}
