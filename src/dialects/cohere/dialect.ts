import type { Dialect } from "../../contract/adapter.ts";
import { CohereStreamDecoder, decodeCohere } from "./decode.ts";
import { encodeCohere } from "./encode.ts";
import { cohereError } from "./errors.ts";

/** Cohere's Chat API of the second version. A base URL is the bare origin; `/v2/chat` is added. */
export const cohereChat: Dialect = Object.freeze<Dialect>({
  name: "cohere",
  framing: "sse",
  defaultBaseURL: "https://api.cohere.com",
  auth: { scheme: "bearer" },
  requestIdHeader: "x-debug-trace-id",
  encode: encodeCohere,
  decode: decodeCohere,
  createDecoder: (context) => new CohereStreamDecoder(context),
  toError: cohereError,
});
