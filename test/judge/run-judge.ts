// Puts the server before llmock, a provider that others wrote and that judges its clients, plays
// every fault that it knows on every wire that both speak, and asks for its verdict: it must find
// nothing. A careless client in front of the same faults is found guilty. `npm run test:judge`.
import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  conclude,
  inLanes,
  type Measurement,
  measuringOptions,
} from "../../bench/reliability/measurement.ts";
import { ServerProcess } from "../../bench/reliability/server-process.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import { connectorErrorFrom } from "../../src/rpc/error-status.ts";
import { askCarelessly } from "./careless-client.ts";
import { type Finding, LLMock } from "./llmock.ts";
import { type JudgedWire, judgedWires, type Scenario, scenarios } from "./scenarios.ts";

const usualTimeoutMs = 20_000;
/** Calls at once. */
const lanes = 24;
/** Calls of the ramp, over what the provider allows at once. */
const rampCalls = 90;
const rampPerMinute = 60;
/**
 * Full jitter lets two waits in a row be short, or the second be the shorter: llmock takes that for
 * no backoff at all. That there is one is proved in virtual time.
 */
const disregarded = "no_backoff";

type Caller = Client<typeof ConnectorService>;

const { json } = measuringOptions("rounds", { usual: 1, quick: 1 });
// Who answers without a pause has sent all of a stream before its client can leave.
const mock = await LLMock.start(["--stream-chunk-delay-ms", "80"]);
const rows = [await judgeServer(), await judgeRamp(), await judgeCareless()];
await mock.close();
conclude(rows, json);

/** Every scenario on every wire at once; models keep them apart. */
async function judgeServer(): Promise<Measurement> {
  const played = judgedWires.flatMap((wire) => scenarios.map((scenario) => ({ wire, scenario })));
  const server = await ServerProcess.start({
    configuration: configurationOf(
      played.map(({ wire, scenario }) => targetOf(wire, nameOf(wire, scenario), mock.url)),
    ),
  });
  const caller = callerOf(server);
  await mock.script(
    played.map(({ wire, scenario }) => ({
      ...scenario.fault(wire),
      match: { model: nameOf(wire, scenario) },
    })),
  );
  const surprises: (string | undefined)[] = [];
  await inLanes(played.length, lanes, async (index) => {
    const one = played[index];
    if (one) surprises.push(await play(caller, one.wire, one.scenario));
  });
  const arrived = Map.groupBy(await mock.requests(), ({ model }) => model);
  for (const { wire, scenario } of played) {
    const requests = arrived.get(nameOf(wire, scenario))?.length ?? 0;
    if (requests === scenario.requests) continue;
    surprises.push(`${nameOf(wire, scenario)}: ${requests} requests, not ${scenario.requests}`);
  }
  const { verdict, exitCode } = await mock.report();
  await server.kill();
  const wrong = surprises.filter((surprise) => surprise !== undefined);
  for (const surprise of wrong) process.stderr.write(`${surprise}\n`);
  const findings = counted(verdict.findings);
  tell(findings);
  return {
    number: "judge",
    what: `llmock, an outside judge, on ${scenarios.length} faults on ${judgedWires.length} wires`,
    target: "no finding, each call ends as it should",
    measured:
      `${verdict.faults_injected} faults, ${verdict.attempts} requests, ` +
      `${findings.length} findings, ${wrong.length} other ends`,
    isGood: exitCode === 0 && findings.length === 0 && wrong.length === 0,
  };
}

/** More and more calls at once, until the provider's limit of requests a minute is far exceeded. */
async function judgeRamp(): Promise<Measurement> {
  const limited = await LLMock.start(["--rpm", String(rampPerMinute)]);
  const [wire] = judgedWires;
  if (wire === undefined) throw new Error("no wire");
  const server = await ServerProcess.start({
    configuration: configurationOf([targetOf(wire, "ramp", limited.url)]),
  });
  const caller = callerOf(server);
  let answered = 0;
  const refusals: ConnectorError[] = [];
  for (let sent = 0, burst = 1; sent < rampCalls; sent += burst, burst *= 2) {
    const size = Math.min(burst, rampCalls - sent);
    await Promise.all(
      Array.from({ length: size }, async (_, index) => {
        const failure = await ask(caller, "ramp", `ramp ${sent + index}`, false, 5_000);
        if (failure === undefined) answered += 1;
        else refusals.push(failure);
      }),
    );
  }
  const { verdict, exitCode } = await limited.report();
  await server.kill();
  await limited.close();
  const findings = counted(verdict.findings);
  tell(findings);
  const late = refusals.filter(({ reason }) => reason === "CALLER_DEADLINE_EXCEEDED");
  const told = refusals.filter(({ fields }) => fields.retryAfterMs !== undefined);
  const untold = refusals.filter((one) => !late.includes(one) && !told.includes(one));
  tell(findings);
  for (const { reason } of untold.slice(0, 5)) process.stderr.write(`ramp: ${reason}, no wait\n`);
  return {
    number: "judge",
    what: `the same judge on ${rampCalls} calls in growing bursts where ${rampPerMinute} a minute are allowed`,
    target: "no finding; each refused call is told how long to wait",
    measured:
      `${answered} answered, ${told.length} refused and told, ${untold.length} untold, ` +
      `${late.length} waited until their deadline of 5 s; ${verdict.attempts} requests, ` +
      `${findings.length} findings`,
    isGood: exitCode === 0 && findings.length === 0 && untold.length === 0 && answered > 0,
  };
}

/** The judge can find something. */
async function judgeCareless(): Promise<Measurement> {
  await mock.reset();
  const faults = [
    { type: "fail", status: 429, retry_after: 1, times: 2 },
    { type: "fail", status: 400, times: 2 },
    { type: "fail", status: 500, times: 15 },
    { type: "stream_fault", kind: "truncate", after_chunks: 3 },
    { type: "stream_fault", kind: "malformed", after_chunks: 3 },
    { type: "stream_fault", kind: "stall", after_chunks: 3, stall_seconds: 1.5 },
  ].map((fault, index) => ({ ...fault, match: { model: `careless-${index}` } }));
  await mock.script(faults);
  await Promise.all(
    faults.map(({ type, match }) => askCarelessly(mock.url, match.model, type === "stream_fault")),
  );
  const { verdict, exitCode } = await mock.report();
  const found = [...new Set(counted(verdict.findings).map(({ code }) => code))].sort();
  const wanted = [
    "malformed_chunk_ignored",
    "no_read_timeout",
    "retried_non_retryable",
    "retry_after_ignored",
    "retry_storm",
    "truncated_stream_accepted",
  ];
  return {
    number: "judge",
    what: "the same judge on a careless client",
    target: "all six faults of a client are found",
    measured: found.join(", "),
    isGood: exitCode === 1 && wanted.every((code) => found.includes(code)),
  };
}

/** What one scenario ended with that it should not have. */
async function play(
  caller: Caller,
  wire: JudgedWire,
  { name, streams, ends, calls = 1, timeoutMs = usualTimeoutMs }: Scenario,
): Promise<string | undefined> {
  const target = `${wire.name}-${name}`;
  const one = (deadlineMs: number) => ask(caller, target, `Hello ${target}`, streams, deadlineMs);
  let failure = await one(timeoutMs);
  let made = 1;
  if (calls === 2 && failure !== undefined) {
    // What a careful caller does: it was told that the answer is not whole, or how long to wait.
    await new Promise((resolve) => setTimeout(resolve, failure?.fields.retryAfterMs ?? 0));
    failure = await one(usualTimeoutMs);
    made = 2;
  }
  const isExpected = failure === undefined ? !ends : ends?.includes(failure.reason);
  if (isExpected && made === calls) return undefined;
  const { not_retried: why } = failure?.fields.metadata ?? {};
  return `${target}: ${made} calls, then ${failure?.reason ?? "an answer"} (${why}): ${failure?.message}`;
}

/** One call. Resolves with its error, or nothing. */
async function ask(
  caller: Caller,
  target: string,
  message: string,
  streams: boolean,
  timeoutMs: number,
): Promise<ConnectorError | undefined> {
  const request = {
    request: { model: target, contents: [{ role: Role.USER, message }] },
    options: { target },
  };
  try {
    if (streams) for await (const _ of caller.streamCall(request, { timeoutMs }));
    else await caller.call(request, { timeoutMs });
    return undefined;
  } catch (error) {
    return connectorErrorFrom(ConnectError.from(error));
  }
}

function tell(findings: readonly Finding[]): void {
  for (const { code, title, path } of findings) {
    process.stderr.write(`llmock: ${code} ${path}: ${title}\n`);
  }
}

function counted(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ code }) => code !== disregarded);
}

function callerOf(server: ServerProcess): Caller {
  return createClient(ConnectorService, createGrpcTransport({ baseUrl: server.url }));
}

function nameOf(wire: JudgedWire, scenario: Scenario): string {
  return `${wire.name}-${scenario.name}`;
}

function configurationOf(targets: readonly string[]): string {
  return (
    "defaults: { attempt_timeout: 5s, first_delta_timeout: 2s, idle_timeout: 2s }\n" +
    `targets:\n${targets.join("")}`
  );
}

function targetOf({ adapter, dialect, path }: JudgedWire, name: string, url: string): string {
  return (
    `  - { name: ${name}, adapter: ${adapter}, dialect: ${dialect}, ` +
    `base_url: "${url}${path}", api_key: sk-judged-key, egress: { allow_private: true } }\n`
  );
}
