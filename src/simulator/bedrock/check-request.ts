import { isObject, type JSONObject, objectOr, objectsIn, textOr } from "../json.ts";
import { isSealed } from "../seal.ts";
import { findIssue } from "../shape.ts";
import type { Call } from "../wire.ts";
import { invalid, issueRefusal, refusedByModel } from "./failures.ts";
import { canCall, checkModel, isClaude } from "./models.ts";
import { blockKeys, claudeFields, converseRequest } from "./request-shape.ts";

/** Checks a request to converse as the service does. Throws Refusal. */
export function checkConverse(call: Call): void {
  const issue = findIssue(call.body, converseRequest);
  if (issue) throw issueRefusal(issue);
  checkModel(call);
  checkConversation(call.body, call.model, call.seed);
}

/** Checks messages and what belongs to them. Throws Refusal. */
export function checkConversation(body: JSONObject, model: string, seed: number): void {
  const messages = objectsIn(body.messages);
  if (messages.length === 0) throw invalid("A conversation must have at least one message.");
  checkRoles(messages, model);
  for (const [index, message] of messages.entries()) {
    for (const [at, block] of objectsIn(message.content).entries()) {
      checkBlock(block, `messages.${index}.content.${at}`, model);
    }
    checkToolTurns(messages, index);
  }
  checkTools(body, messages, model);
  checkSchema(body);
  if (isClaude(model)) checkClaude(body, messages, seed);
}

function checkRoles(messages: readonly JSONObject[], model: string): void {
  // Claude goes on from a first word of its own; neighbours of one role are one turn everywhere.
  if (messages[0]?.role !== "user" && !isClaude(model)) {
    throw invalid(
      "A conversation must start with a user message. Try again with a conversation that starts " +
        "with a user message.",
    );
  }
  for (const [index, { content }] of messages.entries()) {
    if (objectsIn(content).length > 0) continue;
    throw invalid(
      `The content field in the Message object at messages.${index} is empty. Add a ContentBlock ` +
        "object to the content field and try again.",
    );
  }
}

function checkBlock(block: JSONObject, path: string, model: string): void {
  const keys = blockKeys.filter((key) => block[key] !== undefined && block[key] !== null);
  if (keys.length !== 1) {
    throw invalid(
      `The ContentBlock object at ${path} must set one of the following keys: ` +
        `${blockKeys.join(", ")}.`,
    );
  }
  if (typeof block.text === "string" && block.text === "") {
    throw invalid(
      `The text field in the ContentBlock object at ${path} is blank. Add text to the text ` +
        "field, and try again.",
    );
  }
  const inside = objectsIn(objectOr(block.toolResult).content);
  const refused = ["video", "audio"].find((key) =>
    [block, ...inside].some((one) => one[key] !== undefined && isClaude(model)),
  );
  if (refused === undefined) return;
  throw invalid(
    `This model doesn't support the ${refused} content block that you provided. Update the ` +
      "content block and try again.",
  );
}

function idsOf(message: JSONObject | undefined, key: "toolUse" | "toolResult"): string[] {
  return objectsIn(message?.content)
    .filter((block) => isObject(block[key]))
    .map((block) => textOr(objectOr(block[key]).toolUseId));
}

/** Each use of a tool is followed by its result, and each result follows its use. */
function checkToolTurns(messages: readonly JSONObject[], index: number): void {
  const used = idsOf(messages[index], "toolUse");
  const answered = idsOf(messages[index + 1], "toolResult");
  const open = used.filter((id) => !answered.includes(id));
  if (open.length > 0 && messages[index + 1] !== undefined) {
    throw invalid(
      `Expected toolResult blocks at messages.${index + 1}.content for the following Ids: ` +
        open.join(", "),
    );
  }
  const before = idsOf(messages[index - 1], "toolUse");
  const strange = idsOf(messages[index], "toolResult").find((id) => !before.includes(id));
  if (strange === undefined) return;
  throw invalid(
    `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse ` +
      "blocks of previous turn.",
  );
}

function checkTools(body: JSONObject, messages: readonly JSONObject[], model: string): void {
  const uses = messages.some(
    (message) => [...idsOf(message, "toolUse"), ...idsOf(message, "toolResult")].length > 0,
  );
  const config = body.toolConfig ?? undefined;
  if (config === undefined) {
    if (!uses) return;
    throw invalid(
      "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
    );
  }
  if (!canCall(model)) throw invalid("This model doesn't support tool use.");
  const tools = objectsIn(objectOr(config).tools).flatMap((tool) => objectsIn([tool.toolSpec]));
  const names = tools.map(({ name }) => textOr(name));
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw invalid(`The tool name ${repeated} is already defined at toolConfig.tools.`);
  }
  const wish = textOr(objectOr(objectOr(objectOr(config).toolChoice).tool).name);
  if (wish !== "" && !names.includes(wish)) {
    throw invalid(`The toolChoice ${wish} is not among toolConfig.tools.`);
  }
}

/** The schema of an answer is text that holds JSON. */
function checkSchema(body: JSONObject): void {
  const format = objectOr(objectOr(body.outputConfig).textFormat);
  const schema = objectOr(objectOr(format.structure).jsonSchema).schema;
  if (typeof schema === "string" && !parseSchema(schema)) {
    throw invalid("The schema at outputConfig.textFormat is not valid JSON.");
  }
}

/** The schema that a text holds. Undefined: it is not JSON, or no object. */
export function parseSchema(text: string): JSONObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What Claude itself refuses. */
function checkClaude(body: JSONObject, messages: readonly JSONObject[], seed: number): void {
  const fields = objectOr(body.additionalModelRequestFields);
  const issue = findIssue(fields, claudeFields);
  if (issue) {
    const path = issue.path.filter((step) => typeof step !== "object").join(".");
    const isUnknown = issue.problem === "unknown";
    const words = isUnknown ? "Extra inputs are not permitted" : "Input should be valid";
    throw refusedByModel(`${path}: ${words}`);
  }
  for (const [index, message] of messages.entries()) {
    for (const [at, block] of objectsIn(message.content).entries()) {
      checkThought(objectOr(block.reasoningContent), `messages.${index}.content.${at}`, seed);
    }
  }
}

function checkThought(content: JSONObject, path: string, seed: number): void {
  const { reasoningText, redactedContent } = content;
  if (isObject(reasoningText)) {
    const { text, signature } = reasoningText;
    if (isSealed(seed, "signature", textOr(text), textOr(signature))) return;
    throw refusedByModel(`${path}: Invalid \`signature\` in \`thinking\` block`);
  }
  if (typeof redactedContent !== "string") return;
  const data = Buffer.from(redactedContent, "base64").toString("utf8");
  if (isSealed(seed, "redacted", "", data)) return;
  throw refusedByModel(`${path}: Invalid \`data\` in \`redacted_thinking\` block`);
}
