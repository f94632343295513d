import { type DestinationStream, type Logger, pino } from "pino";
import { ConnectorError } from "../contract/connector-error.ts";

/** What the server logs to. Every line passes the redactor. */
export type ServerLogger = Logger;

const causesMax = 4;

/**
 * JSON lines through `write`, secrets taken out, each with the number of the worker, if this process
 * is one. Prompts and answers are never logged; of an error
 * and its causes, name, message, reason, metadata and stack are.
 */
export function createLogger(
  level: string,
  redact: (text: string) => string,
  write: (line: string) => void,
  worker?: number,
): ServerLogger {
  const destination: DestinationStream = { write: (line) => write(redact(line)) };
  const serializers = { err: (error: unknown) => errorFacts(error, causesMax) };
  const base = worker === undefined ? null : { worker };
  return pino({ level, base, messageKey: "message", serializers }, destination);
}

function errorFacts(thrown: unknown, causesLeft: number): object {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const { name, message, stack, cause } = thrown;
  const isOurs = thrown instanceof ConnectorError;
  return {
    name,
    message,
    ...(isOurs && { reason: thrown.reason, metadata: thrown.fields.metadata }),
    stack,
    ...(cause !== undefined && causesLeft > 0 && { cause: errorFacts(cause, causesLeft - 1) }),
  };
}
