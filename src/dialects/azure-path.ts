import type { Place } from "../contract/adapter.ts";

/** An operation of Azure OpenAI. */
export type AzureOperation = "chat/completions" | "responses";

/**
 * Path and query of an operation of Azure OpenAI. A dated version of the API, such as "2024-10-21",
 * has the older paths, where a chat names its deployment; any other has those of the v1 API, where
 * a version may be left out.
 */
export function azureOpenAIPath(
  place: Place | undefined,
  deployment: string,
  operation: AzureOperation,
): string {
  const version = place?.apiVersion ?? "";
  const query = version === "" ? "" : `?api-version=${encodeURIComponent(version)}`;
  if (!isDated(version)) return `/openai/v1/${operation}${query}`;
  if (operation === "responses") return `/openai/responses${query}`;
  return `/openai/deployments/${encodeURIComponent(deployment)}/${operation}${query}`;
}

/**
 * Whether a version of the API is older than chats that take `max_completion_tokens` and
 * `stream_options`: they came with 2024-09-01-preview.
 */
export function isEarlyAzureVersion(place: Place | undefined): boolean {
  const version = place?.apiVersion ?? "";
  return isDated(version) && version < "2024-09-01";
}

function isDated(version: string): boolean {
  return /^\d{4}-\d{2}-\d{2}/.test(version);
}
