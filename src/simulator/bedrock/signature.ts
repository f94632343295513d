import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Failure, RawRequest } from "../wire.ts";
import { failure } from "./failures.ts";

/** A key of AWS whose signatures are checked; of those of other keys only the form is. */
export const simulatedAWSCredentials: {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
} = {
  accessKeyId: "SIMULATEDACCESSKEY01",
  secretAccessKey: "simulated/secret/access/key/of/nobody+00",
};

const service = "bedrock";
const scheme = "AWS4-HMAC-SHA256";

/** The parts of an `Authorization` header of Signature Version 4. */
interface Signed {
  readonly accessKeyId: string;
  readonly day: string;
  readonly region: string;
  readonly service: string;
  readonly headers: readonly string[];
  readonly signature: string;
}

/** The id of the caller's access key, or its bearer token. Empty: neither. */
export function keyOf(headers: Readonly<Record<string, string>>): string {
  const authorization = headers.authorization ?? "";
  const token = /^bearer (.+)$/i.exec(authorization)?.[1];
  if (token !== undefined) return token;
  if (!authorization.startsWith(`${scheme} `)) return "";
  return /Credential=([^/,\s]+)/.exec(authorization)?.[1] ?? "";
}

/** What is wrong with a request's signature, if it carries one. */
export function checkSignature(request: RawRequest): Failure | undefined {
  const { headers } = request;
  const authorization = headers.authorization ?? "";
  if (!authorization.startsWith(`${scheme} `)) return undefined;
  const signed = readAuthorization(authorization);
  if (!signed) {
    return failure(
      403,
      `Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.`,
      "IncompleteSignatureException",
    );
  }
  const date = headers["x-amz-date"] ?? "";
  if (!/^\d{8}T\d{6}Z$/.test(date) || !date.startsWith(signed.day)) {
    return refused(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date`,
    );
  }
  if (signed.service !== service) {
    return refused(`Credential should be scoped to correct service: '${service}'. `);
  }
  const missing = ["host", "x-amz-date"].find((name) => !signed.headers.includes(name));
  if (missing !== undefined) {
    return refused(`'${missing}' must be a 'SignedHeader' in the AWS Authorization.`);
  }
  if (signed.accessKeyId !== simulatedAWSCredentials.accessKeyId) return undefined;
  const expected = sign(request, signed, date);
  const isRight = timingSafeEqual(Buffer.from(expected), Buffer.from(signed.signature));
  if (isRight) return undefined;
  return refused(
    "The request signature we calculated does not match the signature you provided. Check your " +
      "AWS Secret Access Key and signing method. Consult the service documentation for details.",
  );
}

function refused(message: string): Failure {
  return failure(403, message, "InvalidSignatureException");
}

function readAuthorization(authorization: string): Signed | undefined {
  const [, accessKeyId, day, region, name] =
    /Credential=([^/,\s]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request(?=[,\s]|$)/.exec(
      authorization,
    ) ?? [];
  const headers = /SignedHeaders=([a-z0-9;-]+)/.exec(authorization)?.[1]?.split(";");
  const signature = /Signature=([0-9a-f]{64})(?=[,\s]|$)/.exec(authorization)?.[1];
  if (!accessKeyId || !day || !region || !name || !headers || !signature) return undefined;
  return { accessKeyId, day, region, service: name, headers, signature };
}

/** The signature as AWS computes it (Signature Version 4, with the path encoded once more). */
function sign({ method, target, headers, body }: RawRequest, signed: Signed, date: string): string {
  const url = new URL(target, "http://simulator");
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
  const [path = "/"] = target.split("?");
  const canonical = [
    method,
    path.split("/").map(encode).join("/"),
    query,
    ...signed.headers.map((name) => `${name}:${collapse(headers[name] ?? "")}`),
    "",
    signed.headers.join(";"),
    createHash("sha256").update(body).digest("hex"),
  ].join("\n");
  const scope = `${signed.day}/${signed.region}/${signed.service}/aws4_request`;
  const toSign = [scheme, date, scope, createHash("sha256").update(canonical).digest("hex")];
  const key = [signed.day, signed.region, signed.service, "aws4_request"].reduce<Buffer | string>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    `AWS4${simulatedAWSCredentials.secretAccessKey}`,
  );
  return createHmac("sha256", key).update(toSign.join("\n")).digest("hex");
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function collapse(value: string): string {
  return value.trim().replaceAll(/ +/g, " ");
}
