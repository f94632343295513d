import { inspect } from "node:util";
import { onTestFinished } from "vitest";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import type { Credentials } from "../../src/contract/credentials.ts";
import type { Secret } from "../../src/contract/secret.ts";
import type { CredentialEnvironment, CredentialSource } from "../../src/http/credential-source.ts";
import type { HttpRequest } from "../../src/http/http-client.ts";
import { post, rawUpstream } from "./http.ts";
import type { RawRequest } from "./raw-upstream.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** An answer of who gives out tokens. */
export interface IssuerAnswer {
  /** An object is sent as JSON. */
  readonly body: object | string;
  /** Default: "200 OK". */
  readonly status?: string;
}

/** Someone who gives out tokens, on a real socket, and remembers who asked. */
export class FakeIssuer {
  /** Its origin. */
  readonly url: string;
  /** Every question so far. */
  readonly requests: RawRequest[];
  #answer: (request: RawRequest) => IssuerAnswer | Promise<IssuerAnswer>;

  private constructor(url: string, requests: RawRequest[]) {
    this.url = url;
    this.requests = requests;
    this.#answer = () => ({ body: {} });
  }

  static async start(): Promise<FakeIssuer> {
    const requests: RawRequest[] = [];
    let issuer: FakeIssuer | undefined;
    const upstream = await rawUpstream(async (connection) => {
      const request = await connection.request();
      requests.push(request);
      const { body, status = "200 OK" } = (await issuer?.answerTo(request)) ?? { body: {} };
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const length = Buffer.byteLength(text);
      await connection.send(`HTTP/1.1 ${status}\r\ncontent-length: ${length}\r\n\r\n${text}`);
    });
    issuer = new FakeIssuer(upstream.url, requests);
    return issuer;
  }

  /** Sets how it answers from now on. */
  answers(answer: (request: RawRequest) => IssuerAnswer | Promise<IssuerAnswer>): void {
    this.#answer = answer;
  }

  /** Numbers tokens, each good for so long, s. */
  givesTokens(lifetimeSeconds: number): void {
    let count = 0;
    this.answers(() => ({
      body: { access_token: `token-${++count}`, expires_in: lifetimeSeconds, token_type: "Bearer" },
    }));
  }

  async answerTo(request: RawRequest): Promise<IssuerAnswer> {
    return await this.#answer(request);
  }

  /** The form of a question, the last one unless said. */
  form(index = -1): Readonly<Record<string, string>> {
    return Object.fromEntries(new URLSearchParams(this.requests.at(index)?.body));
  }
}

/** A scheme in virtual time, and what it told of secrets. */
export class CredentialScene {
  readonly clock: VirtualClock = new VirtualClock();
  readonly learned: string[] = [];
  readonly source: CredentialSource;

  constructor(make: (environment: CredentialEnvironment) => CredentialSource) {
    const learn = (secret: Secret): void => {
      this.learned.push(secret.reveal());
    };
    this.source = make({ clock: this.clock, learn });
  }

  /** The headers for a request to a provider; its fields may be given. */
  async headers(
    credentials?: Credentials,
    fields: Partial<HttpRequest> = {},
  ): Promise<Readonly<Record<string, string>>> {
    const request = post("https://provider.test", fields);
    return await this.source.headers(request, { credentials, region: "" });
  }

  /** What asking for headers fails with, and all that it shows. */
  async failure(
    credentials?: Credentials,
  ): Promise<{ readonly error: ConnectorError; readonly shown: string }> {
    try {
      await this.headers(credentials);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return { error, shown: inspect(error, { depth: 9 }) };
    }
    throw new Error("it did not fail");
  }
}

/** A promise that a test fulfils, and that is fulfilled when the test is over. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  onTestFinished(() => resolve());
  return { opened: promise, open: resolve };
}
