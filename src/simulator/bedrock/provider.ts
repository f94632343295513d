import { userText as claudeText } from "../anthropic/read-prompt.ts";
import { isObject, type JSONObject, objectOr } from "../json.ts";
import type { HeaderContext, Provider, Route } from "../wire.ts";
import { converse } from "./converse.ts";
import { failureBody, word } from "./failures.ts";
import { countTokens, invoke } from "./invoke.ts";
import { userText } from "./read-prompt.ts";
import { checkSignature, keyOf } from "./signature.ts";

const requestBytesMax = 25 * 1024 * 1024;
const hex = "0123456789abcdef";
const errorNamespace = "http://internal.amazon.com/coral/com.amazon.bedrock/";

function route(
  wire: string,
  operation: string,
  said: Route["userText"],
  answer: Route["answer"],
): Route {
  return {
    wire,
    method: "POST",
    path: new RegExp(`^/model/[^/]+/${operation}$`),
    pathModel: (path) => decodeURIComponent(path.split("/")[2] ?? ""),
    answersBlocked: wire === "bedrock-converse",
    userText: said,
    answer,
  };
}

function countedText(body: JSONObject): string {
  const { converse: counted } = objectOr(body.input);
  return isObject(counted) ? userText(counted) : "";
}

/** Amazon Bedrock's runtime. */
export const bedrock: Provider = {
  name: "bedrock",
  routes: [
    route("bedrock-converse", "converse", userText, (call) => converse(call, false)),
    route("bedrock-converse", "converse-stream", userText, (call) => converse(call, true)),
    route("bedrock-invoke", "invoke", claudeText, (call) => invoke(call, false)),
    route("bedrock-invoke", "invoke-with-response-stream", claudeText, (call) =>
      invoke(call, true),
    ),
    route("bedrock-count", "count-tokens", countedText, countTokens),
  ],
  requestBytesMax,
  claims: (_headers, path) => path.startsWith("/model/"),
  key: keyOf,
  checkCredentials: checkSignature,
  requestId: (random) => [8, 4, 4, 4, 12].map((length) => random.text(length, hex)).join("-"),
  headers: ({ requestId, failure }: HeaderContext): Record<string, string> => ({
    "x-amzn-requestid": requestId,
    ...(failure?.type && { "x-amzn-errortype": `${failure.type}:${errorNamespace}` }),
  }),
  word,
  failureBody,
};
