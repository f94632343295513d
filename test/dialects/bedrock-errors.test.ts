// Proves that Bedrock's failures are classified by type, words and status, whatever stands around
// the type and wherever it stands; that exceptions inside a stream are errors; and that people are
// told what helps.
import { describe, expect, it } from "vitest";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import { bedrockConverse } from "../../src/dialects/bedrock-converse/dialect.ts";
import { bedrockError, bedrockEventError } from "../../src/dialects/bedrock-errors.ts";
import { thrownBy } from "../support/framing.ts";

const suffix = ":http://internal.amazon.com/coral/com.amazon.bedrock/";

function failure(status: number, type: string, message: string): ConnectorError {
  const headers: Record<string, string> = type === "" ? {} : { "x-amzn-errortype": type + suffix };
  return bedrockError({ status, headers, body: JSON.stringify({ message }) });
}

describe("a failure of the type", () => {
  it.each([
    [403, "AccessDeniedException", "PROVIDER_PERMISSION_DENIED"],
    [400, "ValidationException", "PROVIDER_INVALID_REQUEST"],
    [404, "ResourceNotFoundException", "MODEL_NOT_FOUND"],
    [400, "ServiceQuotaExceededException", "PROVIDER_QUOTA_EXHAUSTED"],
    [429, "ThrottlingException", "PROVIDER_RATE_LIMITED"],
    [429, "ModelNotReadyException", "PROVIDER_UNAVAILABLE"],
    [408, "ModelTimeoutException", "PROVIDER_TIMEOUT"],
    [424, "ModelErrorException", "PROVIDER_INTERNAL"],
    [424, "ModelStreamErrorException", "PROVIDER_INTERNAL"],
    [500, "InternalServerException", "PROVIDER_INTERNAL"],
    [503, "ServiceUnavailableException", "PROVIDER_UNAVAILABLE"],
    [403, "ExpiredTokenException", "PROVIDER_CREDENTIAL_INVALID"],
    [403, "UnrecognizedClientException", "PROVIDER_CREDENTIAL_INVALID"],
    [403, "InvalidSignatureException", "PROVIDER_CREDENTIAL_INVALID"],
    [403, "MissingAuthenticationTokenException", "PROVIDER_CREDENTIAL_INVALID"],
    [404, "UnknownOperationException", "PROVIDER_ENDPOINT_NOT_FOUND"],
  ])("%i %s is %s", (status, type, reason) => {
    const error = failure(status, type, "words");
    expect(error.reason).toBe(reason);
    expect(error.message).toBe("words");
    expect(error.fields.metadata).toMatchObject({
      provider_code: type,
      http_status: String(status),
    });
    const body = JSON.stringify({ __type: `com.amazon.coral#${type}`, Message: "words" });
    expect(bedrockError({ status, headers: {}, body })).toMatchObject({ reason, message: "words" });
  });
});

describe("a type that says no more than its usual status", () => {
  it.each([
    [401, "ValidationException", "PROVIDER_CREDENTIAL_INVALID"],
    [413, "ValidationException", "REQUEST_TOO_LARGE"],
    [429, "ValidationException", "PROVIDER_RATE_LIMITED"],
    [422, "ValidationException", "PROVIDER_INVALID_REQUEST"],
    [501, "InternalServerException", "PROVIDER_UNSUPPORTED"],
    [503, "InternalServerException", "PROVIDER_UNAVAILABLE"],
    [504, "InternalFailure", "PROVIDER_TIMEOUT"],
    [529, "InternalServerException", "PROVIDER_OVERLOADED"],
  ])("yields to another: %i %s is %s", (status, type, reason) => {
    expect(failure(status, type, "words").reason).toBe(reason);
  });

  it("does not so if it says more", () => {
    expect(failure(400, "ThrottlingException", "words").reason).toBe("PROVIDER_RATE_LIMITED");
    expect(failure(500, "AccessDeniedException", "words").reason).toBe(
      "PROVIDER_PERMISSION_DENIED",
    );
  });
});

describe("a failure without a type", () => {
  it.each([
    [400, "PROVIDER_INVALID_REQUEST"],
    [403, "PROVIDER_PERMISSION_DENIED"],
    [429, "PROVIDER_RATE_LIMITED"],
    [500, "PROVIDER_INTERNAL"],
    [502, "PROVIDER_UNAVAILABLE"],
    [503, "PROVIDER_UNAVAILABLE"],
    [504, "PROVIDER_TIMEOUT"],
    [418, "PROVIDER_INVALID_REQUEST"],
    [599, "PROVIDER_INTERNAL"],
  ])("and status %i is %s", (status, reason) => {
    for (const body of ["", "{}", "<html>no</html>", "[]", '"x"', "{", '{"message":null}']) {
      expect(bedrockError({ status, headers: {}, body }).reason).toBe(reason);
    }
  });

  it.each([
    [404, "MODEL_NOT_FOUND", "PROVIDER_ENDPOINT_NOT_FOUND"],
    [408, "PROVIDER_TIMEOUT", "PROVIDER_REQUEST_TIMEOUT"],
    [424, "PROVIDER_INTERNAL", "PROVIDER_INVALID_REQUEST"],
  ])("and status %i is %s from AWS, %s from a proxy", (status, byAWS, byProxy) => {
    const own = JSON.stringify({ message: "words" });
    expect(bedrockError({ status, headers: {}, body: own }).reason).toBe(byAWS);
    for (const body of ["", "{}", "<html>no</html>", "[]", "no such page"]) {
      expect(bedrockError({ status, headers: {}, body }).reason, body).toBe(byProxy);
    }
  });
});

describe("words", () => {
  const validation = (words: string) => failure(400, "ValidationException", words);

  it.each([
    "Input is too long for requested model.",
    "The model returned the following errors: prompt is too long: 203420 tokens > 200000 maximum",
    "Too many input tokens. Max input tokens: 8192, request input token count: 9000",
    "The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length.",
    "This model's maximum context length is 8192 tokens.",
  ])("tell a prompt that is too long: %s", (words) => {
    expect(validation(words).reason).toBe("CONTEXT_LENGTH_EXCEEDED");
  });

  it("tell its numbers", () => {
    expect(
      validation("prompt is too long: 203420 tokens > 200000 maximum").fields.metadata,
    ).toMatchObject({ limit: "200000", requested: "203420" });
    expect(
      validation("Too many input tokens. Max input tokens: 8192, request input token count: 9000")
        .fields.metadata,
    ).toMatchObject({ limit: "8192", requested: "9000" });
  });

  it("tell a rate from a prompt, and a day's quota from a rate", () => {
    const throttled = (words: string) => failure(429, "ThrottlingException", words).reason;
    expect(throttled("Too many tokens, please wait before trying again.")).toBe(
      "PROVIDER_RATE_LIMITED",
    );
    expect(throttled("Too many tokens per day, please wait before trying again.")).toBe(
      "PROVIDER_QUOTA_EXHAUSTED",
    );
  });

  it("point to inference profiles where a model is not invoked by its own id", () => {
    for (const quote of ["'", "’"]) {
      const error = validation(
        `Invocation of model ID deepseek.r1-v1:0 with on-demand throughput isn${quote}t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
      );
      expect(error.reason).toBe("MODEL_NOT_FOUND");
      expect(error.message).toContain("give the id of an inference profile");
      expect(error.fields.resource).toEqual({ type: "model", name: "deepseek.r1-v1:0" });
    }
    const unknown = validation("The provided model identifier is invalid.");
    expect(unknown.reason).toBe("MODEL_NOT_FOUND");
    expect(unknown.message).toContain("of this region");
  });

  it.each([
    [
      400,
      "ValidationException",
      "The provided model doesn't support counting tokens.",
      "PROVIDER_UNSUPPORTED",
    ],
    [
      404,
      "ResourceNotFoundException",
      "Model use case details have not been submitted for this account.",
      "PROVIDER_PERMISSION_DENIED",
    ],
    [
      403,
      "AccessDeniedException",
      "Model access is denied due to INVALID_PAYMENT_INSTRUMENT: A valid payment instrument must be provided.",
      "PROVIDER_BILLING_EXHAUSTED",
    ],
    [
      400,
      "ValidationException",
      "Access to Anthropic models is not allowed from unsupported countries, regions, or territories.",
      "PROVIDER_REGION_BLOCKED",
    ],
    [
      403,
      "AccessDeniedException",
      "You don't have access to the model with the specified model ID.",
      "PROVIDER_PERMISSION_DENIED",
    ],
    [
      403,
      "AccessDeniedException",
      "Authentication failed: Please make sure your API Key is valid.",
      "PROVIDER_CREDENTIAL_INVALID",
    ],
    [
      403,
      "",
      "The security token included in the request is expired",
      "PROVIDER_CREDENTIAL_INVALID",
    ],
    [400, "ValidationException", "Output blocked by content filtering policy", "CONTENT_FILTERED"],
    [
      404,
      "ResourceNotFoundException",
      "This model version has reached the end of its life.",
      "MODEL_NOT_FOUND",
    ],
  ])("of a %i %s: %s", (status, type, words, reason) => {
    expect(failure(status, type, words).reason).toBe(reason);
  });

  it("tell of a clock that is wrong", () => {
    const error = failure(
      403,
      "InvalidSignatureException",
      "Signature expired: 20250325T235114Z is now earlier than 20250521T072228Z (20250521T072728Z - 5 min.)",
    );
    expect(error.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
    expect(error.message).toContain("the clock of this machine");
    expect(error.fields.precondition?.type).toBe("PROVIDER_CREDENTIAL_INVALID");
  });
});

describe("an exception inside a stream", () => {
  it.each([
    ["throttlingException", "PROVIDER_RATE_LIMITED"],
    ["modelStreamErrorException", "PROVIDER_INTERNAL"],
    ["validationException", "PROVIDER_INVALID_REQUEST"],
    ["internalServerException", "PROVIDER_INTERNAL"],
    ["serviceUnavailableException", "PROVIDER_UNAVAILABLE"],
    ["modelTimeoutException", "PROVIDER_TIMEOUT"],
    ["somedayException", "PROVIDER_INTERNAL"],
  ])("%s is %s", (type, reason) => {
    const decoder = bedrockConverse.createDecoder({ adapter: "custom", model: "m" });
    const data = JSON.stringify({ message: "words" });
    const error = thrownBy(() => decoder.push({ event: `exception:${type}`, data, id: "" }));
    expect([error.reason, error.message]).toEqual([reason, "words"]);
    expect(error.fields.metadata?.provider_code).toBe(
      `S${type}`.replace(/^S./, (two) => two[1]?.toUpperCase() ?? ""),
    );
  });

  it("tells what the model's own server said", () => {
    const body = { originalStatusCode: 400, originalMessage: "bad tool" };
    const error = bedrockEventError("exception:modelStreamErrorException", JSON.stringify(body));
    expect(error.message).toBe("bad tool");
    expect(error.fields.metadata).toMatchObject({ original_status: "400" });
  });

  it("needs no words, and may be an error without a model", () => {
    expect(bedrockEventError("error:InternalFailure", "").reason).toBe("PROVIDER_INTERNAL");
    expect(bedrockEventError("error:", "").message).toBe("the provider reported an error");
  });
});
