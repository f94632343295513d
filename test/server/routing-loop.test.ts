// Proves that a call whose target leads back to a Connectors server ends at once with ROUTING_LOOP
// (C13), on every wire that a target can speak, whole and streamed, and that a server refuses what
// was meant for a provider on each protocol and on plain HTTP, while requests without the mark of
// one are served.
import { describe, expect, it } from "vitest";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { hopHeader } from "../../src/contract/hop.ts";
import { clientOver, receivedError, wires } from "../support/rpc-client.ts";
import { ConfigurationFile, serverByFile } from "./configured-server.ts";

const hello = { contents: [{ role: Role.USER, message: "Hello" }], maxOutputTokens: 9 };

/** Targets that lead to an address, by the wire that they speak. */
const targets: Readonly<Record<string, string>> = {
  anthropic: "adapter: anthropic",
  chat: "adapter: openai, dialect: chat",
  responses: "adapter: openai, dialect: responses",
  google: "adapter: google",
  mistral: "adapter: mistral",
  ollama: "adapter: llama, dialect: ollama",
  cohere: "adapter: custom, dialect: cohere",
  bedrock: "adapter: anthropic, host: bedrock, region: us-east-1",
  converse: "adapter: custom, host: bedrock, region: us-east-1",
  azure: "adapter: openai, host: azure",
  vertex: "adapter: google, host: vertex, region: eu, project: p",
};

function file(url: string): string {
  const lines = Object.entries(targets).map(
    ([name, fields]) =>
      `  - { name: ${name}, ${fields}, base_url: "${url}", api_key: k, egress: { allow_private: true } }`,
  );
  return `listen: { port: 0 }\ntargets:\n${lines.join("\n")}\n`;
}

/** A server whose targets all lead to itself, which it could not know when it started. */
async function loopingServer(): Promise<string> {
  const configuration = new ConfigurationFile(file("http://127.0.0.1:9"));
  const { url, server } = await serverByFile(configuration);
  configuration.write(file(url));
  await server.reload();
  return url;
}

describe("a target that leads to its own server", () => {
  it.each(Object.keys(targets))("over the wire of %s is told as a loop", async (target) => {
    const url = await loopingServer();
    const client = clientOver(wires[0]!, url);
    const request = { request: { model: "some-model", ...hello }, options: { target } };
    const error = await receivedError(client.call(request));
    expect([error.reason, error.status]).toEqual(["ROUTING_LOOP", "FAILED_PRECONDITION"]);
    expect(error.message).toContain(`target "${target}" leads to a Connectors server`);
    expect(error.fields.metadata).toMatchObject({ target, http_status: "508", attempts: "1" });
    const streamed = await receivedError(
      (async () => {
        for await (const _ of client.streamCall(request));
      })(),
    );
    expect(streamed.reason).toBe("ROUTING_LOOP");
  });
});

describe("a server", () => {
  it.each(wires)("refuses a call over $name that was meant for a provider", async (wire) => {
    const url = await loopingServer();
    const marked = { headers: { [hopHeader]: "1" } };
    const error = await receivedError(clientOver(wire, url).listModels({}, marked));
    expect([error.reason, error.status]).toEqual(["ROUTING_LOOP", "FAILED_PRECONDITION"]);
    const { models } = await clientOver(wire, url).listModels({ pageSize: 1 });
    expect(models).toHaveLength(1);
  });

  it.each(["/v1/chat/completions", "/v1/messages", "/api/chat", "/"])(
    "answers 508 at %s, and as ever without the mark",
    async (path) => {
      const url = await loopingServer();
      const post = (headers: Readonly<Record<string, string>>): Promise<Response> =>
        fetch(url + path, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: "{}",
        });
      const refused = await post({ [hopHeader]: "1" });
      expect([refused.status, refused.headers.get(hopHeader)]).toEqual([508, "1"]);
      expect(await refused.json()).toMatchObject({ error: { type: "routing_loop" } });
      const served = await post({});
      expect([served.status, served.headers.get(hopHeader)]).toEqual([501, null]);
      await served.body?.cancel();
    },
  );
});
