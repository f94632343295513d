// Proves what is told about models, on each protocol: where a name leads and by which rule (and
// that a call goes there), pages of models and their tokens, and numbers of tokens, reported and
// estimated.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelInfo } from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import { Role, UsageSource } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { clientOver, receivedError, wires } from "../support/rpc-client.ts";
import { openServer, type StartedServer } from "../support/running-server.ts";
import { messageBody } from "./messages-upstream.ts";

let upstream: RawUpstream;
let server: StartedServer;
let last = { path: "", model: "" };
beforeAll(async () => {
  upstream = await RawUpstream.listen(async (connection) => {
    for (;;) {
      const { path, body } = await connection.request();
      last = { path, model: JSON.parse(body).model };
      const isCount = path.endsWith("count_tokens");
      const answer = isCount ? countAnswer(last.model) : messageBody("Hello");
      const status = answer === "" ? "404 Not Found" : "200 OK";
      await connection.send(
        `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`,
      );
    }
  });
  const place = `api_key: sk-e2e, base_url: "${upstream.url}", egress: { allow_private: true }`;
  const yaml = `
targets:
  - { name: us, adapter: anthropic, region: us, ${place}, models: { claude-3-sonnet: claude-3-sonnet-20240229 } }
  - { name: eu, adapter: anthropic, region: eu, ${place}, models: { house-model: claude-opus-4-1 } }
  - { name: openai, adapter: openai, ${place} }
routes:
  - { id: fast, model: "fast-.*", targets: [eu] }
  - { id: sonnets, model: "CLAUDE-sonnet-.*", targets: [eu, us] }
  - { id: evil, model: "(x+x+)+y", targets: [us] }
`;
  server = await openServer({ yaml }, afterAll);
});
afterAll(() => upstream.close());

function countAnswer(model: string): string {
  if (model === "claude-no-count") return "";
  return JSON.stringify({ input_tokens: 1234 });
}

function requestFor(model: string) {
  const contents = [{ role: Role.USER, message: "Name three rivers in Europe." }];
  return { request: { model, contents, maxOutputTokens: 9 } };
}

/** A name, and the rule, its source, the targets and the name sent that it leads to. */
const own = "(?:(?:(?:us|eu|apac|jp|au|global)\\.)?anthropic\\.)?claude-.*";
const names: readonly (readonly [string, string, string, readonly string[], string])[] = [
  ["claude-opus-4-1", own, "adapter", ["us", "eu"], "claude-opus-4-1"],
  ["CLAUDE-Opus-4-1", own, "adapter", ["us", "eu"], "CLAUDE-Opus-4-1"],
  ["claude-sonnet-5", "sonnets", "route", ["eu", "us"], "claude-sonnet-5"],
  ["Fast-One", "fast", "route", ["eu"], "Fast-One"],
  ["house-model", "house-model", "alias", ["eu"], "claude-opus-4-1"],
  ["claude-3-sonnet", own, "adapter", ["us", "eu"], "claude-3-sonnet-20240229"],
  ["anthropic/claude-opus-4-1", "anthropic/", "prefix", ["us", "eu"], "claude-opus-4-1"],
  ["anthropic:claude-opus-4-1", "anthropic:", "prefix", ["us", "eu"], "claude-opus-4-1"],
  [`${"x".repeat(200)}y`, "evil", "route", ["us"], `${"x".repeat(200)}y`],
];

describe.each(wires)("over $name", (wire) => {
  it.each(names)("%s leads where a call goes", async (model, rule, source, targets, sent) => {
    const client = clientOver(wire, server.url);
    const resolved = await client.resolveModel({ model });
    expect([resolved.rule, resolved.provider]).toEqual([rule, "anthropic"]);
    expect(resolved.matches[0]).toMatchObject({ rule, source });
    expect(resolved.targets.map(({ name }) => name)).toEqual(targets);
    expect(resolved.targets[0]?.model).toBe(sent);
    const { response } = await client.call(requestFor(model));
    expect(response?.route).toMatchObject({ rule, provider: "anthropic", target: targets[0] });
    expect(last.model).toBe(sent);
  });

  it.each([
    "xclaude-opus",
    "claude",
    "my-fast-one",
    "fa\u017ft-one",
    "gpt4",
    "orca-2",
    "o1-like",
    `${"x".repeat(200)}`,
  ])("%s leads nowhere", async (model) => {
    const client = clientOver(wire, server.url);
    const errors = await Promise.all([
      receivedError(client.resolveModel({ model })),
      receivedError(client.call(requestFor(model))),
    ]);
    for (const error of errors) {
      expect([error.reason, error.status]).toEqual(["MODEL_NOT_ROUTED", "NOT_FOUND"]);
      const shown = model.replace("\u017f", "\\u{17f}");
      expect(error.fields.resource).toEqual({ type: "model", name: shown });
    }
  });

  it("regions choose and fence, in a call as in its explanation", async () => {
    const client = clientOver(wire, server.url);
    const model = "claude-opus-4-1";
    const ask = async (region: { preferred?: string[]; allowed?: string[] }) => {
      const options = { region };
      const { targets } = await client.resolveModel({ model, options });
      const { response } = await client.call({ ...requestFor(model), options });
      expect(response?.route?.target).toBe(targets[0]?.name);
      return targets.map(({ name }) => name);
    };
    expect(await ask({ preferred: ["eu"] })).toEqual(["eu", "us"]);
    expect(await ask({ allowed: ["e*"] })).toEqual(["eu"]);
    const error = await receivedError(ask({ allowed: ["mars-*"] }).then(() => undefined));
    expect(error.reason).toBe("REGION_NOT_ALLOWED");
  });

  it("pages are the whole list, each model once, and tokens are checked", async () => {
    const client = clientOver(wire, server.url);
    const whole = await client.listModels({ pageSize: 1000 });
    expect(whole.nextPageToken).toBe("");
    const paged: ModelInfo[] = [];
    let pageToken = "";
    do {
      const page = await client.listModels({ pageSize: 7, pageToken });
      expect(page.models.length).toBeLessThanOrEqual(7);
      paged.push(...page.models);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(paged).toEqual(whole.models);
    expect(new Set(paged.map(({ name, provider }) => `${provider}/${name}`)).size).toBe(
      paged.length,
    );
    const { nextPageToken } = await client.listModels({ pageSize: 2 });
    const bad = [
      { pageToken: "nonsense" },
      { pageToken: nextPageToken.slice(1) },
      { pageToken: nextPageToken, provider: "openai" },
      { pageToken: "x".repeat(2000) },
      { pageToken: "WyIiLDFd" },
    ];
    for (const request of bad) {
      const error = await receivedError(client.listModels(request));
      expect(error.fields.violations?.[0]?.field).toBe("page_token");
    }
    const negative = await receivedError(client.listModels({ pageSize: -1 }));
    expect(negative.fields.violations?.[0]?.field).toBe("page_size");
    const unknown = await receivedError(client.listModels({ provider: "nobody" }));
    expect(unknown.fields.violations?.[0]?.field).toBe("provider");
  });

  it("every listed model leads to the targets that are listed", async () => {
    const client = clientOver(wire, server.url);
    const { models } = await client.listModels({ pageSize: 1000 });
    for (const { name, provider, targets, sentAs } of models) {
      const resolved = await client.resolveModel({ model: name });
      expect([name, resolved.provider]).toEqual([name, provider]);
      expect([name, ...resolved.targets.map((target) => target.name)]).toEqual([name, ...targets]);
      const sent = targets.length === 0 ? undefined : sentAs || name;
      expect([name, resolved.targets[0]?.model]).toEqual([name, sent]);
    }
  });

  it("tokens are counted by the provider, or else estimated", async () => {
    const client = clientOver(wire, server.url);
    const reported = await client.countTokens(requestFor("claude-opus-4-1"));
    expect([reported.inputTokens, reported.source]).toEqual([1234n, UsageSource.REPORTED]);
    expect(reported.route?.target).toBe("us");
    expect(last.path).toBe("/v1/messages/count_tokens");
    const estimated = await client.countTokens(requestFor("claude-no-count"));
    expect(estimated.source).toBe(UsageSource.ESTIMATED);
    expect(estimated.route?.attempts).toMatchObject([
      { target: "us", reason: "PROVIDER_ENDPOINT_NOT_FOUND", httpStatus: 404 },
      { target: "eu", reason: "PROVIDER_ENDPOINT_NOT_FOUND", httpStatus: 404 },
    ]);
    expect(Number(estimated.inputTokens)).toBeGreaterThan(4);
    expect(Number(estimated.inputTokens)).toBeLessThan(20);
    expect(estimated.warnings.map(({ field }) => field)).toContain("input_tokens");
  });
});
