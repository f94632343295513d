import { create } from "@bufbuild/protobuf";
import {
  ContentSchema,
  type LLMRequest,
  LLMRequestSchema,
  Role,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { invalidField } from "../contract/connector-error.ts";
import type { ContentInput, LLMRequestInput, RoleWord } from "../contract/llm.ts";

const roles: ReadonlyMap<string, Role> = new Map<RoleWord, Role>([
  ["system", Role.SYSTEM],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
  ["tool", Role.TOOL],
]);

/** Throws INVALID_REQUEST for a role that is none of the words. */
export function checkRoles({ contents = [] }: LLMRequestInput): void {
  for (const [index, { role }] of contents.entries()) {
    if (roleOf(role) !== undefined) continue;
    const words = [...roles.keys()].join(", ");
    throw invalidField(`request.contents[${index}].role`, `expected one of ${words}`);
  }
}

/**
 * The message of a request. `model` is the one where it names none. A role that is none of the
 * words is left out, which whoever carries the request out refuses.
 */
export function requestMessage(
  { contents = [], ...input }: LLMRequestInput,
  model: string,
): LLMRequest {
  return create(LLMRequestSchema, {
    ...input,
    model: input.model || model,
    contents: contents.map(({ role, ...content }) =>
      create(ContentSchema, { ...content, role: roleOf(role) ?? Role.UNSPECIFIED }),
    ),
  });
}

function roleOf(role: ContentInput["role"]): Role | undefined {
  return typeof role === "string" ? roles.get(role) : role;
}
