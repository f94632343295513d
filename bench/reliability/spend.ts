// T18: what an account without money costs, on each provider's wire: one request to the provider,
// no sleep, a typed error that says that waiting does not help: `node bench/reliability/spend.ts`.
import { ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { connectorErrorFrom } from "../../src/rpc/error-status.ts";
import { type SimulatedWire, startSimulator } from "../../src/simulator/simulator.ts";
import { conclude, measuringOptions, milliseconds, quantile } from "./measurement.ts";
import { ServerProcess } from "./server-process.ts";

/** A provider that says that the account is spent, in its own words. */
interface Spent {
  readonly wire: SimulatedWire;
  /** Keys of the target besides name, address and key. */
  readonly target: string;
  readonly model: string;
  readonly says: string;
}

const targetMs = 1_000;
const quota = "status=429 type=insufficient_quota code=insufficient_quota";
const claude = "claude-sonnet-4-5";
const spent: readonly Spent[] = [
  { wire: "openai", target: "adapter: openai, dialect: chat", model: "gpt-4.1", says: quota },
  { wire: "openai", target: "adapter: openai, dialect: responses", model: "gpt-4.1", says: quota },
  {
    wire: "anthropic",
    target: "adapter: anthropic",
    model: claude,
    says: "status=402 type=billing_error",
  },
  {
    wire: "anthropic",
    target: "adapter: anthropic",
    model: claude,
    says: 'status=400 message="Your credit balance is too low to access the Anthropic API."',
  },
  {
    wire: "google",
    target: "adapter: google",
    model: "gemini-2.5-flash",
    says: 'status=400 type=FAILED_PRECONDITION message="Please enable billing on project 1."',
  },
  {
    wire: "mistral",
    target: "adapter: mistral",
    model: "mistral-large-latest",
    says: "status=402",
  },
  {
    wire: "cohere",
    target: "adapter: custom, dialect: cohere",
    model: "command-a-03-2025",
    says: "status=402",
  },
  { wire: "compatible", target: "adapter: llama, dialect: openai-chat", model: "m", says: quota },
  { wire: "ollama", target: "adapter: llama, dialect: ollama", model: "m", says: "status=402" },
  {
    wire: "bedrock",
    target: "adapter: custom, dialect: bedrock-converse, host: bedrock, region: us-east-1",
    model: "us.amazon.nova-pro-v1:0",
    says: 'status=403 type=AccessDeniedException message="INVALID_PAYMENT_INSTRUMENT: A valid payment instrument must be provided."',
  },
];

const { count, json } = measuringOptions("rounds", { usual: 10, quick: 1 });
const simulator = await startSimulator();
const targets = spent.flatMap(({ wire, target }, index) =>
  Array.from(
    { length: count + 1 },
    (_, round) =>
      `  - { name: spent-${index}-${round}, ${target}, base_url: "${simulator.baseURLs[wire]}", ` +
      "api_key: sk-spent-key, egress: { allow_private: true } }\n",
  ),
);
const server = await ServerProcess.start({
  configuration: `limits: { loop_lag_ms: 60000 }\ntargets:\n${targets.join("")}`,
});
const client = createClient(ConnectorService, createGrpcTransport({ baseUrl: server.url }));
const times: number[] = [];
const problems: string[] = [];
// The first call of a process loads what calls need.
await ask(0, count);
times.length = 0;
problems.length = 0;
for (let round = 0; round < count; round += 1) {
  for (const index of spent.keys()) await ask(index, round);
}
const longest = Math.max(...times);
conclude(
  [
    {
      number: "T18",
      what: `an account without money, in the words of ${spent.length} providers and wires`,
      target: "one request to the provider, no sleep, within 1 s",
      measured:
        `one request each in ${times.length - problems.length} of ${times.length} calls; p50 ` +
        `${milliseconds(quantile(times, 0.5))}, longest ${milliseconds(longest)}`,
      isGood: problems.length === 0 && longest <= targetMs,
    },
  ],
  json,
);
for (const problem of problems.slice(0, 10)) process.stderr.write(`${problem}\n`);
await server.kill();
await simulator.close();

async function ask(index: number, round: number): Promise<void> {
  const { model, says, target } = spent[index] ?? {};
  const mark = `round-${round}-of-${index}`;
  const before = requestsOf(mark);
  const startMs = performance.now();
  try {
    await client.call({
      request: {
        model: model ?? "",
        contents: [{ role: Role.USER, message: `[[simulate: ${says}]] ${mark}` }],
      },
      options: { target: `spent-${index}-${round}` },
    });
    problems.push(`${target}: it answered`);
  } catch (thrown) {
    const { reason, code, fields } = connectorErrorFrom(ConnectError.from(thrown));
    const requests = requestsOf(mark) - before;
    const isTyped =
      reason === "PROVIDER_BILLING_EXHAUSTED" || reason === "PROVIDER_REGION_OR_BILLING";
    if (!isTyped || requests !== 1 || fields.retryAfterMs !== undefined) {
      problems.push(`${target}: ${reason} (${code}) after ${requests} requests`);
    }
  }
  times.push(performance.now() - startMs);
}

function requestsOf(mark: string): number {
  return simulator.requests.filter(({ body }) => JSON.stringify(body).includes(mark)).length;
}
