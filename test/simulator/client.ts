import type { Simulator } from "../../src/simulator/simulator.ts";

/** What a simulator answered, read to its end. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON. Throws if it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  json(): any;
  /** The data of each server-sent event; events that are not JSON are left out. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape.
  events(): any[];
}

const anthropicHeaders = {
  "x-api-key": "sk-ant-test-0123456789",
  "anthropic-version": "2023-06-01",
};
const openaiHeaders = { authorization: "Bearer sk-test-0123456789abcdef" };

/** Sends a body to a path, with the headers of the path's provider, and reads the whole answer. */
export async function post(
  simulator: Simulator,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const usual = path.startsWith("/v1/messages") ? anthropicHeaders : openaiHeaders;
  const response = await fetch(simulator.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...usual, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    redirect: "manual",
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: () => JSON.parse(text),
    events: () =>
      text
        .split(/\r?\n/)
        .filter((line) => line.startsWith("data: {"))
        .map((line) => JSON.parse(line.slice(6))),
  };
}

/** A request to `/v1/messages` that says one thing. */
export function message(text: string, more: object = {}): object {
  const messages = [{ role: "user", content: text }];
  return { model: "claude-haiku-4-5", max_tokens: 4000, messages, ...more };
}

/** A request to `/v1/chat/completions` that says one thing. */
export function chat(text: string, more: object = {}): object {
  return { model: "gpt-4o", messages: [{ role: "user", content: text }], ...more };
}

/** A request to `/v1/responses` that says one thing. */
export function responses(text: string, more: object = {}): object {
  return { model: "gpt-4o", input: text, ...more };
}

/** Each wire: its path, and a request that says one thing. */
export const wires: readonly [path: string, request: (text: string, more?: object) => object][] = [
  ["/v1/messages", message],
  ["/v1/chat/completions", chat],
  ["/v1/responses", responses],
];

/** Waits, turn by turn of the event loop, until something is so. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
