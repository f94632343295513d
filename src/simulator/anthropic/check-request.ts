import { type JSONObject, numberIn, objectOr, objectsIn, textOr } from "../json.ts";
import type { Call } from "../wire.ts";
import { checkMessages } from "./check-messages.ts";
import { invalid } from "./failures.ts";
import { resolveModel, takesKnobs } from "./models.ts";
import { issueText, type RequestUse, requestIssue } from "./request-shape.ts";

const cacheMarksMax = 4;

/**
 * Checks a request as the provider does, and returns the name of the model it reports. Throws
 * Refusal.
 */
export function checkRequest({ body, headers, seed }: Call, use: RequestUse): string {
  if (!headers["anthropic-version"]) throw invalid("anthropic-version: header is required");
  const issue = requestIssue(body, use, headers["anthropic-beta"] !== undefined);
  if (issue) throw invalid(issueText(issue));
  const model = resolveModel(textOr(body.model));
  checkTools(body);
  checkThinking(body, model);
  checkKnobs(body, model);
  const marks = countCacheMarks(body);
  if (marks > cacheMarksMax) {
    throw invalid(
      `A maximum of ${cacheMarksMax} blocks with cache_control may be provided. Found ${marks}.`,
    );
  }
  checkMessages(body, model, seed);
  return model;
}

function checkTools(body: JSONObject): void {
  const names = objectsIn(body.tools).map((tool) => textOr(tool.name));
  if (new Set(names).size < names.length) throw invalid("tools: Tool names must be unique.");
  const wish = objectOr(body.tool_choice);
  if (wish.type === "tool" && !names.includes(textOr(wish.name))) {
    throw invalid(`Tool '${textOr(wish.name)}' not found in provided tools`);
  }
  if (body.tool_choice && names.length === 0) {
    throw invalid("tool_choice: may only be specified while providing tools.");
  }
}

function checkThinking(body: JSONObject, model: string): void {
  const thinking = objectOr(body.thinking);
  const budget = numberIn(thinking.budget_tokens);
  if (budget === undefined) return;
  const wish = textOr(objectOr(body.tool_choice).type);
  if (wish === "any" || wish === "tool") {
    throw invalid("Thinking may not be enabled when tool_choice forces tool use.");
  }
  if (!takesKnobs(model)) {
    throw invalid("thinking.enabled: this model takes adaptive thinking only");
  }
  if (budget >= (numberIn(body.max_tokens) ?? Number.POSITIVE_INFINITY)) {
    throw invalid("`max_tokens` must be greater than `thinking.budget_tokens`.");
  }
  if ((numberIn(body.temperature) ?? 1) !== 1) {
    throw invalid("`temperature` may only be set to 1 when thinking is enabled.");
  }
}

function checkKnobs(body: JSONObject, model: string): void {
  if (takesKnobs(model)) return;
  for (const name of ["temperature", "top_p", "top_k"]) {
    if (body[name] !== undefined) throw invalid(`\`${name}\` is deprecated for this model.`);
  }
}

function countCacheMarks(body: JSONObject): number {
  const blocks = [
    ...objectsIn(body.tools),
    ...objectsIn(body.system),
    ...objectsIn(body.messages).flatMap((message) => objectsIn(message.content)),
  ];
  return blocks.filter((block) => block.cache_control).length;
}
