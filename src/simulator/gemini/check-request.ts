import { type JSONObject, numberIn, objectOr, objectsIn, textOr, textsIn } from "../json.ts";
import { type Call, Refusal } from "../wire.ts";
import { checkContents, checkParts } from "./check-contents.ts";
import { checkSchema } from "./check-schema.ts";
import { failure, invalid, invalidJSON } from "./failures.ts";
import { type GeminiTraits, isServed, traitsOf } from "./models.ts";
import type { ProtoReader } from "./proto-message.ts";

/** Where Gemini models are served: the Gemini API or Vertex AI. */
export interface GeminiPlace {
  readonly reader: ProtoReader;
  /** Whether it is Vertex AI. */
  readonly isVertex: boolean;
}

const namePattern = /^[a-zA-Z_][\w.:-]{0,127}$/;
const stopSequencesMax = 5;
const candidatesMax = 8;
/** Bounds of `thinkingBudget`, tokens, besides -1 (as it sees fit) and 0 (none). */
const budgetMax = 32_768;

/** Reads and checks a request to generate. Throws Refusal. */
export function checkRequest(call: Call, place: GeminiPlace): JSONObject {
  const { value, issues } = place.reader.read("GenerateContentRequest", call.body);
  if (!value) throw invalidJSON(issues);
  checkModel(call, place);
  checkGenerate(value, traitsOf(call.model), call.seed);
  if (place.isVertex && objectsIn(value.contents).some(({ role }) => textOr(role) === "")) {
    throw invalid("Please use a valid role: user, model.");
  }
  if (textOr(value.cachedContent) !== "") {
    throw new Refusal(failure(403, "CachedContent not found (or permission denied)"));
  }
  return value;
}

/** Reads and checks a question for the number of tokens, and returns what is to be counted. */
export function checkCount(call: Call, place: GeminiPlace): JSONObject {
  const { value, issues } = place.reader.read("CountTokensRequest", call.body);
  if (!value) throw invalidJSON(issues);
  checkModel(call, place);
  if (value.generateContentRequest === undefined) {
    checkContents(objectsIn(value.contents), traitsOf(call.model), call.seed);
    return value;
  }
  if (value.contents !== undefined) {
    throw invalid("Only one of contents and generate_content_request may be set.");
  }
  const request = objectOr(value.generateContentRequest);
  if (textOr(request.model).replace(/^models\//, "") !== call.model) {
    throw invalid(
      "* CountTokensRequest.generate_content_request.model: must be the model of the path\n",
    );
  }
  checkGenerate(request, traitsOf(call.model), call.seed);
  return request;
}

function checkModel({ model, path }: Call, { isVertex }: GeminiPlace): void {
  if (isServed(model)) return;
  const method = /:(\w+)$/.exec(path)?.[1]?.replace("streamG", "g") ?? "generateContent";
  const message = isVertex
    ? `Publisher Model \`${path.replace(/^\/v1(?:beta1)?\//, "").replace(/:\w+$/, "")}\` not found.`
    : `models/${model} is not found for API version v1beta, or is not supported for ${method}. ` +
      "Call ModelService.ListModels to see the list of available models and their supported " +
      "methods.";
  throw new Refusal(failure(404, message));
}

function checkGenerate(request: JSONObject, traits: GeminiTraits, seed: number): void {
  if (request.systemInstruction !== undefined) {
    checkParts(objectOr(request.systemInstruction), "system_instruction", seed);
  }
  checkContents(objectsIn(request.contents), traits, seed);
  checkTools(request, traits);
  checkConfig(objectOr(request.generationConfig), traits);
}

function checkTools(request: JSONObject, traits: GeminiTraits): void {
  const functions = objectsIn(request.tools).flatMap((tool, at) =>
    objectsIn(tool.functionDeclarations).map((one, index) => ({
      one,
      path: `tools[${at}].function_declarations[${index}]`,
    })),
  );
  const names = functions.map(({ one }) => textOr(one.name));
  for (const { one, path } of functions) checkFunction(one, path);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw invalid(`Duplicate function declaration found: ${repeated}`);
  const searches = objectsIn(request.tools).some((tool) => tool.googleSearch !== undefined);
  if (searches && functions.length > 0 && traits.generation < 3) {
    throw invalid("Tool use with function calling is unsupported by the model.");
  }
  const wantsJSON = textOr(objectOr(request.generationConfig).responseMimeType).endsWith("/json");
  if (wantsJSON && functions.length > 0 && traits.generation < 3) {
    throw invalid("Function calling with a response mime type: 'application/json' is unsupported");
  }
  checkWish(objectOr(objectOr(request.toolConfig).functionCallingConfig), names);
}

function checkFunction(one: JSONObject, path: string): void {
  if (!namePattern.test(textOr(one.name))) {
    throw invalid(
      `* GenerateContentRequest.${path}.name: Invalid function name. Must start with a letter or ` +
        "an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons " +
        "(:), or dashes (-), with a maximum length of 128.\n",
    );
  }
  if (one.parameters !== undefined && one.parametersJsonSchema !== undefined) {
    throw invalid(
      `* GenerateContentRequest.${path}: only one of parameters and parameters_json_schema may ` +
        "be set.\n",
    );
  }
  const parameters = objectOr(one.parameters);
  if (one.parameters === undefined) return;
  if (parameters.type !== "OBJECT") {
    throw invalid(
      `* GenerateContentRequest.${path}.parameters: parameters schema should be of type OBJECT.\n`,
    );
  }
  checkSchema(parameters, `${path}.parameters`);
}

function checkWish({ mode, allowedFunctionNames }: JSONObject, names: readonly string[]): void {
  const allowed = textsIn(allowedFunctionNames);
  if (mode === "ANY" && names.length === 0) {
    throw invalid("Function calling config is set without function_declarations.");
  }
  if (allowed.length === 0) return;
  if (mode !== "ANY" && mode !== "VALIDATED") {
    throw invalid(
      "Function calling mode must be ANY or VALIDATED when allowed_function_names is set.",
    );
  }
  const unknown = allowed.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw invalid(
    `Function name \`${unknown}\` in allowed_function_names is not found in function_declarations.`,
  );
}

function checkConfig(config: JSONObject, traits: GeminiTraits): void {
  inRange(config, "temperature", 0, 2);
  inRange(config, "topP", 0, 1);
  inRange(config, "topK", 1, Number.POSITIVE_INFINITY);
  inRange(config, "candidateCount", 1, candidatesMax);
  inRange(config, "maxOutputTokens", 1, Number.POSITIVE_INFINITY);
  const path = "* GenerateContentRequest.generation_config";
  if (textsIn(config.stopSequences).length > stopSequencesMax) {
    throw invalid(`${path}.stop_sequences: at most ${stopSequencesMax} stop sequences.\n`);
  }
  const { responseSchema, responseJsonSchema, responseMimeType } = config;
  if (responseSchema !== undefined && responseJsonSchema !== undefined) {
    throw invalid(`${path}: only one of response_schema and response_json_schema may be set.\n`);
  }
  const isForm = /^(?:application\/json|text\/x\.enum)$/.test(textOr(responseMimeType));
  if ((responseSchema ?? responseJsonSchema) !== undefined && !isForm) {
    throw invalid(
      `${path}.response_schema: a response schema requires response_mime_type application/json.\n`,
    );
  }
  if (responseMimeType !== undefined && !isForm && responseMimeType !== "text/plain") {
    throw invalid(
      `${path}.response_mime_type: allowed mimetypes are \`text/plain\`, ` +
        "`application/json`, `application/xml`, `application/yaml` and `text/x.enum`.\n",
    );
  }
  if (responseSchema !== undefined) {
    checkSchema(objectOr(responseSchema), "generation_config.response_schema");
  }
  checkThinking(objectOr(config.thinkingConfig), traits);
}

function inRange(config: JSONObject, name: string, min: number, max: number): void {
  const value = numberIn(config[name]);
  if (value === undefined || (value >= min && value <= max)) return;
  const field = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const range = Number.isFinite(max) ? `in the range [${min}, ${max}]` : `at least ${min}`;
  throw invalid(
    `* GenerateContentRequest.generation_config.${field}: ${field} must be ${range}.\n`,
  );
}

function checkThinking(thinking: JSONObject, traits: GeminiTraits): void {
  const budget = numberIn(thinking.thinkingBudget);
  const level = thinking.thinkingLevel;
  if (budget !== undefined && level !== undefined) {
    throw invalid("You can only set only one of thinking budget and thinking level.");
  }
  const isAsked = budget !== undefined || level !== undefined || thinking.includeThoughts === true;
  if (isAsked && budget !== 0 && !traits.canThink) {
    throw invalid("Thinking is not enabled for this model.");
  }
  if (level !== undefined && traits.generation < 3) {
    throw invalid("Thinking level is not supported for this model.");
  }
  if (level === "MINIMAL" && traits.isPro) {
    throw invalid("Thinking level MINIMAL is not supported for this model.");
  }
  if (budget === 0 && traits.isPro) {
    throw invalid("Budget 0 is invalid. This model only works in thinking mode.");
  }
  if (budget !== undefined && (budget < -1 || budget > budgetMax)) {
    throw invalid(
      `The thinking budget ${budget} is invalid. Please choose a value between 0 and ${budgetMax}.`,
    );
  }
}
