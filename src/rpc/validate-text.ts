import type { Violations } from "./violations.ts";

/** Text as it may be sent to a provider: whole Unicode characters, any length. */
export function checkText(violations: Violations, field: string, text: string): void {
  if (!text.isWellFormed()) violations.add(field, "holds half of a surrogate pair");
}

/**
 * A short word of a caller: at most `charactersMax` characters, none of them a control character.
 */
export function checkWord(
  violations: Violations,
  field: string,
  text: string,
  charactersMax: number,
): void {
  if (text.length > charactersMax) {
    violations.add(field, `has ${text.length} characters, at most ${charactersMax} are allowed`);
  } else if (/\p{Cc}/u.test(text)) {
    violations.add(field, "holds a control character");
  } else checkText(violations, field, text);
}

/**
 * Text that goes into a header: at most `charactersMax` printable ASCII characters. Not repeated.
 */
export function checkPrintable(
  violations: Violations,
  field: string,
  text: string,
  charactersMax: number,
): void {
  if (text.length > charactersMax) {
    violations.add(field, `has ${text.length} characters, at most ${charactersMax} are allowed`);
  } else if (/[^\x20-\x7e]/.test(text)) {
    violations.add(field, "holds a character that is not printable ASCII");
  }
}

// How all models of Cloudflare's begin: `@cf/meta/llama-3.1-8b-instruct`.
const ownNamespace = /^@(?:cf|hf)\//;
// Else one at-sign, at the end, before a version as Vertex AI writes them: `claude-3@20240229`,
// `@001`, `@default`, `@latest`. Every other one is refused: `@slug/model` names an account at
// gateways.
const versionSuffix = /^[^@]+@(?:\d{1,8}|default|latest)$/;

/** Names of letters, digits and single dots: most of them, and nothing can be wrong in them. */
const plainName = /^[\w:-]+(?:\.[\w:-]+)*$/;

/**
 * Name of a model: `gpt-5`, `openai/gpt-5`, `ft:gpt-4o:org`, `meta-llama/Llama-3`,
 * `claude-3@20240229`.
 *
 * Names end up in paths of URLs, so what would change a path (`..`, an empty or `.` segment, `#`,
 * `?`, `%`, a backslash, control characters) is refused. Other characters of any language are
 * allowed and simply lead to no adapter.
 */
export function checkModel(
  violations: Violations,
  field: string,
  model: string,
  charactersMax: number,
): void {
  const fault = modelFault(model, charactersMax);
  if (fault !== undefined) violations.add(field, fault);
}

function modelFault(model: string, charactersMax: number): string | undefined {
  if (model === "") return "is required";
  if (model.length > charactersMax) {
    return `has ${model.length} characters, at most ${charactersMax} are allowed`;
  }
  if (plainName.test(model)) return undefined;
  if (!model.isWellFormed()) return "holds half of a surrogate pair";
  const bad = /[\p{Cc}#?%\\]|\.\./u.exec(model)?.[0];
  if (bad !== undefined) return `must not hold ${JSON.stringify(bad)}`;
  if (/^\s|\s$/.test(model)) return "begins or ends with a space";
  if (/(?:^|\/)\.?(?:\/|$)/.test(model)) return 'has an empty or "." segment between slashes';
  const name = model.replace(ownNamespace, "");
  if (name.includes("@") && !versionSuffix.test(name)) {
    return 'may hold "@" only before a version at its end, as in "claude-3@20240229"';
  }
  return undefined;
}
