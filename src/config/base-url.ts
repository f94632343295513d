import { BlockList, isIP } from "node:net";

/** A base URL in its one canonical form, or what is wrong with it. */
export type BaseURL = { readonly url: string } | { readonly problem: string };

const charactersMax = 2048;
const notVisible = /[^\x21-\x7e\u00a1-\u{10ffff}]/u;
const expected = "expected an http or https URL, such as https://api.example.com/v1";

/**
 * Judges a base URL: http or https, host, optional port and path prefix, and nothing else. The host is
 * written as it will be called (`0x7f.1` is `127.0.0.1`, names in Punycode, no dot at the end), and a
 * slash at the end is dropped. Problems do not quote the URL.
 */
export function parseBaseURL(text: string): BaseURL {
  if (text.length > charactersMax) return { problem: `is longer than ${charactersMax} characters` };
  if (notVisible.test(text) || text.includes("\\")) {
    return { problem: `${expected}; spaces, control characters and \\ are not allowed` };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:\/\/[^/]/i.test(text)) return { problem: expected };
  if (authorityOf(text).includes("@")) {
    return { problem: "a user name or password in the URL is not allowed: use api_key" };
  }
  if (text.includes("?") || text.includes("#")) {
    return { problem: "a query (?) or fragment (#) is not allowed" };
  }
  url.hostname = url.hostname.replace(/\.$/, "");
  return { url: `${url.origin}${url.pathname}`.replace(/\/+$/, "") };
}

function authorityOf(text: string): string {
  return text.split("/")[2] ?? "";
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

const privateNets = new BlockList();
for (const [net, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const) {
  privateNets.addSubnet(net, prefix, "ipv4");
}
for (const [net, prefix] of [
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
] as const) {
  privateNets.addSubnet(net, prefix, "ipv6");
}

/** Whether a host, address or name, is this machine as far as its spelling tells. */
export function isLoopback(host: string): boolean {
  const bare = withoutBrackets(host).toLowerCase();
  return bare === "localhost" || bare.endsWith(".localhost") || isIn(loopback, bare);
}

/** Whether the host of a URL is this machine or in a private net, as far as its spelling tells. */
export function isPrivateURL(url: string): boolean {
  const host = withoutBrackets(new URL(url).hostname);
  if (isIP(host) !== 0) return isIn(privateNets, host);
  return isLoopback(host) || !host.includes(".") || /\.(local|internal)$/.test(host);
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

function isIn(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 4 ? "ipv4" : "ipv6");
}
