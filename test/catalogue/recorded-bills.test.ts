// Proves our arithmetic and our prices by bills: xAI tells in each answer what it charged. Reads
// recordings of real answers from CONNECTORS_CORPUS, and skips without it.
import { create, type JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { LLMRequestSchema, type LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Dialect } from "../../src/contract/adapter.ts";
import { defaultLimits } from "../../src/contract/limits.ts";
import type { AttemptPlan } from "../../src/dispatch/call-plan.ts";
import { costOf } from "../../src/dispatch/cost.ts";
import { ModelCatalogue } from "../../src/dispatch/model-catalogue.ts";
import { createFramer } from "../../src/framing/framer.ts";
import { adapters } from "../../src/providers/index.ts";
import { corpusFolder, type Recording, recordingsOf } from "../corpus/recordings.ts";
import { fakeTarget } from "../support/fake-adapter.ts";
import { framesOf } from "../support/framing.ts";
import { adapterOf } from "./priced-calls.ts";

/** Ten billion to the dollar: ten to the nano-USD. */
const ticksPerNano = 10n;
const dialectOf: Readonly<Record<string, string>> = {
  "xai.chat": "openai-chat",
  "xai.responses": "openai-responses",
};

const catalogue = new ModelCatalogue(adapters);
const custom = adapterOf("custom");

function answerOf(recording: Recording, dialect: Dialect): LLMResponse | undefined {
  const context = { adapter: "custom", model: recording.model };
  if (!recording.stream) {
    const body = recording.response.json as JsonObject | undefined;
    return body && dialect.decode(body, context);
  }
  const decoder = dialect.createDecoder(context);
  const framer = createFramer(dialect.framing, defaultLimits);
  for (const frame of framesOf(framer, [recording.response.bytes])) decoder.push(frame);
  const { end } = decoder.end();
  return end.kind === "truncated" ? undefined : end.response;
}

/** The last charge that a recording tells, in ticks. */
function ticksOf({ response }: Recording): bigint | undefined {
  const charges = [...response.text.matchAll(/"cost_in_usd_ticks":\s*(\d+)/g)];
  const last = charges.at(-1)?.[1];
  return last === undefined ? undefined : BigInt(last);
}

function costFor(
  recording: Recording,
): { readonly cost: string; readonly bill: string } | undefined {
  const ticks = ticksOf(recording);
  const preset = custom.presets?.find(({ name }) => name === "xai");
  const dialect = preset?.dialects[dialectOf[recording.api] ?? ""];
  const isPriced = catalogue.find("custom", recording.model)?.pricesAt?.xai !== undefined;
  if (ticks === undefined || dialect === undefined || !isPriced) return undefined;
  const response = answerOf(recording, dialect);
  if (response === undefined) return undefined;
  const plan: Pick<AttemptPlan, "target" | "model" | "request"> = {
    target: fakeTarget(custom, { preset: "xai" }),
    model: recording.model,
    request: create(LLMRequestSchema, { model: recording.model }),
  };
  const { known, amountNanos } = costOf(response, plan as AttemptPlan, catalogue, 0);
  const hasRunTools =
    Object.keys(response.usage?.serverToolUses ?? {}).length > 0 ||
    response.content?.parts.some(({ kind }) => kind.case === "provider");
  return {
    cost: known ? String(amountNanos * ticksPerNano) : "unknown",
    bill: hasRunTools ? "unknown" : String(ticks),
  };
}

if (corpusFolder === undefined) console.log("recorded bills: CONNECTORS_CORPUS is not set");

describe.skipIf(corpusFolder === undefined)("bills of xAI", () => {
  it("are what we tell, or unknown where tools of the provider ran", () => {
    const compared = recordingsOf(Object.keys(dialectOf)).flatMap((recording) => {
      const found = costFor(recording);
      return found === undefined ? [] : [{ id: recording.id, ...found }];
    });
    for (const { id, cost, bill } of compared) expect([id, cost]).toEqual([id, bill]);
    expect(compared.filter(({ cost }) => cost !== "unknown").length).toBeGreaterThan(5);
  });
});
