import { type JSONObject, objectsIn, textOr } from "../json.ts";
import { isSealed } from "../seal.ts";
import { invalid } from "./failures.ts";
import type { GeminiTraits } from "./models.ts";
import { signedSubject } from "./signature.ts";

const dataFields: readonly string[] = [
  ...["text", "inlineData", "functionCall", "functionResponse", "fileData", "executableCode"],
  ...["codeExecutionResult", "toolCall", "toolResponse"],
];
const roles: readonly unknown[] = [undefined, "", "user", "model", "function"];
const mediaType = new RegExp(
  "^(?:image/(?:png|jpe?g|webp|heic|heif|avif)|(?:audio|video|text)/[\\w.+-]+|" +
    "application/(?:pdf|json|x-[\\w.+-]+|rtf))(?:;.*)?$",
);

/** What the documentation gives for calls that another model made. */
const freePasses: readonly string[] = [
  "skip_thought_signature_validator",
  "context_engineering_is_the_way_to_go",
];

/** Checks a conversation as the provider does. Throws Refusal. */
export function checkContents(
  contents: readonly JSONObject[],
  traits: GeminiTraits,
  seed: number,
): void {
  if (contents.length === 0) {
    throw invalid("* GenerateContentRequest.contents: contents is not specified\n");
  }
  for (const [index, content] of contents.entries()) {
    if (!roles.includes(content.role)) throw invalid("Please use a valid role: user, model.");
    checkParts(content, `contents[${index}]`, seed);
  }
  checkTurns(toTurns(contents));
  if (traits.generation >= 3) checkSigned(contents);
}

/** Checks the parts of one content. */
export function checkParts(content: JSONObject, path: string, seed: number): void {
  const parts = objectsIn(content.parts);
  if (parts.length === 0) {
    throw invalid(`* GenerateContentRequest.${path}.parts: contents.parts must not be empty.\n`);
  }
  for (const [index, part] of parts.entries()) checkPart(part, `${path}.parts[${index}]`, seed);
}

function checkPart(part: JSONObject, path: string, seed: number): void {
  const [first, second] = dataFields.filter((name) => part[name] !== undefined);
  if (second !== undefined) {
    throw invalid(
      `Invalid value at '${path}' (oneof), oneof field 'data' is already set. ` +
        `Cannot set '${second}'`,
    );
  }
  if (first === undefined && part.thoughtSignature === undefined) {
    throw invalid(
      `* GenerateContentRequest.${path}.data: required oneof field 'data' must have one ` +
        "initialized field\n",
    );
  }
  const call = objectsIn([part.functionCall ?? part.functionResponse])[0];
  if (call && textOr(call.name) === "") {
    const field = part.functionCall ? "function_call" : "function_response";
    throw invalid(`* GenerateContentRequest.${path}.${field}.name: Name cannot be empty.\n`);
  }
  const mimeType = textOr(objectsIn([part.inlineData])[0]?.mimeType);
  if (part.inlineData !== undefined && !mediaType.test(mimeType)) {
    throw invalid(`Unsupported MIME type: ${mimeType}`);
  }
  const signature = textOr(part.thoughtSignature);
  if (signature === "" || isFreePass(signature)) return;
  if (!isSealed(seed, "thought", signedSubject(part), signature)) {
    throw invalid("Corrupted thought signature.");
  }
}

function isFreePass(signature: string): boolean {
  const decoded = Buffer.from(signature, "base64").toString("utf8");
  return freePasses.includes(signature) || freePasses.includes(decoded);
}

function partsWith(content: JSONObject | undefined, field: string): readonly JSONObject[] {
  return objectsIn(content?.parts).filter((part) => part[field] !== undefined);
}

/** Neighbours of one role are one turn. */
function toTurns(contents: readonly JSONObject[]): JSONObject[] {
  const turns: JSONObject[] = [];
  for (const content of contents) {
    const last = turns.at(-1);
    const isSame = last !== undefined && (last.role === "model") === (content.role === "model");
    const parts = [...objectsIn(isSame ? last.parts : []), ...objectsIn(content.parts)];
    turns.splice(isSame ? -1 : turns.length, 1, { role: content.role, parts });
  }
  return turns;
}

/** Each turn of calls is followed by as many results, and results follow calls. */
function checkTurns(turns: readonly JSONObject[]): void {
  for (const [index, turn] of turns.entries()) {
    const calls = partsWith(turn, "functionCall").length;
    const results = partsWith(turn, "functionResponse").length;
    const before = turns[index - 1];
    const after = turns[index + 1];
    if (calls > 0 && index === 0) {
      throw invalid(
        "Please ensure that function call turn comes immediately after a user turn or after a " +
          "function response turn.",
      );
    }
    if (results > 0 && partsWith(before, "functionCall").length === 0) {
      throw invalid(
        "Please ensure that function response turn comes immediately after a function call turn.",
      );
    }
    const answered = partsWith(after, "functionResponse").length;
    if (calls > 0 && after && answered !== calls) {
      throw invalid(
        "Please ensure that the number of function response parts is equal to the number of " +
          "function call parts of the function call turn.",
      );
    }
  }
}

/** In the turn that is going on, the first call of every step must carry its signature. */
function checkSigned(contents: readonly JSONObject[]): void {
  const start = contents.findLastIndex(
    (content) =>
      content.role !== "model" &&
      objectsIn(content.parts).some((part) => part.functionResponse === undefined),
  );
  for (const [index, content] of contents.entries()) {
    if (index < start || content.role !== "model") continue;
    const [first] = partsWith(content, "functionCall");
    if (!first || textOr(first.thoughtSignature) !== "") continue;
    const name = textOr(objectsIn([first.functionCall])[0]?.name);
    throw invalid(
      "Function call is missing a thought_signature in functionCall parts. This is required for " +
        "tools to work correctly, and missing thought_signature may lead to degraded model " +
        `performance. Additional data, function call \`default_api:${name}\` , position ` +
        `${index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures ` +
        "for more details.",
    );
  }
}
