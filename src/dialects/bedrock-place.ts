import { invalidField } from "../contract/connector-error.ts";
import { requestField } from "./request-field.ts";

/** Domains of partitions of AWS other than the common one, by how their regions begin. */
const domains: readonly (readonly [prefix: string, domain: string])[] = [
  ["cn-", "amazonaws.com.cn"],
  ["eusc-", "amazonaws.eu"],
  ["us-isob-", "sc2s.sgov.gov"],
  ["us-iso-", "c2s.ic.gov"],
];

/** Address of Bedrock's runtime in a region such as "eu-west-1". */
export function bedrockBaseURL(region: string): string {
  const domain = domains.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "amazonaws.com";
  return `https://bedrock-runtime.${region}.${domain}`;
}

/**
 * Path of an operation on a model: an id such as `anthropic.claude-…-v1:0`, an inference profile's
 * id, or an ARN. Throws INVALID_REQUEST for a name of dots, which would lead to another path.
 */
export function bedrockPath(model: string, operation: string): string {
  if (/^\.+$/.test(model)) throw invalidField(requestField("model"), "is no id of a model");
  return `/model/${encodeURIComponent(model)}/${operation}`;
}
