import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { join } from "node:path";

// scripts/scan-canary.mjs gives both, runs the whole suite, and looks for the canary in what is
// there then.
const { CONNECTORS_CANARY, CONNECTORS_CAPTURED } = process.env;

const core = CONNECTORS_CANARY ?? randomBytes(16).toString("hex");

/** A provider's key that must not show anywhere. It looks like no known kind of key. */
export const canaryKey: string = `canary~${core}+/=`;

/** A key of a caller's own that must not show either, and of which the other tells nothing. */
export const callersCanaryKey: string = `own~${reverse(core)}+/=`;

/** A caller's token that must not show anywhere. */
export const canaryToken: string = `token.${core}`;

/** Keeps what a program told, for the scan of the whole run, and returns it. */
export function captured(text: string): string {
  if (CONNECTORS_CAPTURED) appendFileSync(join(CONNECTORS_CAPTURED, `${process.pid}.log`), text);
  return text;
}

/** Names of the forms in which a text holds the canary, or another one. Empty: none. */
export function canaryForms(text: string, canary: string = core): readonly string[] {
  const lower = text.toLowerCase();
  const secrets = [canary, reverse(canary)];
  const forms: readonly (readonly [name: string, isForm: (secret: string) => boolean])[] = [
    ["plain", (secret) => lower.includes(secret.toLowerCase())],
    ["hex", (secret) => lower.includes(Buffer.from(secret).toString("hex"))],
    ["base64", (secret) => base64Forms(secret).some((form) => text.includes(form))],
  ];
  return forms.flatMap(([name, isForm]) => (secrets.some(isForm) ? [name] : []));
}

/** What base64 has for bytes at each place among three, whatever stands before and behind. */
function base64Forms(secret: string): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.from(`${"x".repeat(offset)}${secret}`).toString("base64");
    const form = text.slice(Math.ceil((offset * 8) / 6), -4);
    return [form, form.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

function reverse(text: string): string {
  return [...text].toReversed().join("");
}
