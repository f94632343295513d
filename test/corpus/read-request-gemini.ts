import {
  MediaKind,
  Modality,
  Role,
  ToolChoiceMode,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { camelMembers } from "./canonical-gemini.ts";
import { isObject, objectOf, objectsOf, type Plain, stringOf } from "./plain.ts";
import {
  mediaPart,
  type PartInit,
  ProviderFields,
  type ReadRequest,
  type RequestInit,
  type ToolInit,
  type TurnInit,
  take,
  takeNumber,
  textPart,
  toolSchema,
  type Unsaid,
  withoutNulls,
} from "./request-draft.ts";

/** Reads a body of `generateContent` as its author would have asked the contract. */
export function readGeminiRequest(body: Plain, stream: boolean): ReadRequest {
  const own = new ProviderFields("google");
  const {
    model,
    contents,
    systemInstruction,
    tools,
    generationConfig,
    toolConfig,
    labels,
    ...rest
  } = camelMembers(body);
  const history = new History(own);
  const system = partList(objectOf(systemInstruction).parts ?? systemInstruction);
  const prompt = system.length === 0 ? [] : [{ role: "system", parts: system }];
  const config = { ...objectOf(generationConfig) } as Unsaid;
  const request: RequestInit = {
    model: stringOf(model),
    contents: [...prompt, ...partList(contents)].map((content) => history.read(content)),
    tools: toolsOf(tools, own),
    metadata: objectOf(labels) as Record<string, string>,
  };
  Object.assign(request, knobsOf(config), formatOf(config), thinkingOf(config));
  const unsaid: Unsaid = {
    ...rest,
    ...choiceOf(objectOf(toolConfig), request),
    ...(Object.keys(config).length > 0 && { generationConfig: config }),
  };
  Object.assign(request, own.options("request", unsaid));
  return { request, stream, needs: own.needs };
}

function partList(value: unknown): readonly Plain[] {
  if (typeof value === "string") return [{ text: value }];
  return isObject(value) ? [value] : objectsOf(value);
}

/** Reads turns in their order: results find the calls that they answer. */
class History {
  readonly #own: ProviderFields;
  readonly #calls: { readonly id: string; readonly name: string; answered: boolean }[] = [];

  constructor(own: ProviderFields) {
    this.#own = own;
  }

  read({ role: said, parts }: Plain): TurnInit {
    const list = partList(parts);
    const isAnswer = list.length > 0 && list.every(({ functionResponse }) => !!functionResponse);
    const spoken = said === "model" ? Role.ASSISTANT : Role.USER;
    const role = said === "system" ? Role.SYSTEM : isAnswer ? Role.TOOL : spoken;
    return { role, parts: list.map((part) => this.#part(part)) };
  }

  #part(part: Plain): PartInit {
    const { functionCall, functionResponse, text, thought, ...rest } = part;
    if (isObject(functionCall)) return this.#call(functionCall, rest);
    if (isObject(functionResponse)) return this.#result(functionResponse, rest, part);
    if (thought === true && typeof text === "string") {
      const { thoughtSignature, ...others } = rest;
      const value = { text, signature: stringOf(thoughtSignature), adapter: "google" };
      const options = this.#own.options("thought", others);
      return { kind: { case: "thinking", value }, ...options };
    }
    const flags = thought === true ? { ...rest, thought } : rest;
    if (typeof text === "string") return { ...textPart(text), ...this.#own.options("text", flags) };
    const [media, others] = mediaOf(flags);
    if (media === undefined) return this.#own.blockPart("part", part);
    return { ...media, ...this.#own.options("media", others) };
  }

  /** Where the provider gave no id, the product made one up. */
  #call({ id, name, args, ...others }: Plain, rest: Plain): PartInit {
    const known = {
      id: stringOf(id) || `gemini_call_${this.#calls.length + 1}`,
      name: stringOf(name),
    };
    this.#calls.push({ ...known, answered: false });
    const value = { ...known, arguments: args === undefined ? "" : JSON.stringify(args) };
    const inner = Object.keys(others).length > 0 ? { functionCall: others } : {};
    const options = this.#own.options("functionCall", { ...rest, ...inner });
    return { kind: { case: "toolCall", value }, ...options };
  }

  /** A result that answers no call of the history is for the provider alone to judge. */
  #result({ id, name, response, parts, ...others }: Plain, rest: Plain, part: Plain): PartInit {
    const open = this.#calls.filter(({ answered }) => !answered);
    const call =
      open.find((one) => one.id === id) ??
      open.find((one) => one.name === name && (id === undefined || isMadeUp(one.id)));
    if (call === undefined) return this.#own.blockPart("part", part);
    call.answered = true;
    const media = objectsOf(parts).flatMap((part) => mediaOf(part)[0] ?? []);
    const value = {
      toolCallId: call.id,
      parts: [textPart(JSON.stringify(response)), ...media],
    };
    const inner = Object.keys(others).length > 0 ? { functionResponse: others } : {};
    const options = this.#own.options("functionResponse", { ...rest, ...inner });
    return { kind: { case: "toolResult", value }, ...options };
  }
}

function isMadeUp(id: string): boolean {
  return id.startsWith("gemini_call_");
}

const kinds: ReadonlyMap<string, MediaKind> = new Map<string, MediaKind>([
  ["image", MediaKind.IMAGE],
  ["audio", MediaKind.AUDIO],
  ["video", MediaKind.VIDEO],
]);

function mediaOf({ inlineData, fileData, ...rest }: Plain): readonly [PartInit | undefined, Plain] {
  const { mimeType: said, displayName, data, fileUri } = objectOf(inlineData ?? fileData);
  const mimeType = stringOf(said);
  const kind = kinds.get(mimeType.split("/")[0] ?? "") ?? MediaKind.DOCUMENT;
  const media = (where: object): readonly [PartInit, Plain] => [
    mediaPart(kind, { mimeType, name: stringOf(displayName), ...where }),
    rest,
  ];
  if (typeof data === "string") {
    return media({ source: { case: "data", value: Buffer.from(data, "base64") } });
  }
  if (typeof fileUri !== "string") return [undefined, {}];
  return media({ source: { case: "url", value: fileUri } });
}

function toolsOf(value: unknown, own: ProviderFields): ToolInit[] {
  return partList(value).flatMap(({ functionDeclarations, ...others }) => {
    const functions = objectsOf(functionDeclarations).map((one, index) =>
      functionTool(one, index, own),
    );
    const named = Object.entries(others).map(
      ([name, tool]): ToolInit => ({ provider: own.block(`tool ${name}`, { [name]: tool }) }),
    );
    return [...functions, ...named];
  });
}

function functionTool(written: Plain, index: number, own: ProviderFields): ToolInit {
  const { name, description, parameters, parametersJsonSchema, ...rest } = written;
  const schema = parametersJsonSchema ?? parameters;
  const isNumbered = typeof objectOf(schema).type === "number";
  return {
    name: stringOf(name),
    description: stringOf(description),
    ...(isNumbered ? {} : toolSchema(schema, index)),
    ...own.options("tool", isNumbered ? { ...rest, parameters } : rest),
  };
}

const modes: ReadonlyMap<unknown, ToolChoiceMode> = new Map<unknown, ToolChoiceMode>([
  ["AUTO", ToolChoiceMode.AUTO],
  ["NONE", ToolChoiceMode.NONE],
  ["ANY", ToolChoiceMode.REQUIRED],
]);

/** Writes the choice of a tool into the request. Returns what the contract has no word for. */
function choiceOf(toolConfig: Plain, request: RequestInit): Plain {
  const { functionCallingConfig, ...rest } = toolConfig;
  const { mode: said, allowedFunctionNames, ...others } = objectOf(functionCallingConfig);
  const names: readonly unknown[] = Array.isArray(allowedFunctionNames) ? allowedFunctionNames : [];
  const mode = modes.get(said);
  const isSaid =
    Object.keys(others).length === 0 && (said === "ANY" ? names.length < 2 : names.length === 0);
  const left = Object.keys(toolConfig).length === 0 ? {} : { toolConfig };
  if (mode === undefined || !isSaid || request.tools?.length === 0) return left;
  const [name] = names;
  request.toolChoice =
    name === undefined ? { mode } : { mode: ToolChoiceMode.NAMED, name: stringOf(name) };
  return Object.keys(rest).length === 0 ? {} : { toolConfig: rest };
}

const modalities: ReadonlyMap<unknown, Modality> = new Map<unknown, Modality>([
  ["TEXT", Modality.TEXT],
  ["IMAGE", Modality.IMAGE],
  ["AUDIO", Modality.AUDIO],
]);

/** Takes what is a knob of the contract out of the configuration. */
function knobsOf(config: Unsaid): RequestInit {
  const kinds = Array.isArray(config.responseModalities)
    ? config.responseModalities.map((name) => modalities.get(name))
    : [];
  const areKnown = kinds.length > 0 && kinds.every((kind) => kind !== undefined);
  if (areKnown) delete config.responseModalities;
  const seed = Number.isSafeInteger(config.seed) ? take(config, "seed") : undefined;
  return withoutNulls({
    temperature: takeNumber(config, "temperature", 0, 2),
    topP: takeNumber(config, "topP", 0, 1),
    topK: takeNumber(config, "topK", 1, 2 ** 31 - 1),
    maxOutputTokens: takeNumber(config, "maxOutputTokens", 1, 2 ** 31 - 1),
    presencePenalty: takeNumber(config, "presencePenalty", -2, 2),
    frequencyPenalty: takeNumber(config, "frequencyPenalty", -2, 2),
    stopSequences: take(config, "stopSequences"),
    seed: seed === undefined ? undefined : BigInt(Number(seed)),
    modalities: areKnown ? kinds : undefined,
  }) as RequestInit;
}

function formatOf(config: Unsaid): RequestInit {
  const { responseMimeType: type, responseSchema, responseJsonSchema } = config;
  const schema = responseJsonSchema ?? responseSchema;
  if (type === "text/plain" && schema === undefined) {
    delete config.responseMimeType;
    return { responseFormat: { format: { case: "text", value: {} } } };
  }
  if (type !== "application/json" || typeof objectOf(schema).type === "number") return {};
  for (const name of ["responseMimeType", "responseSchema", "responseJsonSchema"])
    delete config[name];
  if (schema === undefined)
    return { responseFormat: { format: { case: "jsonObject", value: {} } } };
  const value = { schemaJson: JSON.stringify(schema) };
  return { responseFormat: { format: { case: "jsonSchema", value } } };
}

function thinkingOf(config: Unsaid): RequestInit {
  const {
    thinkingBudget: budget,
    thinkingLevel,
    includeThoughts,
    ...rest
  } = objectOf(config.thinkingConfig);
  const isKnown = Object.keys(rest).length === 0 && (budget === undefined || Number(budget) >= 0);
  if (!isKnown || config.thinkingConfig === undefined) return {};
  delete config.thinkingConfig;
  return {
    thinking: {
      effort: stringOf(thinkingLevel).toLowerCase(),
      ...(budget !== undefined && { budgetTokens: BigInt(Number(budget)) }),
      ...(typeof includeThoughts === "boolean" && { include: includeThoughts }),
    },
  };
}
