import { isObject, objectOf, objectsOf, type Plain } from "./plain.ts";
import { withoutNulls } from "./request-draft.ts";

/**
 * A body of Converse in one of the forms that mean the same: neighbours of one role as one turn,
 * nothing that is empty or the default, the schema of an answer as what it means.
 */
export function canonicalConverse(body: Plain): Plain {
  const { messages, system, toolConfig, outputConfig, ...rest } = body;
  return withoutEmpty({
    ...rest,
    inferenceConfig: withoutEmpty(objectOf(rest.inferenceConfig)),
    messages: turnsOf(objectsOf(messages)),
    system: blocksOf(system),
    toolConfig: withoutEmpty(objectOf(toolConfig)),
    outputConfig: isObject(outputConfig) ? withParsedSchema(outputConfig) : undefined,
  });
}

function turnsOf(messages: readonly Plain[]): readonly Plain[] {
  const turns: { role: unknown; content: Plain[] }[] = [];
  for (const { role, content } of messages) {
    const last = turns.at(-1);
    if (last !== undefined && last.role === role) last.content.push(...blocksOf(content));
    else turns.push({ role, content: [...blocksOf(content)] });
  }
  return turns;
}

function blocksOf(content: unknown): readonly Plain[] {
  return objectsOf(content)
    .filter(({ text }) => text !== "")
    .map((block) => {
      if (!isObject(block.toolResult)) return withoutNulls(block);
      const { status, content: inner, ...rest } = block.toolResult;
      const told = status === "success" ? {} : { status };
      return { toolResult: withoutNulls({ ...rest, ...told, content: blocksOf(inner) }) };
    });
}

/** The schema goes as text, whose spaces say nothing. */
function withParsedSchema(outputConfig: Plain): Plain {
  return JSON.parse(JSON.stringify(outputConfig), (name, value: unknown) =>
    name === "schema" && typeof value === "string" ? JSON.parse(value) : value,
  ) as Plain;
}

/** Without members that are null, an empty list or an empty object. */
function withoutEmpty(object: Plain): Plain {
  const isEmpty = (value: unknown): boolean =>
    value === null || (typeof value === "object" && Object.keys(value).length === 0);
  return Object.fromEntries(
    Object.entries(withoutNulls(object)).filter(([, value]) => !isEmpty(value)),
  );
}
