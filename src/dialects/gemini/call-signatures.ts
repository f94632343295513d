import { isObject } from "../json.ts";
import type { EncodeScope } from "./encode-scope.ts";
import type { WireContent, WirePart } from "./wire.ts";

/**
 * What the provider documents in place of a signature for calls that its model did not make
 * (ai.google.dev/gemini-api/docs/thought-signatures).
 */
const standIn = "skip_thought_signature_validator";

/**
 * Signs calls of tools that came from elsewhere, where the model refuses them unsigned: the first
 * one of each of its turns since the user last spoke. Changes the contents, and says so in a
 * warning.
 */
export function signCalls(contents: readonly WireContent[], scope: EncodeScope): void {
  if (!scope.traits.signedCalls) return;
  const spoken = contents.findLastIndex(isSpoken);
  for (const { role, parts } of contents.slice(spoken + 1)) {
    const call = role === "model" ? parts.find(isCall) : undefined;
    if (!isObject(call) || call.thoughtSignature || call.thought_signature) continue;
    call.thoughtSignature = standIn;
    scope.warnings.defaulted(
      "contents",
      `${scope.model} takes calls of tools back only with a signature, and one has none: ` +
        `"${standIn}" was sent, which it accepts for calls that another model made`,
    );
  }
}

function isSpoken({ role, parts }: WireContent): boolean {
  return role === "user" && !parts.some((part) => isObject(part) && part.functionResponse);
}

function isCall(part: WirePart): boolean {
  return isObject(part) && part.functionCall !== undefined;
}
