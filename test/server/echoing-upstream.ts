import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A way in which a provider shows a key that it was sent. `key` gives the answer for a key. */
export interface Echo {
  readonly name: string;
  readonly status: number;
  /** Default: JSON. */
  readonly contentType?: string;
  headers?(key: string): Readonly<Record<string, string>>;
  body(key: string): string;
}

function failure(error: object): string {
  return JSON.stringify({ type: "error", error });
}

function event(type: string, more: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
}

const message = { id: "msg_1", role: "assistant", model: "m", content: [], usage: {} };
const begun =
  event("message_start", { message }) +
  event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }) +
  event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "Hello" } });

/** Everything a provider could do to a key. */
export const echoes: readonly Echo[] = [
  {
    name: "the message of an error",
    status: 401,
    body: (key) => failure({ type: "authentication_error", message: `wrong key: ${key}` }),
  },
  {
    name: "every field of an error",
    status: 400,
    body: (key) => failure({ type: key, code: key, param: key, message: key, request_id: key }),
  },
  {
    name: "an error in base64 and percent encoding",
    status: 403,
    body: (key) =>
      failure({
        type: "permission_error",
        message: `${Buffer.from(`user:${key}`).toString("base64")} ${encodeURIComponent(key)}`,
      }),
  },
  {
    name: "headers of an error",
    status: 429,
    headers: (key) => ({
      "request-id": key,
      "x-request-id": key,
      "retry-after": key,
      "www-authenticate": `Bearer ${key}`,
      "anthropic-ratelimit-requests-remaining": key,
    }),
    body: () => failure({ type: "rate_limit_error", message: "slow down" }),
  },
  {
    name: "a page",
    status: 502,
    contentType: "text/html",
    body: (key) => `<h1>Bad gateway</h1><pre>x-api-key: ${key}</pre>`,
  },
  {
    name: "a redirect",
    status: 302,
    headers: (key) => ({ location: `https://example.com/?api_key=${encodeURIComponent(key)}` }),
    body: () => "",
  },
  {
    name: "an error inside a success",
    status: 200,
    body: (key) => failure({ type: "api_error", message: `broke over ${key}` }),
  },
  { name: "what is no JSON", status: 200, body: (key) => `key ${key} {` },
  { name: "a wrong shape", status: 200, body: (key) => JSON.stringify({ [key]: [key] }) },
  {
    name: "the content type",
    status: 200,
    headers: (key) => ({ "content-type": `text/event-stream; key="${key}"` }),
    body: (key) => `data: ${key}\n\n`,
  },
  {
    name: "an error in a stream",
    status: 200,
    contentType: "text/event-stream",
    body: (key) =>
      begun + event("error", { error: { type: "overloaded_error", message: `with ${key}` } }),
  },
  {
    name: "broken JSON in a stream",
    status: 200,
    contentType: "text/event-stream",
    body: (key) => `${begun}event: ${key}\nid: ${key}\ndata: {"${key}\n\n`,
  },
  {
    name: "the headers of a stream that is cut",
    status: 200,
    contentType: "text/event-stream",
    headers: (key) => ({ "request-id": key, "x-request-id": key }),
    body: () => begun,
  },
];

/** A provider that shows the key of each request by the echo that the request's text names. */
export async function startEchoingUpstream(): Promise<{
  readonly url: string;
  /** Requests that were answered with a key. */
  readonly echoed: () => number;
  close(): void;
}> {
  let echoed = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const bearer = request.headers.authorization?.replace(/^Bearer /, "");
    const key = [request.headers["x-api-key"] ?? bearer].flat()[0] ?? "";
    const echo = echoes.find(({ name }) => body.includes(`<${name}>`));
    if (echo === undefined || key === "") throw new Error(`no echo: ${body}`);
    echoed += 1;
    const contentType = echo.contentType ?? "application/json";
    response.writeHead(echo.status, { "content-type": contentType, ...echo.headers?.(key) });
    response.end(echo.body(key));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    echoed: () => echoed,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
