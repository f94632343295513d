import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";

/** A certificate and its private key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What a test certificate says. */
export interface CertificateRequest {
  /** Subject's common name. */
  readonly name: string;
  /** Host names it holds for. */
  readonly hosts?: readonly string[];
  /** IPv4 addresses it holds for. */
  readonly addresses?: readonly string[];
  /** Whether it may sign others. */
  readonly authority?: boolean;
  /** Who signs it, with its name. Default: itself. */
  readonly issuer?: Certificate & { readonly name: string };
  /** Days from now, negative for the past. Default: -1 to 1. */
  readonly validDays?: readonly [from: number, to: number];
}

/** Makes an X.509 certificate with a new P-256 key, so that no key is in the repository. */
export function createCertificate(request: CertificateRequest): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = request.issuer;
  const signingKey = issuer === undefined ? privateKey : createPrivateKey(issuer.key);
  const [from, to] = request.validDays ?? [-1, 1];
  const body = sequence(
    tagged(0xa0, integer(2)),
    integer(Math.floor(Math.random() * 0x7fff_ffff) + 1),
    ecdsaWithSHA256,
    nameOf(issuer?.name ?? request.name),
    sequence(time(from), time(to)),
    nameOf(request.name),
    publicKey.export({ format: "der", type: "spki" }),
    tagged(0xa3, sequence(basicConstraints(request.authority === true), alternativeNames(request))),
  );
  const signature = sign("sha256", body, signingKey);
  const der = sequence(body, ecdsaWithSHA256, tagged(0x03, Buffer.from([0]), signature));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
  };
}

const ecdsaWithSHA256 = sequence(objectIdentifier("2a8648ce3d040302"));

function tagged(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length = content.length;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  // DER allows the shortest form only, and Go insists.
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), content]);
  const header = Buffer.from([tag, 0x82, length >> 8, length & 0xff]);
  return Buffer.concat([header, content]);
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return tagged(0x30, ...contents);
}

function integer(value: number): Buffer {
  const hex = value.toString(16);
  const even = hex.padStart(hex.length + (hex.length % 2), "0");
  return tagged(0x02, Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, "hex"));
}

function objectIdentifier(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, "hex"));
}

function nameOf(commonName: string): Buffer {
  const attribute = sequence(objectIdentifier("550403"), tagged(0x0c, Buffer.from(commonName)));
  return sequence(tagged(0x31, attribute));
}

function time(daysFromNow: number): Buffer {
  const date = new Date(Date.now() + daysFromNow * 86_400_000);
  return tagged(
    0x17,
    Buffer.from(
      `${date
        .toISOString()
        .replaceAll(/[-:T]|\.\d+/g, "")
        .slice(2)}`,
    ),
  );
}

function basicConstraints(authority: boolean): Buffer {
  const value = authority ? sequence(tagged(0x01, Buffer.from([0xff]))) : sequence();
  return sequence(objectIdentifier("551d13"), tagged(0x04, value));
}

function alternativeNames(request: CertificateRequest): Buffer {
  const hosts = (request.hosts ?? []).map((host) => tagged(0x82, Buffer.from(host)));
  const addresses = (request.addresses ?? []).map((address) =>
    tagged(0x87, Buffer.from(address.split(".").map(Number))),
  );
  return sequence(objectIdentifier("551d11"), tagged(0x04, sequence(...hosts, ...addresses)));
}
