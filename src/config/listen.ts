import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { isAbsolute, join } from "node:path";
import { isLoopback } from "./base-url.ts";
import type { Listen, ListenTLS } from "./configuration.ts";
import type { Environment } from "./environment.ts";
import type { LoadReport } from "./load-report.ts";
import { readTextFile } from "./read-file.ts";
import { listenSchema } from "./schema.ts";
import type { ListenInput, TLSInput } from "./section-inputs.ts";

/** Where `listen` can come from besides the file. */
export interface ListenSources {
  readonly flags: { readonly host?: string | undefined; readonly port?: number | undefined };
  readonly environment: Environment;
  /** Folder that paths of TLS files start from. */
  readonly folder: string;
}

const pemBytesMax = 1024 * 1024;
const defaultHost = "127.0.0.1";
const defaultPort = 8080;

/** What is in force: flag, environment, file, default, in this order. */
export function resolveListen(
  input: ListenInput,
  sources: ListenSources,
  report: LoadReport,
): Listen {
  const { flags, environment } = sources;
  const fromFlags = outside("command line", { host: "--host", port: "--port" }, flags, report);
  const names = { host: "CONNECTORS_HOST", port: "CONNECTORS_PORT" };
  const given = {
    host: environment[names.host]?.trim() || undefined,
    port: environment[names.port]?.trim() || undefined,
  };
  const fromEnvironment = outside("environment", names, given, report);
  return {
    host: fromFlags.host ?? fromEnvironment.host ?? input.host ?? defaultHost,
    port: fromFlags.port ?? fromEnvironment.port ?? input.port ?? defaultPort,
    tls: input.tls && readTLS(input.tls, sources.folder, report),
  };
}

function outside(
  source: "command line" | "environment",
  names: { readonly host: string; readonly port: string },
  given: { readonly host?: unknown; readonly port?: unknown },
  report: LoadReport,
): ListenInput {
  const result = listenSchema.safeParse({ host: given.host, port: given.port });
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues) {
    report.addOutside(source, path[0] === "host" ? names.host : names.port, message);
  }
  return {};
}

/**
 * Reports a server that others could reach and use: off the loopback interface without callers,
 * without certificates of callers, and without `insecure`.
 */
export function checkExposure(
  listen: Listen,
  access: { readonly knowsCallers: boolean; readonly insecure: boolean },
  sources: ListenSources,
  report: LoadReport,
): void {
  if (isLoopback(listen.host)) return;
  if (access.knowsCallers) {
    if (!listen.tls) {
      report.note("callers' tokens can be read on the way: listen.tls is not set");
    }
    return;
  }
  if (access.insecure) {
    report.note("anyone who reaches this server may use it: insecure is true");
    return;
  }
  const message =
    "the server would be open to everyone off the loopback interface: " +
    "give callers, or listen.tls.client_ca, or insecure: true";
  if (sources.flags.host !== undefined) report.addOutside("command line", "--host", message);
  else if (sources.environment.CONNECTORS_HOST?.trim()) {
    report.addOutside("environment", "CONNECTORS_HOST", message);
  } else report.add(["listen", "host"], message);
}

function readTLS(input: TLSInput, folder: string, report: LoadReport): ListenTLS {
  const read = (key: keyof TLSInput, path: string): { path: string; pem: string } => {
    const absolute = isAbsolute(path) ? path : join(folder, path);
    const file = readTextFile(absolute, pemBytesMax);
    if ("text" in file) return { path: absolute, pem: file.text };
    report.add(["listen", "tls", key], file.problem);
    return { path: absolute, pem: "" };
  };
  const certificate = read("certificate", input.certificate);
  const privateKey = read("private_key", input.private_key);
  const clientCA = input.client_ca === undefined ? undefined : read("client_ca", input.client_ca);
  if (privateKey.pem !== "") report.secret(privateKey.pem);
  const parsed = parseCertificate(certificate.pem, "certificate", report);
  const key = parsePrivateKey(privateKey.pem, report);
  if (clientCA) parseCertificate(clientCA.pem, "client_ca", report);
  if (parsed && key && !parsed.checkPrivateKey(key)) {
    report.add(["listen", "tls", "private_key"], "this key does not belong to the certificate");
  }
  return {
    certificate: certificate.pem,
    privateKey: privateKey.pem,
    clientCA: clientCA?.pem,
    files: {
      certificate: certificate.path,
      privateKey: privateKey.path,
      clientCA: clientCA?.path,
    },
  };
}

function parseCertificate(
  pem: string,
  key: "certificate" | "client_ca",
  report: LoadReport,
): X509Certificate | undefined {
  if (pem === "") return undefined;
  try {
    if (pem.includes("-----BEGIN CERTIFICATE-----")) return new X509Certificate(pem);
  } catch {
    // Whatever the parser says of it may quote the file.
  }
  report.add(["listen", "tls", key], "expected a PEM file with a certificate");
  return undefined;
}

function parsePrivateKey(pem: string, report: LoadReport): KeyObject | undefined {
  if (pem === "") return undefined;
  try {
    if (pem.includes("PRIVATE KEY-----")) return createPrivateKey(pem);
  } catch {
    // As above; a passphrase is not supported.
  }
  const message = "expected a PEM file with a private key, without a passphrase";
  report.add(["listen", "tls", "private_key"], message);
  return undefined;
}
