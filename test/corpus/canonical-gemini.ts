import { isObject, objectOf, objectsOf, type Plain, stringOf } from "./plain.ts";
import { withoutNulls } from "./request-draft.ts";

/** Members whose own members are data or names of somebody else's: they stay as they are. */
const foreign: ReadonlySet<string> = new Set([
  ...["args", "response", "labels", "default", "example", "enum", "const"],
]);

/** Members whose members have free names and hold what is written in the API's words. */
const named: ReadonlySet<string> = new Set(["properties", "$defs", "defs"]);

/** A body with its members as the API's documentation writes them; it takes snake case as well. */
export function camelMembers(body: Plain): Plain {
  return objectOf(camel(body, false));
}

function camel(value: unknown, isNamed: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => camel(item, false));
  if (!isObject(value)) return value;
  const members = Object.entries(value)
    .filter(([, member]) => member !== null && member !== undefined)
    .map(([written, member]) => {
      const isData = !isNamed && foreign.has(written) && !isSchema(written, value);
      const name = isNamed
        ? written
        : written.replace(/_([a-z])/g, (_, next) => next.toUpperCase());
      return [name, isData ? member : camel(member, !isNamed && named.has(written))];
    });
  return Object.fromEntries(members);
}

/** `response` of a declared function is a schema; that of a result is data. */
function isSchema(name: string, { parameters, description, args }: Plain): boolean {
  return name === "response" && (parameters ?? description) !== undefined && args === undefined;
}

/**
 * A body of `generateContent` in one of the forms that mean the same: members in camel case, no
 * nulls and no empty texts, turns as `messages`, texts that stand side by side as one, a schema
 * under either of its names, all functions in one tool.
 */
export function canonicalGemini(body: Plain): Plain {
  const {
    contents,
    systemInstruction,
    tools,
    generationConfig,
    model: _,
    ...rest
  } = camelMembers(body);
  const config = configOf(objectOf(generationConfig));
  const words = partsOf(objectOf(systemInstruction).parts ?? systemInstruction);
  const system = words.filter(({ text }) => text !== "");
  return withoutEmpty({
    ...rest,
    messages: joinedResults((isObject(contents) ? [contents] : objectsOf(contents)).map(turnOf)),
    system,
    tools: toolsOf(tools),
    generationConfig: Object.keys(config).length > 0 ? config : undefined,
  });
}

/** The same for Vertex AI, which refuses ids of calls in its first version, and gives none. */
export function canonicalGeminiOnVertex(body: Plain): Plain {
  const canonical = canonicalGemini(body);
  const messages = objectsOf(canonical.messages).map((turn) => ({
    ...turn,
    content: objectsOf(turn.content).map(withoutCallID),
  }));
  return { ...canonical, messages };
}

function withoutCallID(part: Plain): Plain {
  const entries = Object.entries(part).map(([name, member]) => {
    const { id: _, ...rest } = objectOf(member);
    return name === "functionCall" || name === "functionResponse" ? [name, rest] : [name, member];
  });
  return Object.fromEntries(entries);
}

interface Turn extends Plain {
  readonly role: string;
  readonly content: readonly Plain[];
}

function turnOf({ role, parts }: Plain): Turn {
  return { role: role === "model" ? "assistant" : "user", content: partsOf(parts) };
}

/** Results of one step may come in a turn each, or all in one. */
function joinedResults(turns: readonly Turn[]): readonly Turn[] {
  const joined: Turn[] = [];
  const isResults = ({ content }: Turn): boolean =>
    content.length > 0 && content.every(({ functionResponse }) => functionResponse !== undefined);
  for (const turn of turns) {
    const last = joined.at(-1);
    if (last === undefined || !isResults(last) || !isResults(turn)) joined.push(turn);
    else joined[joined.length - 1] = { ...last, content: [...last.content, ...turn.content] };
  }
  return joined;
}

function partsOf(value: unknown): readonly Plain[] {
  const list = typeof value === "string" ? [{ text: value }] : isObject(value) ? [value] : value;
  const all = objectsOf(list).map(partOf);
  if (all.length === 1) return all;
  const parts: Plain[] = [];
  for (const part of all) {
    const last = parts.at(-1);
    if (last !== undefined && areJoined(last, part))
      parts[parts.length - 1] = joinedText(last, part);
    else if (part.text !== "" || Object.keys(part).length > 1) parts.push(part);
  }
  return parts;
}

function partOf({ thought, thoughtSignature, inlineData, functionCall, ...part }: Plain): Plain {
  const signature = stringOf(thoughtSignature);
  const { args, ...call } = objectOf(functionCall);
  const isCalledWith = Object.keys(objectOf(args)).length > 0;
  return {
    ...part,
    ...(isObject(functionCall) && { functionCall: isCalledWith ? { ...call, args } : call }),
    ...(isObject(inlineData) && {
      inlineData: { ...inlineData, data: plainBase64(stringOf(inlineData.data)) },
    }),
    ...(thought === true && { thought }),
    ...(signature !== "" && { signature: plainBase64(signature) }),
  };
}

/** Base64 in one of its two alphabets, without what only fills it up. */
function plainBase64(text: string): string {
  return text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
}

/** Clients that read a stream join its texts, and put the signature of one of them on all. */
function areJoined(last: Plain, part: Plain): boolean {
  const isText = ({ text, thought, signature, ...rest }: Plain): boolean =>
    typeof text === "string" && Object.keys(rest).length === 0;
  return isText(last) && isText(part) && last.thought === part.thought;
}

function joinedText(last: Plain, part: Plain): Plain {
  const signatures = [last.signature, part.signature].filter((one) => one !== undefined);
  return withoutNulls({
    ...last,
    text: stringOf(last.text) + stringOf(part.text),
    signature: signatures.length > 0 ? signatures.join("|") : undefined,
  });
}

function configOf(config: Plain): Plain {
  const { responseSchema, responseJsonSchema, thinkingConfig, ...rest } = config;
  const { thinkingLevel, ...thinking } = objectOf(thinkingConfig);
  const level = stringOf(thinkingLevel).toLowerCase() || undefined;
  return withoutEmpty({
    ...rest,
    schema: schemaOf(responseJsonSchema ?? responseSchema),
    thinkingConfig: thinkingConfig && withoutNulls({ ...thinking, thinkingLevel: level }),
  });
}

function toolsOf(value: unknown): readonly Plain[] {
  const tools = isObject(value) ? [value] : objectsOf(value);
  const functions = tools.flatMap(({ functionDeclarations }) =>
    objectsOf(functionDeclarations).map(functionOf),
  );
  const others = tools
    .map(({ functionDeclarations: _, ...tool }) => tool)
    .filter((tool) => Object.keys(tool).length > 0);
  return functions.length > 0 ? [{ functionDeclarations: functions }, ...others] : others;
}

function functionOf({ parameters, parametersJsonSchema, description, ...rest }: Plain): Plain {
  return withoutNulls({
    ...rest,
    description: description === "" ? undefined : description,
    parameters: schemaOf(parametersJsonSchema ?? parameters),
  });
}

/** A schema with its types in small letters. */
function schemaOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(schemaOf);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === "type" && typeof member === "string" ? member.toLowerCase() : schemaOf(member),
    ]),
  );
}

/** Without members that are null or an empty list. */
function withoutEmpty(object: Plain): Plain {
  const said = Object.entries(withoutNulls(object));
  return Object.fromEntries(said.filter(([, value]) => !Array.isArray(value) || value.length > 0));
}
