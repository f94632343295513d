import { ConnectorError } from "../contract/connector-error.ts";

/** Headers that are the connection's own business. */
const ownHeaders: ReadonlySet<string> = new Set([
  ...["host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"],
  ...["expect", "te", "trailer", "content-length"],
]);

/** Names that were found fit are not judged again, up to this many. */
const judgedNamesMax = 512;
const judgedNames = new Set<string>();
const strange = "holds a character that may not be there";

/**
 * The first lines of every request to one place. Method and path must have been judged.
 */
export function requestPrefix(method: string, path: string, host: string): string {
  return (
    `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n` +
    "connection: keep-alive\r\naccept-encoding: identity\r\n"
  );
}

/**
 * A whole request as it goes over the wire, to be written as Latin-1 if it is text. Throws
 * INTERNAL_FAULT for a header that cannot be sent: one that would end its line, whose name is no
 * token, or that is the connection's own.
 */
export function requestBytes(
  prefix: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): string | Buffer {
  let head = prefix;
  for (const name in headers) {
    if (name === "accept-encoding") continue;
    const value = headers[name] ?? "";
    requireHeader(name, value);
    head += `${name}: ${value}\r\n`;
  }
  if (body === "") return `${head}\r\n`;
  const bodyBytes = Buffer.byteLength(body);
  head += `content-length: ${bodyBytes}\r\n\r\n`;
  // A body of ASCII is the same in Latin-1, and is written with the head as it is.
  if (bodyBytes === body.length) return head + body;
  return Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body)]);
}

function requireHeader(name: string, value: string): void {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw unsendable(strange);
  if (judgedNames.has(name)) return;
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw unsendable(strange);
  if (ownHeaders.has(name.toLowerCase())) throw unsendable("is the connection's own");
  if (judgedNames.size < judgedNamesMax) judgedNames.add(name);
}

function unsendable(what: string): ConnectorError {
  return new ConnectorError(
    "INTERNAL_FAULT",
    `The request to the provider cannot be written as HTTP: a header ${what}.`,
    { metadata: { phase: "headers" } },
  );
}
