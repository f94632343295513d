import { isDeepStrictEqual } from "node:util";
import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { type Expectation, type ExpectedAnswer, observed } from "./expectation.ts";

/** What is different, member by member. Empty: nothing. */
export function differences(
  expected: Expectation,
  answer: LLMResponse | ConnectorError,
): readonly string[] {
  if (expected.kind === "error") return errorDifferences(expected, answer);
  if (answer instanceof ConnectorError) return [`an error: ${answer.reason}: ${answer.message}`];
  const seen = withoutMadeUpIds(observed(answer), expected);
  const members = ["text", "thinking", "refusal", "toolCalls", "stop"] as const;
  const unequal = members.filter((member) => !isDeepStrictEqual(expected[member], seen[member]));
  const usage = expected.usage !== undefined && !isDeepStrictEqual(expected.usage, seen.usage);
  return [...unequal, ...(usage ? (["usage"] as const) : [])].map(
    (member) => `${member}: ${show(expected[member])} expected, ${show(seen[member])} came`,
  );
}

/** Where the recording has no id of a call, the product makes one up. */
function withoutMadeUpIds(seen: ExpectedAnswer, { toolCalls }: ExpectedAnswer): ExpectedAnswer {
  const calls = seen.toolCalls.map((call, index) =>
    toolCalls[index]?.id === "" && call.id !== "" ? { ...call, id: "" } : call,
  );
  return { ...seen, toolCalls: calls };
}

function errorDifferences(
  expected: Extract<Expectation, { kind: "error" }>,
  seen: LLMResponse | ConnectorError,
): readonly string[] {
  if (!(seen instanceof ConnectorError)) return ["an answer came in place of an error"];
  const { http_status: status, provider_code: code = "" } = seen.fields.metadata ?? {};
  return [
    ...(status === String(expected.status) ? [] : [`status ${status}, not ${expected.status}`]),
    ...(code === expected.code ? [] : [`code ${code}, not ${expected.code}`]),
    ...(["ADAPTER_FAULT", "INTERNAL_FAULT"].includes(seen.reason) ? [seen.reason] : []),
  ];
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 160);
}
