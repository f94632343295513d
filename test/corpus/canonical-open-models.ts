import { canonicalChat } from "./canonical-request.ts";
import { objectsOf, type Plain } from "./plain.ts";
import { withMarkInside } from "./read-request-openrouter.ts";

/**
 * A body for OpenRouter in one of the forms that mean the same: marks inside the content, and thinking
 * only once where it is given both as text and in details.
 */
export function canonicalOpenRouter({ messages, ...body }: Plain): Plain {
  const turns = objectsOf(messages)
    .map(withMarkInside)
    .map(({ reasoning, ...message }) =>
      message.reasoning_details === undefined ? { reasoning, ...message } : message,
    );
  return canonicalChat({ ...body, messages: turns });
}
