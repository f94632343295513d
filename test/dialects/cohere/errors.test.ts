// Proves that Cohere's failures get the reason of the error table by their status, their error_type
// and their words, and that an answer which ends with a fault is an error, whole and streamed.
import { describe, expect, it } from "vitest";
import { cohereChat } from "../../../src/dialects/cohere/dialect.ts";
import {
  decodeCohereBody,
  decodeCohereMessage,
  decodeCohereStream,
  messageEnd,
  messageStart,
} from "../../support/cohere.ts";
import { errorOf } from "../../support/wire-under-test.ts";

const failure = (status: number, body: unknown) =>
  cohereChat.toError({
    status,
    headers: {},
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

describe("a failure", () => {
  it.each([
    [400, { message: "invalid request: messages must not be empty" }, "PROVIDER_INVALID_REQUEST"],
    [
      400,
      { error_type: "TOO_MANY_TOKENS", message: "size limit exceeded" },
      "CONTEXT_LENGTH_EXCEEDED",
    ],
    [400, { message: "too many tokens: limit exceeded by 5 tokens" }, "CONTEXT_LENGTH_EXCEEDED"],
    [401, { message: "invalid api token" }, "PROVIDER_CREDENTIAL_INVALID"],
    [402, { message: "add a payment method" }, "PROVIDER_BILLING_EXHAUSTED"],
    [403, { message: "not allowed" }, "PROVIDER_PERMISSION_DENIED"],
    [404, { message: "model 'x' not found, make sure it is right" }, "MODEL_NOT_FOUND"],
    [404, { message: "model 'x' was removed on January 1, 2026" }, "MODEL_NOT_FOUND"],
    [404, "404 page not found", "PROVIDER_ENDPOINT_NOT_FOUND"],
    [422, { message: "invalid type: parameter k" }, "PROVIDER_INVALID_REQUEST"],
    [429, { message: "limited to 20 API calls / minute" }, "PROVIDER_RATE_LIMITED"],
    [429, { message: "limited to 1000 API calls / month" }, "PROVIDER_QUOTA_EXHAUSTED"],
    [498, { message: "blocked" }, "CONTENT_FILTERED"],
    [500, { message: "internal error" }, "PROVIDER_INTERNAL"],
    [502, "<html>Bad gateway</html>", "PROVIDER_UNAVAILABLE"],
    [503, "", "PROVIDER_UNAVAILABLE"],
    [504, { message: "timeout" }, "PROVIDER_TIMEOUT"],
  ])("of status %i with %j is classified", (status, body, reason) => {
    const { fields, ...error } = failure(status, body);
    expect(error.reason).toBe(reason);
    expect(fields.metadata).toMatchObject({ http_status: String(status) });
  });

  it("names the limit, the model and the quota", () => {
    const full = {
      error_type: "TOO_MANY_TOKENS",
      message: "The limit for this model is 288000 t.",
    };
    expect(failure(400, full).fields.metadata).toEqual({
      provider_code: "TOO_MANY_TOKENS",
      http_status: "400",
      limit: "288000",
    });
    const missing = failure(404, { message: "model 'command-x' not found" });
    expect(missing.fields.resource).toEqual({ type: "model", name: "command-x" });
    const monthly = failure(429, { message: "1000 API calls / month" });
    expect(monthly.fields.quotaSubjects).toEqual(["requests_per_month"]);
  });
});

describe("an answer that ends with a fault", () => {
  it.each([
    ["ERROR", "PROVIDER_INTERNAL"],
    ["TIMEOUT", "PROVIDER_TIMEOUT"],
  ])("%s is an error", (finish, reason) => {
    const whole = errorOf(() =>
      decodeCohereMessage({ content: "a" }, { finish_reason: finish, error: "out of memory" }),
    );
    const streamed = errorOf(() =>
      decodeCohereStream([messageStart, messageEnd(finish, { error: "out of memory" })]),
    );
    for (const error of [whole, streamed]) {
      expect(error).toMatchObject({ reason, message: "out of memory" });
      expect(error.fields.metadata).toEqual({ provider_code: finish, http_status: "200" });
    }
    const silent = errorOf(() => decodeCohereMessage({}, { finish_reason: finish }));
    expect(silent.message).toBe("the provider ended the answer with an error");
  });

  it.each([
    [{ id: "e1", message: "model 'x' not found" }, "MODEL_NOT_FOUND"],
    [{ type: "error", message: "internal" }, "PROVIDER_INTERNAL"],
    [{ error: { message: "too many tokens: 5" } }, "CONTEXT_LENGTH_EXCEEDED"],
  ])("has %j in its place", (body, reason) => {
    expect(errorOf(() => decodeCohereBody(body)).reason).toBe(reason);
    expect(errorOf(() => decodeCohereStream([messageStart, body])).reason).toBe(reason);
  });
});
