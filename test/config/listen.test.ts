// Proves that the server does not listen for everyone by accident, and that what TLS needs is
// found, read and checked before anything starts.
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createCertificate } from "../support/certificate.ts";
import { type Loading, load, problems, yaml } from "./loading.ts";

const openToAll =
  "the server would be open to everyone off the loopback interface: " +
  "give callers, or listen.tls.client_ca, or insecure: true";

const callers = "callers: [{ name: a, token: t }]\n";

describe("who may come", () => {
  it.each(["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST", "a.localhost"])(
    "is nobody else on %s",
    (host) => {
      expect(load({ flags: { host } }).reflection).toBe(true);
    },
  );

  it.each(["0.0.0.0", "::", "10.0.0.1", "example.com", "localhost.example.com", "128.0.0.1"])(
    "is told of on %s, and nothing is reflected there",
    (host) => {
      const lines = problems({ yaml: `listen: { host: "${host}" }\n` });
      expect(lines).toEqual([`connectors.yaml:1:11 listen.host: ${openToAll}`]);
      expect(load({ yaml: callers, flags: { host } }).reflection).toBe(false);
    },
  );

  it.each<[string, Loading, string]>([
    ["a flag", { flags: { host: "0.0.0.0" } }, "command line --host"],
    ["the environment", { environment: { CONNECTORS_HOST: "::" } }, "environment CONNECTORS_HOST"],
  ])("is told of where the host comes from: %s", (_title, loading, place) => {
    expect(problems(loading)).toEqual([`${place}: ${openToAll}`]);
  });

  it("is known by tokens, whose way is noted", () => {
    const { notes } = load({ yaml: `listen: { host: 0.0.0.0 }\n${callers}` });
    expect(notes).toContain("callers' tokens can be read on the way: listen.tls is not set");
  });

  it("is anyone, if that is meant", () => {
    const { notes } = load({ yaml: "listen: { host: 0.0.0.0 }\ninsecure: true\n" });
    expect(notes).toContain("anyone who reaches this server may use it: insecure is true");
  });

  it("is not anyone because the list of callers is empty", () => {
    expect(problems({ yaml: "listen: { host: 0.0.0.0 }\ncallers: []\n" })).toHaveLength(1);
  });
});

describe("TLS", () => {
  const server = createCertificate({ name: "server", hosts: ["localhost"] });
  const other = createCertificate({ name: "other" });
  const authority = createCertificate({ name: "authority", authority: true });
  const encrypted = generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "p" })
    .toString();
  const files = {
    "server.pem": server.cert + authority.cert,
    "server.key": server.key,
    "other.key": other.key,
    "encrypted.key": encrypted,
    "ca.pem": authority.cert,
    "broken.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "text.pem": "no certificate",
  };
  const tls = (certificate: string, key: string, clientCA = "ca.pem"): Loading => ({
    yaml: yaml`
      listen:
        host: 0.0.0.0
        tls: { certificate: ${certificate}, private_key: ${key}, client_ca: ${clientCA} }
    `,
    files,
  });

  it("is read from beside the file, and knows its callers by certificate", () => {
    const { listen, notes, secrets } = load(tls("server.pem", "server.key"));
    expect(listen.tls).toMatchObject({
      certificate: files["server.pem"],
      privateKey: server.key,
      clientCA: authority.cert,
    });
    expect(listen.tls?.files.privateKey).toMatch(/^\/.*\/server\.key$/);
    expect(secrets.map((secret) => secret.reveal())).toEqual([server.key]);
    expect(notes.filter((note) => note.includes("token"))).toEqual([]);
  });

  const certificateExpected = "expected a PEM file with a certificate";
  const keyExpected = "expected a PEM file with a private key, without a passphrase";
  it.each<[string, Loading, readonly string[]]>([
    [
      "files that are not there",
      tls("a.pem", "b.pem", "c.pem"),
      ["certificate", "private_key", "client_ca"].map((key) => `${key}: the file does not exist`),
    ],
    [
      "files that are something else",
      tls("text.pem", "server.pem", "server.key"),
      [
        `certificate: ${certificateExpected}`,
        `private_key: ${keyExpected}`,
        `client_ca: ${certificateExpected}`,
      ],
    ],
    [
      "a broken certificate",
      tls("broken.pem", "server.key"),
      [`certificate: ${certificateExpected}`],
    ],
    [
      "a key with a passphrase",
      tls("server.pem", "encrypted.key"),
      [`private_key: ${keyExpected}`],
    ],
    [
      "the key of another",
      tls("server.pem", "other.key"),
      ["private_key: this key does not belong to the certificate"],
    ],
  ])("tells of %s", (_title, loading, expected) => {
    const lines = problems(loading).map((line) => line.replace(/^\S+ listen\.tls\./, ""));
    expect(lines).toEqual(expected);
  });

  it("tells of what is missing in it", () => {
    expect(problems({ yaml: "listen: { tls: { client_ca: a.pem } }\n" })).toEqual([
      "connectors.yaml:1:11 listen.tls.certificate: is required",
      "connectors.yaml:1:11 listen.tls.private_key: is required",
    ]);
  });
});
