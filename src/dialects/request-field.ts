import { ConnectorError } from "../contract/connector-error.ts";

/**
 * A path within the request as errors name it. Warnings name the field itself, such as
 * "contents[2].parts[0]"; violations name it from the call's message on: "request.contents[2]…".
 */
export function requestField(path: string): string {
  return `request.${path}`;
}

/** UNSUPPORTED_FIELD for content that a wire has no form for, and that cannot be left out. */
export function unsupportedField(path: string, description: string): ConnectorError {
  const field = requestField(path);
  return new ConnectorError("UNSUPPORTED_FIELD", `${field}: ${description}`, {
    violations: [{ field, description }],
  });
}
