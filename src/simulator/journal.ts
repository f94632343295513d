import type { JSONValue } from "./json.ts";

/** A request that arrived, without its credentials. */
export interface SimulatedRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** Headers by lower-case name; credentials read `***`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, parsed; the text itself where it is not JSON; undefined where there is none. */
  readonly body: JSONValue | undefined;
}

/** What stands in place of a credential. */
const hidden = "***";
const credentialHeaders: ReadonlySet<string> = new Set([
  ...["authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key"],
  "x-amz-security-token",
]);
/** Shorter keys are not looked for elsewhere in a request: they would be found in any text. */
const keyCharactersMin = 8;
/** Most requests that are kept. */
const requestsMax = 1000;
/** Most bytes of bodies that are kept. The newest request is always kept. */
const bytesMax = 64 * 1024 * 1024;

/** The last requests that arrived. */
export class Journal {
  readonly #requests: { readonly request: SimulatedRequest; readonly bytes: number }[] = [];
  #bytes = 0;

  /** The requests, oldest first. */
  get requests(): readonly SimulatedRequest[] {
    return this.#requests.map(({ request }) => request);
  }

  /** Keeps a request. `body` is its text; `key` the caller's key, empty if none. */
  record(
    request: Pick<SimulatedRequest, "method" | "path" | "headers">,
    body: string,
    key: string,
  ): void {
    const hide = (text: string): string =>
      key.length < keyCharactersMin ? text : text.replaceAll(key, hidden);
    const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [
      name,
      credentialHeaders.has(name) ? hidden : hide(value),
    ]);
    const kept = {
      method: request.method,
      path: hide(request.path),
      headers: Object.fromEntries(headers),
      body: parse(hide(body)),
    };
    this.#requests.push({ request: kept, bytes: body.length });
    this.#bytes += body.length;
    while (this.#requests.length > requestsMax || this.#bytes > bytesMax) {
      if (this.#requests.length === 1) return;
      this.#bytes -= this.#requests.shift()?.bytes ?? 0;
    }
  }
}

function parse(text: string): JSONValue | undefined {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as JSONValue;
  } catch {
    return text;
  }
}
