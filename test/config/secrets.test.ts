// Proves that no key, token or private key shows in a problem, a note, a description or a printed
// configuration, wherever in the file it stands and whatever else is wrong with the file.
import { inspect } from "node:util";
import { fc, it as property } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { describeConfiguration } from "../../src/config/describe-configuration.ts";
import { createCertificate } from "../support/certificate.ts";
import { type Loading, load, problems, reference, yaml } from "./loading.ts";

/** Shaped like a key, and found nowhere else. */
const canary = fc
  .string({ unit: fc.constantFrom(..."abcdefghijkmnopqrstuvwxyz0123456789"), minLength: 12 })
  .map((text) => `Zk-${text}`);

/** Places where a secret belongs, and places where one stands by mistake; `@` is the secret. */
const places = [
  "targets:\n  - { name: a, adapter: anthropic, api_key: @, colour: red }\n",
  'targets:\n  - { name: a, adapter: anthropic, api_key: "@\\n@" }\n',
  "targets:\n  - { name: a, adapter: @, api_key: @ }\n",
  "targets:\n  - { name: a, adapter: openai, api_keys: [@, '@ @', @] }\n",
  "targets:\n  - { name: a, adapter: openai, api_keys: @, zone: @ }\n",
  "targets:\n  - { name: a, adapter: openai, api_keys: { @: @ } }\n",
  "targets:\n  - { name: a, adapter: openai, dialect: @ }\n",
  "targets:\n  - { name: a, adapter: openai, host: @ }\n",
  "targets:\n  - { name: '@ @', adapter: openai }\n",
  'targets:\n  - { name: a, adapter: custom, base_url: "https://user:@@x.test" }\n',
  'targets:\n  - { name: a, adapter: custom, base_url: "https://x.test/?key=@" }\n',
  'targets:\n  - { name: a, adapter: custom, base_url: "@" }\n',
  "targets:\n  - { name: a, adapter: custom, region: @ }\n",
  "targets:\n  - { name: a, adapter: openai, headers: { authorization: Bearer @ } }\n",
  'targets:\n  - { name: a, adapter: openai, headers: { "x: @": y } }\n',
  'targets:\n  - { name: a, adapter: openai, headers: { x-a: "@\\n" } }\n',
  'targets:\n  - { name: a, adapter: openai, models: { "": @, @: "" } }\n',
  "targets:\n  - { name: a, adapter: openai, credentials: { type: aws, secret_access_key: @ } }\n",
  "targets:\n  - { name: a, adapter: anthropic, host: bedrock, credentials: { type: @ } }\n",
  "targets:\n  - { name: a, adapter: anthropic, host: bedrock, " +
    "credentials: { type: aws, secret_access_key: [@], @: 1 } }\n",
  "targets:\n  - { name: a, adapter: openai, host: azure, " +
    "credentials: { type: entra, tenant_id: '@ @', client_secret: '@ @' } }\n",
  "targets:\n  - { name: a, adapter: openai, key_header: '@ @', body: @ }\n",
  "targets:\n  - { name: a, adapter: openai, path: @, preset: @, project: @ }\n",
  "targets:\n  - { name: a, adapter: openai, api_key:@ }\n",
  "targets:\n  - { name: a, adapter: openai, @: 1 }\n",
  "targets: @\n",
  "targets:\n  - api_key: @\n api_key: @\n",
  'targets:\n  - api_key: "@\n',
  "targets:\n  - api_key: !@ x\n",
  "targets:\n  - api_key: *@\n",
  "targets:\n  - api_key: &@ @: @\n",
  "callers:\n  - { name: a, token: '@,@' }\n",
  "callers:\n  - { name: a, token: @ }\n  - { name: a, token: @ }\n",
  "callers:\n  - { name: @!, token: [@] }\n",
  "routes:\n  - { id: a, model: '(@', targets: [@] }\n",
  "routes:\n  - { id: a, model: '@{1,100000}', targets: ['@ @'] }\n",
  "listen: { host: '@ @', port: @, tls: { certificate: @, private_key: @ } }\n",
  "listen: @\n",
  "defaults: { timeout: @, retry: @ }\n",
  "limits: { @: 1, tools: @, request_bytes: '@MiB' }\n",
  "allowed_headers: ['@ @', { @: @ }]\n",
  "log_level: @\nreflection: @\n",
  "@\n",
  "@: @\n",
];

describe("a problem", () => {
  property.prop([canary, fc.constantFrom(...places)], { numRuns: 300 })(
    "never shows a secret, wherever it stands",
    (secret, place) => {
      const text = place.replaceAll("@", secret);
      expect(problems({ yaml: text }).join("\n")).not.toContain(secret);
    },
  );

  property.prop([canary, fc.constantFrom(...places)], { numRuns: 200 })(
    "never shows what a reference stands for",
    (secret, place) => {
      // In double quotes, so that a reference may stand in braces.
      const text = place.replaceAll(/['"]?@['"]?/g, `"${reference("SECRET")}"`);
      const lines = problems({ yaml: text, environment: { SECRET: secret } });
      expect(lines.join("\n")).not.toContain(secret);
    },
  );

  it("is told in every one of these places", () => {
    const fine = places.filter(
      (place) => problems({ yaml: place.replaceAll("@", "zk12") }).length === 0,
    );
    expect(fine).toEqual([]);
  });

  it("never shows a variable that is wrong", () => {
    const secret = "Zk-0123456789";
    const lines = problems({
      environment: {
        OPENAI_API_KEY: `${secret}\n${secret}`,
        OPENAI_BASE_URL: `https://user:${secret}@x.test`,
        CONNECTORS_HOST: `${secret} `.repeat(2),
        CONNECTORS_PORT: secret,
      },
      flags: { logLevel: secret },
    });
    expect(lines).toHaveLength(5);
    expect(lines.join("\n")).not.toContain(secret);
  });
});

describe("a configuration", () => {
  const server = createCertificate({ name: "server" });
  const secrets = [
    ...["Zk-anthropic-key", "Zk-openai-key", "Zk-billing-token", "Zk-gateway-token"],
    ...["Zk-signing-key", "Zk-session", "Zk-client-secret", "Zk-body-token"],
  ];
  const loading: Loading = {
    yaml: yaml`
      listen: { tls: { certificate: server.pem, private_key: server.key } }
      targets:
        - name: a
          adapter: anthropic
          api_key: ${reference("file:key.txt")}
          headers: &gateway { x-gateway: "token ${reference("GATEWAY")}" }
        - { name: b, adapter: custom, base_url: "http://x.test", api_key: "${reference("KEY")}" }
        - { name: c, adapter: openai, api_key: "${reference("NOT_SET")}" }
        - { name: d, adapter: openai, api_key: "${reference("KEY")}", headers: *gateway }
        - name: e
          adapter: anthropic
          host: bedrock
          region: us-east-1
          credentials:
            type: aws
            access_key_id: A
            secret_access_key: ${reference("SIGNING")}
            session_token: Zk-session
        - name: f
          adapter: openai
          host: azure
          base_url: https://x.test
          credentials:
            { type: entra, tenant_id: t, client_id: c, client_secret: Zk-client-secret }
        - name: g
          adapter: custom
          base_url: https://x.test
          body: { user: { token: "of ${reference("BODY")}" } }
      callers: [{ name: billing, token: Zk-billing-token }]
    `,
    files: { "server.pem": server.cert, "server.key": server.key, "key.txt": "Zk-anthropic-key\n" },
    environment: {
      KEY: "Zk-openai-key",
      GATEWAY: "Zk-gateway-token",
      SIGNING: "Zk-signing-key",
      BODY: "Zk-body-token",
    },
  };

  it("knows all its secrets", () => {
    const known = new Set(load(loading).secrets.map((secret) => secret.reveal()));
    expect(known).toEqual(new Set([server.key, ...secrets]));
  });

  it("shows none when it is described, noted or printed", () => {
    const configuration = load(loading);
    // The private key, the headers and the bodies are there to be sent, and have no type of their
    // own.
    const { listen: _listen, targets, ...settings } = configuration;
    const rest = {
      ...settings,
      targets: targets.map(({ headers: _headers, body: _body, ...rest }) => rest),
    };
    const shown = [
      describeConfiguration(configuration),
      configuration.notes.join("\n"),
      JSON.stringify(rest),
      inspect(rest, { depth: 10 }),
      String(configuration.secrets),
    ].join("\n");
    for (const secret of secrets) expect(shown).not.toContain(secret);
    expect(shown).not.toContain("PRIVATE KEY");
    expect(shown).toContain("x-gateway: token ***");
    expect(shown).toContain("token: of ***");
  });
});
