// Proves that old names of models lead to their provider, are sent as they are known there, and
// fail with the provider's NOT_FOUND and a hint at what follows them; and that no hint is given
// where none is known.
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CallRequestSchema } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { type Connectors, createConnectors } from "../../src/connectors.ts";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import type { Target } from "../../src/contract/target.ts";
import { adapters } from "../../src/providers/index.ts";
import { fakeTarget } from "../support/fake-adapter.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { errorOf } from "../support/simulated-connectors.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** What each provider says of a model that it does not have. */
const failures: Readonly<Record<string, readonly [status: string, body: object]>> = {
  anthropic: [
    "404 Not Found",
    { type: "error", error: { type: "not_found_error", message: "model: gone" } },
  ],
  openai: [
    "404 Not Found",
    {
      error: {
        ...{ message: "The model `gone` does not exist", type: "invalid_request_error" },
        ...{ param: null, code: "model_not_found" },
      },
    },
  ],
  google: [
    "404 Not Found",
    { error: { code: 404, message: "models/gone is not found", status: "NOT_FOUND" } },
  ],
  mistral: [
    "400 Bad Request",
    { object: "error", message: "Invalid model: gone", type: "invalid_model", code: "1500" },
  ],
  llama: [
    "404 Not Found",
    { error: { message: "model 'gone' not found", type: "api_error", code: "model_not_found" } },
  ],
};

let upstream: RawUpstream;
let sent = "";
beforeAll(async () => {
  upstream = await RawUpstream.listen(async (connection) => {
    for (;;) {
      const { path, body } = await connection.request();
      const [, provider = "", ...rest] = path.split("/");
      sent = JSON.parse(body).model ?? rest.join("/");
      const [status, failure] = failures[provider] ?? ["500 Oh", {}];
      const text = JSON.stringify(failure);
      await connection.send(`HTTP/1.1 ${status}\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
    }
  });
});
afterAll(() => upstream.close());

function open(fields: Partial<Target> = {}, today = "2026-11-23"): Connectors {
  return createConnectors({
    clock: new VirtualClock(Date.parse(`${today}T00:00:00Z`)),
    targets: adapters.map((adapter) =>
      fakeTarget(adapter, { baseURL: `${upstream.url}/${adapter.name}`, ...fields }),
    ),
  });
}

async function failure(model: string, connectors: Connectors): Promise<ConnectorError> {
  const contents = [{ role: Role.USER, message: "Hello" }];
  const signal = new AbortController().signal;
  const context = { signal, receivedMs: 0, deadlineMs: undefined, caller: "" };
  const request = create(CallRequestSchema, { request: { model, contents, maxOutputTokens: 9 } });
  try {
    return await errorOf(connectors.api.call(request, context));
  } finally {
    await connectors.close();
  }
}

describe("a name that its provider has retired", () => {
  it.each([
    ["claude-3-sonnet", "anthropic", "claude-3-sonnet-20240229", "2025-07-21", "claude-sonnet-4-6"],
    [
      "claude-3-opus-20240229",
      "anthropic",
      "claude-3-opus-20240229",
      "2026-01-05",
      "claude-opus-4-8",
    ],
    ["gpt-4-32k", "openai", "gpt-4-32k", "2025-06-06", "gpt-5.6-sol"],
    ["GPT-4-0314-x", "openai", "GPT-4-0314-x", undefined, undefined],
    ["gemini-1.5-pro", "google", "gemini-1.5-pro", "2025-09-24", "gemini-3.1-pro-preview"],
    ["gemini-ultra", "google", "gemini-ultra", undefined, "gemini-3.1-pro-preview"],
    ["mistral-tiny", "mistral", "mistral-tiny", undefined, "ministral-8b-latest"],
    ["llama-70b", "llama", "llama-70b", undefined, undefined],
  ])("%s leads to %s as %s", async (model, provider, name, day, successor) => {
    const error = await failure(model, open());
    expect([error.reason, error.status]).toEqual(["MODEL_NOT_FOUND", "NOT_FOUND"]);
    expect(error.fields.metadata).toMatchObject({ provider, model: expect.any(String) });
    expect(sent).toContain(name);
    expect(error.fields.metadata?.successor).toBe(successor);
    const when = day === undefined ? "" : ` on ${day}`;
    if (successor === undefined) expect(error.message).not.toContain("retired");
    else expect(error.message).toContain(`(retired by the provider${when}; try ${successor})`);
  });

  it("gets no hint at a cloud, which keeps models for longer or shorter", async () => {
    const error = await failure("claude-3-sonnet", open({ host: "vertex" }));
    expect(error.message).not.toContain("retired");
    expect(error.fields.metadata?.successor).toBeUndefined();
  });

  it("gets its hint from the announced day on", async () => {
    const before = await failure("gpt-5", open({}, "2026-12-10"));
    expect(before.fields.metadata?.successor).toBeUndefined();
    const after = await failure("gpt-5", open({}, "2026-12-11"));
    expect(after.fields.metadata?.successor).toBe("gpt-6.1-sol");
  });
});
