// Proves that no key shows (T9): a provider that shows the keys it is sent in every place it has
// meets a server that logs everything, over gRPC, gRPC-Web and Connect, with the server's key and a
// caller's. What callers get, raw and decoded, and what the server logs and reports must not hold
// it in any form.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import {
  callersCanaryKey,
  canaryForms,
  canaryKey,
  canaryToken,
  captured,
} from "../support/canary.ts";
import { type RecordedServer, startRecordedServer } from "../support/recorded-server.ts";
import {
  clientOver,
  completeError,
  connectError,
  type Wire,
  wires,
} from "../support/rpc-client.ts";
import { sendHTTP1 } from "../support/rpc-request.ts";
import { type Ended, SpawnedProcess } from "../support/spawned-process.ts";
import { echoes, startEchoingUpstream } from "./echoing-upstream.ts";

const threeWires = wires.filter(({ name }) =>
  ["gRPC", "gRPC-Web, HTTP/1.1", "Connect in JSON, HTTP/1.1"].includes(name),
);

/** Keys that calls can go by. */
const keys = [
  ["the server's key", ""],
  ["the caller's key", callersCanaryKey],
] as const;

/** What fails all the time is asked nevertheless, and once a call. */
const everyCallOnce = `
defaults: { retry: { max_attempts: 1 } }
resilience:
  breaker_failures: 1000000
  breaker_silent_failures: 1000000
  throttle_allowance: 1000000
  quarantine_ms: 1
  quarantine_ms_max: 1
`;

let upstream: Awaited<ReturnType<typeof startEchoingUpstream>>;
let simulator: Simulator;
let echoing: RecordedServer;
let simulated: RecordedServer;
const open: (() => Promise<void>)[] = [];

beforeAll(async () => {
  upstream = await startEchoingUpstream();
  simulator = await startSimulator();
  const folder = mkdtempSync(join(tmpdir(), "connectors-secrets-"));
  open.push(async () => rmSync(folder, { recursive: true }));
  const file = join(folder, "connectors.yaml");
  writeFileSync(file, everyCallOnce);
  const start = (anthropic: string, openai: string): Promise<RecordedServer> =>
    startRecordedServer(
      {
        file,
        environment: {
          ...{ ANTHROPIC_API_KEY: canaryKey, ANTHROPIC_BASE_URL: anthropic },
          ...{ OPENAI_API_KEY: canaryKey, OPENAI_BASE_URL: openai },
        },
        flags: { logLevel: "debug" },
      },
      (close) => open.push(close),
    );
  echoing = await start(upstream.url, `${upstream.url}/v1`);
  simulated = await start(simulator.baseURLs.anthropic, simulator.baseURLs.openai);
});

afterAll(async () => {
  for (const close of open) await close();
  upstream.close();
  await simulator.close();
});

/** Everything a caller gets for a call that fails. */
async function receivedFor(wire: Wire, url: string, call: Call): Promise<string> {
  const client = clientOver(wire, url);
  const message = {
    request: { model: call.model, contents: [{ role: Role.USER, message: call.text }] },
    options: { apiKey: call.apiKey },
  };
  const error = await connectError(
    (async () => {
      if (call.method === "call") return await client.call(message);
      for await (const _ of client.streamCall(message));
      return undefined;
    })(),
  );
  const raw = error.details.map((detail) =>
    "value" in detail ? Buffer.from(detail.value as Uint8Array).toString("latin1") : "",
  );
  const decoded = completeError(error);
  const everything = [
    inspect(decoded, { depth: null }),
    inspect([...error.metadata], { depth: null }),
    ...raw,
  ];
  return captured(everything.join("\n"));
}

interface Call {
  readonly model: string;
  readonly text: string;
  readonly apiKey: string;
  readonly method: "call" | "streamCall";
}

describe.each(keys)("%s", (_, apiKey) => {
  describe.each(threeWires)("over $name", (wire) => {
    it.each(echoes)("does not come back in $name", async ({ name }) => {
      const echoedBefore = upstream.echoed();
      for (const model of ["claude-sonnet-5", "gpt-4o"]) {
        for (const method of ["call", "streamCall"] as const) {
          const call = { model, text: `<${name}>`, apiKey, method };
          const received = await receivedFor(wire, echoing.url, call);
          expect(canaryForms(received), `${model} ${method}`).toEqual([]);
        }
      }
      expect(upstream.echoed()).toBe(echoedBefore + 4);
    });

    it.each([
      ["the simulator's 401", "[[simulate: echo-key]]", "call"],
      ["the simulator's 401 for a stream", "[[simulate: echo-key]]", "streamCall"],
    ] as const)("does not come back in %s", async (__, text, method) => {
      for (const model of ["claude-sonnet-5", "gpt-4o"]) {
        const received = await receivedFor(wire, simulated.url, { model, text, apiKey, method });
        expect(canaryForms(received)).toEqual([]);
      }
    });
  });
});

it("does not come back in an answer's own headers", async () => {
  const body = JSON.stringify({
    request: { model: "gpt-4o", contents: [{ role: "ROLE_USER", message: "Hello" }] },
  });
  const answer = await sendHTTP1(simulated.url, {
    headers: { "content-type": "application/json" },
    body: Buffer.from(body),
  });
  const raw = captured(`${inspect([...answer.headers])}\n${answer.body}`);
  expect(answer.status).toBe(200);
  expect(canaryForms(raw)).toEqual([]);
});

it("does not come back in what the server says of models", async () => {
  const client = clientOver(threeWires[0]!, simulated.url);
  const all = [await client.listModels({}), await client.resolveModel({ model: "gpt-5" })];
  expect(canaryForms(captured(inspect(all, { depth: null })))).toEqual([]);
});

it("is not in the log or the reports of a server after all of this", () => {
  for (const { log, reports } of [echoing, simulated]) {
    expect(reports.length).toBeGreaterThan(0);
    expect(canaryForms([...log, ...reports].join("\n"))).toEqual([]);
  }
});

describe("the search for keys", () => {
  it.each([
    ["plain", `x${canaryKey}y`],
    ["plain", encodeURIComponent(canaryKey)],
    ["plain", canaryToken.toUpperCase()],
    ["plain", callersCanaryKey],
    ["hex", Buffer.from(`a${canaryKey}`).toString("hex").toUpperCase()],
    ["base64", Buffer.from(canaryKey).toString("base64")],
    ["base64", Buffer.from(`a${canaryKey}b`).toString("base64")],
    ["base64", Buffer.from(`ab${canaryKey}c`).toString("base64url")],
  ])("finds it: %s", (form, text) => {
    expect(canaryForms(text)).toEqual([form]);
  });

  it("finds nothing where there is none", () => {
    expect(canaryForms("no key here")).toEqual([]);
  });
});

describe("the scan of a whole run", () => {
  const keep = `require("node:fs").writeFileSync(process.env.CONNECTORS_CAPTURED + "/1.log", "kept")`;
  const show = `console.log(Buffer.from(process.env.CONNECTORS_CANARY).toString("base64"))`;

  async function scan(script: string): Promise<Ended> {
    const folder = mkdtempSync(join(tmpdir(), "connectors-captured-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const args = [process.execPath, "-e", script];
    const environment = { CONNECTORS_CAPTURED: folder };
    return await new SpawnedProcess("scripts/scan-canary.mjs", args, { environment }).ended;
  }

  it("fails for a key that shows, for a run that fails, and for one that captures nothing", async () => {
    const [good, shown, failed, empty] = await Promise.all(
      [keep, `${keep};${show}`, `${keep};process.exit(3)`, ""].map(scan),
    );
    expect(good).toMatchObject({ code: 0, stderr: "" });
    expect(good?.stdout).toContain("canary: no key shows in 1 files");
    expect(shown?.code).toBe(1);
    expect(shown?.stderr).toMatch(/canary: a key shows in .*printed\.log:1: base64/);
    expect(failed?.code).toBe(1);
    expect(empty).toMatchObject({ code: 1, stderr: expect.stringContaining("proves nothing") });
  });
});
