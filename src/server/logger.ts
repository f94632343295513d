import { type DestinationStream, type Logger, pino } from "pino";

/** What the server logs to. Every line passes the redactor. */
export type ServerLogger = Logger;

/**
 * JSON lines through `write`, secrets taken out. Prompts and answers are never logged; of an error its
 * name, message, reason and stack are.
 */
export function createLogger(
  level: string,
  redact: (text: string) => string,
  write: (line: string) => void,
): ServerLogger {
  const destination: DestinationStream = { write: (line) => write(redact(line)) };
  return pino({ level, base: null, messageKey: "message" }, destination);
}
