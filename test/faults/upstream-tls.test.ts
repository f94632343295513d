// Proves that a server process trusts a provider's certificate only for its host and its days
// (U04), even where its authority is trusted: one attempt, and nothing is sent.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { messageBody } from "../e2e/messages-upstream.ts";
import { createCertificate } from "../support/certificate.ts";
import { answering, rawUpstream } from "../support/http.ts";
import { clientOver, receivedError } from "../support/rpc-client.ts";
import { SpawnedProcess } from "../support/spawned-process.ts";
import { protocols } from "./fault-scene.ts";

const authority = { ...createCertificate({ name: "Test CA", authority: true }), name: "Test CA" };
const here = ["127.0.0.1"];
const certificates = {
  good: createCertificate({ name: "good", addresses: here, issuer: authority }),
  expired: createCertificate({
    name: "old",
    addresses: here,
    issuer: authority,
    validDays: [-9, -2],
  }),
  elsewhere: createCertificate({ name: "far", addresses: ["127.0.0.2"], issuer: authority }),
  nobodys: createCertificate({ name: "own", addresses: here }),
};

const refused = {
  expired: "CERT_HAS_EXPIRED",
  elsewhere: "ERR_TLS_CERT_ALTNAME_INVALID",
  nobodys: "DEPTH_ZERO_SELF_SIGNED_CERT",
};

it("U04 certificates of an authority hold for their host and their days", async () => {
  const folder = mkdtempSync(join(tmpdir(), "connectors-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const upstreams = await Promise.all(
    Object.entries(certificates).map(async ([name, certificate]) => {
      const script = answering(messageBody("trusted"));
      return { name, upstream: await rawUpstream(script, { ...certificate }) };
    }),
  );
  const targets = upstreams.map(
    ({ name, upstream }) =>
      `  - { name: ${name}, adapter: anthropic, base_url: "${upstream.url}", ` +
      "api_key: sk-tls, egress: { allow_private: true } }",
  );
  const file = join(folder, "connectors.yaml");
  const ca = join(folder, "ca.pem");
  writeFileSync(file, ["targets:", ...targets, ""].join("\n"));
  writeFileSync(ca, authority.cert);
  const server = new SpawnedProcess("src/main.ts", ["--port", "0", "--config", file], {
    environment: { NODE_EXTRA_CA_CERTS: ca },
  });
  const [, url = ""] = await server.output(/listening on (http:\S+)\n/);
  const contents = [{ role: Role.USER, message: "Hello" }];
  const request = { model: "claude-sonnet-5", maxOutputTokens: 9, contents };
  for (const protocol of protocols) {
    const client = clientOver(protocol, url);
    const { response } = await client.call({ request, options: { target: "good" } });
    expect(response?.content?.message).toBe("trusted");
    for (const [target, code] of Object.entries(refused)) {
      const error = await receivedError(client.call({ request, options: { target } }));
      expect([error.reason, error.status]).toEqual(["PROVIDER_TLS_INVALID", "FAILED_PRECONDITION"]);
      expect(error.fields.metadata).toMatchObject({ network_error: code, attempts: "1" });
    }
  }
  for (const { name, upstream } of upstreams) {
    if (name === "good") continue;
    for (const connection of upstream.connections) expect(connection.received.length).toBe(0);
  }
});
