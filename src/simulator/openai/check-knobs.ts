import type { JSONObject } from "../json.ts";
import { invalid } from "./failures.ts";

/** Knobs that a thinking model takes only at one value, with that value; undefined: not at all. */
type Knobs = Readonly<Record<string, number | undefined>>;

/** Refuses the knobs of sampling, which models do not take while they think. Throws Refusal. */
export function checkKnobs(body: JSONObject, knobs: Knobs): void {
  for (const [name, only] of Object.entries(knobs)) {
    const value = body[name];
    if (value === undefined || value === null || value === only) continue;
    if (only === undefined) {
      const message = `Unsupported parameter: '${name}' is not supported with this model.`;
      throw invalid(message, { param: name, code: "unsupported_parameter" });
    }
    const message =
      `Unsupported value: '${name}' does not support ${value} with this model. ` +
      `Only the default (${only}) value is supported.`;
    throw invalid(message, { param: name, code: "unsupported_value" });
  }
}

/** Models that know three efforts and no other. */
const oldThinkers = /^o[1-9]/;
const oldEfforts: readonly unknown[] = ["low", "medium", "high"];

/** Refuses an effort that the model does not know. Throws Refusal. */
export function checkEffort(effort: unknown, model: string, param: string): void {
  if (typeof effort !== "string" || !oldThinkers.test(model) || oldEfforts.includes(effort)) return;
  throw invalid(
    `Unsupported value: '${effort}' is not supported with the '${model}' model. Supported ` +
      "values are: 'low', 'medium', and 'high'.",
    { param, code: "unsupported_value" },
  );
}
