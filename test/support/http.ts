import { onTestFinished } from "vitest";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { defaultLimits, type Limits } from "../../src/contract/limits.ts";
import type { ConnectorOptions } from "../../src/http/connector.ts";
import { HttpClient, type HttpRequest } from "../../src/http/http-client.ts";
import { RawUpstream, type Script } from "./raw-upstream.ts";

/** A client that is closed when the test is over. */
export function httpClient(limits: Partial<Limits> = {}, options?: ConnectorOptions): HttpClient {
  const client = new HttpClient({ ...defaultLimits, ...limits }, options);
  onTestFinished(() => client.close());
  return client;
}

/**
 * A scripted upstream that is closed when the test is over; what its scripts threw fails the test.
 */
export async function rawUpstream(
  ...given: Parameters<typeof RawUpstream.listen>
): Promise<RawUpstream> {
  const upstream = await RawUpstream.listen(...given);
  onTestFinished(async () => {
    await upstream.close();
    if (upstream.failures.length > 0) throw new AggregateError(upstream.failures, "upstream");
  });
  return upstream;
}

/** A script that answers each request of a connection with the same. */
export function answering(body: string | Uint8Array, headers = "", status = "200 OK"): Script {
  return async (connection) => {
    for (;;) {
      if ((await answered(connection.answer(body, headers, status))) === undefined) return;
    }
  };
}

async function answered<T>(request: Promise<T>): Promise<T | undefined> {
  return request.catch(() => undefined);
}

/** A POST of `{}` to a private address; fields given win. */
export function post(url: string, fields: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/json" },
    body: "{}",
    signal: new AbortController().signal,
    allowPrivate: true,
    ...fields,
  };
}

/** What a promise rejects with. Fails if it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => Promise.reject(new Error("The promise was resolved.")),
    (error: unknown) => error,
  );
}

/** The ConnectorError a promise rejects with. */
export async function connectorError(promise: Promise<unknown>): Promise<ConnectorError> {
  const error = await rejection(promise);
  if (error instanceof ConnectorError) return error;
  throw error;
}

/** The pieces of a body, to its end. */
export async function piecesOf(body: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return pieces;
}

/** The body as text, to its end. */
export async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await piecesOf(body)).toString();
}

/** Resolves when a condition holds, looked at once a turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
