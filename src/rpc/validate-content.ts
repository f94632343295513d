import {
  type Content,
  type Part,
  type ProviderBlock,
  Role,
  type Text,
  type ToolCall,
  type ToolResult,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Limits } from "../contract/limits.ts";
import { checkDuration } from "./validate-duration.ts";
import { checkByAdapter, checkJSONText } from "./validate-json.ts";
import { checkMedia } from "./validate-media.ts";
import { checkText } from "./validate-text.ts";
import type { Violations } from "./violations.ts";

/** Checks the turns of a conversation, and that every tool result answers a call before it. */
export function checkContents(
  violations: Violations,
  field: string,
  contents: readonly Content[],
  limits: Limits,
): void {
  if (contents.length === 0) violations.add(field, "needs at least one entry");
  if (contents.length > limits.contents) {
    violations.add(field, `has ${contents.length} entries, at most ${limits.contents} are allowed`);
    return;
  }
  const checker = new ContentChecker(violations, limits);
  contents.forEach((content, index) => {
    checker.check(`${field}[${index}]`, content);
  });
}

/** Checks a block that one provider knows. */
export function checkProviderBlock(
  violations: Violations,
  field: string,
  block: ProviderBlock,
  limits: Limits,
): void {
  if (block.adapter === "") violations.add(`${field}.adapter`, "is required");
  else checkText(violations, `${field}.adapter`, block.adapter);
  checkText(violations, `${field}.type`, block.type);
  checkJSONText(violations, `${field}.json`, block.json, limits.jsonDepth);
}

class ContentChecker {
  readonly #violations: Violations;
  readonly #limits: Limits;
  /** Calls of tools so far by id: how many of them no result has answered yet. */
  readonly #unanswered = new Map<string, number>();
  /** Ids of the calls of the turn that is being checked. */
  readonly #idsOfTurn = new Set<string>();

  constructor(violations: Violations, limits: Limits) {
    this.#violations = violations;
    this.#limits = limits;
  }

  check(field: string, content: Content): void {
    const { role, message, parts, name } = content;
    this.#checkRole(field, content);
    checkText(this.#violations, `${field}.message`, message);
    checkText(this.#violations, `${field}.name`, name);
    // The empty answer of a model may come back as it was; nobody else says nothing.
    if (message === "" && parts.length === 0 && role !== Role.ASSISTANT) {
      this.#violations.add(field, "needs message or parts");
    }
    if (parts.length > this.#limits.parts) {
      const { length } = parts;
      const max = this.#limits.parts;
      this.#violations.add(`${field}.parts`, `has ${length} entries, at most ${max} are allowed`);
      return;
    }
    this.#idsOfTurn.clear();
    for (const [index, part] of parts.entries()) {
      this.#checkPart(`${field}.parts[${index}]`, part, role);
    }
  }

  #checkRole(field: string, { role, message }: Content): void {
    switch (role) {
      case Role.SYSTEM:
      case Role.USER:
      case Role.ASSISTANT:
        return;
      case Role.TOOL:
        if (message === "") return;
        this.#violations.add(`${field}.message`, "ROLE_TOOL speaks in tool_result parts");
        return;
      case Role.UNSPECIFIED:
        this.#violations.add(`${field}.role`, "is required");
        return;
      default:
        this.#violations.add(`${field}.role`, `${role} is not a role that this server knows`);
    }
  }

  #checkPart(field: string, part: Part, role: Role): void {
    const { kind } = part;
    const violations = this.#violations;
    this.#checkHints(field, part);
    if (role === Role.TOOL && kind.case !== "toolResult" && kind.case !== "provider") {
      violations.add(field, "ROLE_TOOL speaks in tool_result parts");
    }
    switch (kind.case) {
      case "text":
        this.#checkTextPart(`${field}.text`, kind.value);
        return;
      case "media":
        checkMedia(violations, `${field}.media`, kind.value);
        return;
      case "toolCall":
        this.#checkToolCall(`${field}.tool_call`, kind.value, role);
        return;
      case "toolResult":
        this.#checkToolResult(`${field}.tool_result`, kind.value, role);
        return;
      case "thinking":
        checkText(violations, `${field}.thinking.text`, kind.value.text);
        checkText(violations, `${field}.thinking.signature`, kind.value.signature);
        return;
      case "refusal":
        checkText(violations, `${field}.refusal.text`, kind.value.text);
        checkText(violations, `${field}.refusal.category`, kind.value.category);
        return;
      case "provider":
        checkProviderBlock(violations, `${field}.provider`, kind.value, this.#limits);
        return;
      case undefined:
        violations.add(field, "needs a kind that this server knows");
    }
  }

  #checkHints(field: string, { cache, providerOptions }: Part): void {
    if (cache) checkDuration(this.#violations, `${field}.cache.ttl`, cache.ttl);
    if (!providerOptions) return;
    const { jsonDepth } = this.#limits;
    checkByAdapter(this.#violations, `${field}.provider_options`, providerOptions, jsonDepth);
  }

  #checkTextPart(field: string, { text, citations }: Text): void {
    checkText(this.#violations, `${field}.text`, text);
    for (const [index, citation] of citations.entries()) {
      const at = `${field}.citations[${index}]`;
      const { type, citedText, title, url, sourceId, json } = citation;
      checkText(this.#violations, at, `${type}${citedText}${title}${url}${sourceId}`);
      if (json === "") continue;
      checkJSONText(this.#violations, `${at}.json`, json, this.#limits.jsonDepth);
    }
  }

  #checkToolCall(field: string, { id, name, arguments: args }: ToolCall, role: Role): void {
    const violations = this.#violations;
    if (role !== Role.ASSISTANT) violations.add(field, "belongs to ROLE_ASSISTANT");
    if (name === "") violations.add(`${field}.name`, "is required");
    else checkText(violations, `${field}.name`, name);
    checkText(violations, `${field}.id`, id);
    // Arguments go back as the model wrote them, whole JSON or not.
    checkText(violations, `${field}.arguments`, args);
    if (id === "") return;
    if (this.#idsOfTurn.has(id)) {
      violations.add(`${field}.id`, "is the id of another call of this turn");
    }
    this.#idsOfTurn.add(id);
    this.#unanswered.set(id, (this.#unanswered.get(id) ?? 0) + 1);
  }

  #checkToolResult(field: string, { toolCallId, parts }: ToolResult, role: Role): void {
    const violations = this.#violations;
    if (role !== Role.TOOL && role !== Role.USER) {
      violations.add(field, "belongs to ROLE_TOOL (or ROLE_USER)");
    }
    this.#answer(`${field}.tool_call_id`, toolCallId);
    if (parts.length > this.#limits.parts) {
      violations.add(`${field}.parts`, `has more than ${this.#limits.parts} entries`);
      return;
    }
    for (const [index, part] of parts.entries()) {
      const at = `${field}.parts[${index}]`;
      const { kind } = part;
      this.#checkHints(at, part);
      if (kind.case === "text") this.#checkTextPart(`${at}.text`, kind.value);
      else if (kind.case === "media") checkMedia(violations, `${at}.media`, kind.value);
      else if (kind.case === "provider") {
        checkProviderBlock(violations, `${at}.provider`, kind.value, this.#limits);
      } else violations.add(at, "must be text, media or provider");
    }
  }

  // Some models use the same ids in every turn, so each call is answered once, not each id.
  #answer(field: string, id: string): void {
    const unanswered = this.#unanswered.get(id);
    if (id === "") this.#violations.add(field, "is required");
    else if (unanswered === undefined) {
      this.#violations.add(field, "answers no tool call before it");
    } else if (unanswered === 0) this.#violations.add(field, "was answered before");
    else this.#unanswered.set(id, unanswered - 1);
  }
}
