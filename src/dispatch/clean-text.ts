import { Redactor } from "../http/redaction.ts";
import type { CallPlan } from "./call-plan.ts";

/** Most characters of a short text that a provider gave: an id, a value of metadata. */
export const valueCharactersMax = 128;

/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

/** Takes secrets out of a text, and only then cuts it to a length. */
export type Clean = (text: string, charactersMax: number) => string;

/** Cleans what a provider said in a call: of known secrets, and of the caller's own key. */
export function cleaner(plan: CallPlan, redact: Redact): Clean {
  const withoutOwnKey = ownKeyRedact(plan);
  return (text, charactersMax) => {
    const safe = redact(withoutOwnKey(text));
    if (safe.length <= charactersMax) return safe;
    return `${safe.slice(0, charactersMax - 1).toWellFormed()}…`;
  };
}

function ownKeyRedact({ callerKey }: CallPlan): Redact {
  if (callerKey === undefined) return (text) => text;
  const own = new Redactor();
  own.add(callerKey);
  return (text) => own.redact(text);
}
