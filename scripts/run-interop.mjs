// Lets clients that are not ours call the real server with simulated providers: buf curl in three
// protocols, grpc-js, Python's grpcio and gRPC-Web as a browser speaks it; in plaintext and TLS, over
// both versions of HTTP where the client can. All must read the same answers.
import { execFile, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { createCertificate } from "../test/support/certificate.ts";
import { pythonVenv } from "../test/support/python-venv.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const clients = join(root, "test/interop");
const build = join(root, "build/interop");
const venv = join(build, "venv");
const python = join(venv, "bin/python");
const pythonCode = join(build, "python");
const authorityFile = join(build, "authority.pem");

const startMsMax = 60_000;
const commandMsMax = 120_000;
const notFound = 5;

const service = "nexen.connectors.v1.ConnectorService";
const prompt = (model) => ({
  request: { model, contents: [{ role: "ROLE_USER", message: "Grüße 👋" }] },
});
const requests = {
  resolveModel: { model: "claude-3-sonnet" },
  call: prompt("claude-3-sonnet"),
  streamCall: prompt("claude-3-sonnet"),
  health: {},
  unknownModel: prompt("no-such-model"),
};
const paths = {
  resolveModel: `${service}/ResolveModel`,
  call: `${service}/Call`,
  streamCall: `${service}/StreamCall`,
  health: "grpc.health.v1.Health/Check",
  unknownModel: `${service}/Call`,
};

/** What differs from call to call and from server to server. */
const volatileKeys = new Set([
  ...["id", "createTime", "providerRequestId", "baseUrl"],
  ...["startOffset", "firstDelta", "total"],
]);

/** Runs a command. Resolves with its exit code and standard output. */
function run(command, args, { input, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const whole = { cwd: root, timeout: commandMsMax, maxBuffer: 2 ** 26, ...options };
    const child = execFile(command, args, whole, (error, stdout, stderr) => {
      if (error && typeof error.code !== "number") reject(error);
      else resolve({ code: error?.code ?? 0, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

async function output(command, args, options) {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code === 0) return stdout;
  throw new Error(`${[command, ...args].join(" ")} ended with ${code}\n${stderr}`);
}

function makeCertificates() {
  const name = "interop authority";
  const authority = { name, ...createCertificate({ name, authority: true }) };
  const server = createCertificate({
    name: "localhost",
    hosts: ["localhost"],
    addresses: ["127.0.0.1"],
    issuer: authority,
  });
  const files = { certificate: join(build, "server.pem"), key: join(build, "server.key") };
  writeFileSync(authorityFile, authority.cert);
  writeFileSync(files.certificate, server.cert);
  writeFileSync(files.key, server.key, { mode: 0o600 });
  const config = join(build, "tls.yaml");
  const { certificate, key } = files;
  writeFileSync(
    config,
    `listen: { tls: { certificate: "${certificate}", private_key: "${key}" } }\n`,
  );
  return config;
}

/** A server on a free port, whatever the environment says. */
async function startServer(...args) {
  const { CONNECTORS_CONFIG: _config, CONNECTORS_HOST: _host, ...env } = process.env;
  const child = spawn(process.execPath, ["src/main.ts", "--simulate", "--port", "0", ...args], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), startMsMax);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const [, url] = / listening on (https?:\/\/\S+)$/.exec(line) ?? [];
      if (url) return { url, stop: () => child.kill("SIGTERM") };
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error("the server ended before it listened");
}

/** Installs grpcio by its hashes, once for each state of the lock, and generates its code. */
async function preparePython() {
  await pythonVenv(venv, join(clients, "requirements.txt"));
  rmSync(pythonCode, { recursive: true, force: true });
  mkdirSync(pythonCode, { recursive: true });
  const ours = ["batch", "catalog", "connector_service", "error", "llm", "options", "stream"];
  const google = ["code", "error_details", "status"];
  await output(python, [
    ...["-m", "grpc_tools.protoc", "-Iproto", "-Ithird_party"],
    ...[`--python_out=${pythonCode}`, `--grpc_python_out=${pythonCode}`],
    ...ours.map((name) => `nexen/connectors/v1/${name}.proto`),
    ...google.map((name) => `google/rpc/${name}.proto`),
  ]);
}

function jsonDocuments(text) {
  return text
    .split(/^(?=\{)/m)
    .filter((document) => document.trim() !== "")
    .map((document) => JSON.parse(document));
}

async function bufCurl(url, args) {
  const answers = {};
  for (const [name, request] of Object.entries(requests)) {
    const data = JSON.stringify(request);
    const target = `${url}/${paths[name]}`;
    const { code, stdout, stderr } = await run("buf", ["curl", ...args, "-d", data, target]);
    const documents = jsonDocuments(stdout);
    // Its exit code is eight times the status.
    if (name === "unknownModel") answers[name] = code / 8;
    else if (code !== 0) throw new Error(`${name} ended with ${code}\n${stderr}`);
    else answers[name] = name === "streamCall" ? documents : documents[0];
  }
  return answers;
}

async function program(command, args, env = {}) {
  const input = JSON.stringify(requests);
  return JSON.parse(await output(command, args, { input, env: { ...process.env, ...env } }));
}

function withoutVolatile(value) {
  if (Array.isArray(value)) return value.map(withoutVolatile);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !volatileKeys.has(key));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutVolatile(item)]));
}

/** Where a text is cut into deltas is chance; the text, the ends and the whole answer are not. */
function withoutCuts(events) {
  const kinds = events.map((event) => Object.keys(event)[0]);
  return {
    first: kinds[0],
    last: kinds.at(-1),
    text: events.map(({ textDelta }) => textDelta?.text ?? "").join(""),
    response: events.at(-1)?.finished?.response,
  };
}

function comparable({ streamCall, ...answers }) {
  return withoutVolatile({ ...answers, streamCall: withoutCuts(streamCall) });
}

/** What must hold whatever the clients agree on. */
function isSound({ call, streamCall, health, unknownModel }) {
  const { message } = call.response.content;
  return (
    message.includes("Grüße 👋") &&
    streamCall.text === message &&
    isDeepStrictEqual(streamCall.response.content, call.response.content) &&
    health.status === "SERVING" &&
    unknownModel === notFound
  );
}

function matrix(plain, secure) {
  const schema = ["--schema", "."];
  const prior = "--http2-prior-knowledge";
  const curls = [
    ["Connect, HTTP/1.1", plain, ["--protocol", "connect", ...schema]],
    ["Connect, HTTP/2", plain, ["--protocol", "connect", prior, ...schema]],
    ["gRPC-Web, HTTP/1.1", plain, ["--protocol", "grpcweb", ...schema]],
    ["gRPC-Web, HTTP/2", plain, ["--protocol", "grpcweb", prior, ...schema]],
    ["gRPC", plain, ["--protocol", "grpc", prior, ...schema]],
    ["gRPC with reflection", plain, ["--protocol", "grpc", prior]],
    ...["connect", "grpcweb", "grpc"].map((protocol) => {
      const args = ["--protocol", protocol, "--cacert", authorityFile, ...schema];
      return [`${protocol}, HTTP/2, TLS`, secure, args];
    }),
  ];
  const address = (url) => new URL(url).host;
  const grpcJs = join(clients, "grpc-js-client.ts");
  const grpcio = join(clients, "grpcio_client.py");
  const browser = join(clients, "browser-client.ts");
  const { execPath: node } = process;
  const code = { PYTHONPATH: pythonCode };
  return [
    ...curls.map(([name, url, args]) => [`buf curl: ${name}`, () => bufCurl(url, args)]),
    ["grpc-js", () => program(node, [grpcJs, address(plain)])],
    ["grpc-js, TLS", () => program(node, [grpcJs, address(secure), authorityFile])],
    ["grpcio", () => program(python, [grpcio, address(plain)], code)],
    ["grpcio, TLS", () => program(python, [grpcio, address(secure), authorityFile], code)],
    ["gRPC-Web by fetch", () => program(node, [browser, plain])],
    [
      "gRPC-Web by fetch, TLS",
      () => program(node, [browser, secure], { NODE_EXTRA_CA_CERTS: authorityFile }),
    ],
  ];
}

async function compareAll(plain, secure) {
  let expected;
  let failures = 0;
  for (const [name, ask] of matrix(plain, secure)) {
    try {
      const answers = comparable(await ask());
      expected ??= answers;
      const isRight = isSound(answers) && isDeepStrictEqual(answers, expected);
      console.log(`${isRight ? "same   " : "differs"} ${name}`);
      if (isRight) continue;
      console.error(JSON.stringify({ answers, expected }, null, 2));
    } catch (error) {
      console.error(`failed  ${name}\n${error.message}`);
    }
    failures += 1;
  }
  return failures;
}

mkdirSync(build, { recursive: true });
const config = makeCertificates();
await preparePython();
const servers = [await startServer(), await startServer("--config", config)];
try {
  const [plain, secure] = servers;
  process.exitCode = (await compareAll(plain.url, secure.url)) === 0 ? 0 : 1;
} finally {
  for (const server of servers) server.stop();
}
