import { BlockList, isIP } from "node:net";
import { isForbiddenHost } from "../contract/address.ts";

/** A base URL in its one canonical form, or what is wrong with it. */
export type BaseURL = { readonly url: string } | { readonly problem: string };

const charactersMax = 2048;
const notVisible = /[^\x21-\x7e\u00a1-\u{10ffff}]/u;
const expected = "expected an http or https URL, such as https://api.example.com/v1";

/**
 * Judges a base URL: http or https, host, optional port and path prefix, and nothing else. The host
 * is written as it will be called (`0x7f.1` is `127.0.0.1`, names in Punycode, no dot at the end),
 * and a slash at the end is dropped. Problems do not quote the URL.
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

/** Whether a host to listen on is reached from this machine only. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return /^(.+\.)?localhost$/i.test(host);
  return loopback.check(host, family === 4 ? "ipv4" : "ipv6");
}

/** Whether calls to a canonical URL are refused unless its target allows private addresses. */
export function needsAllowPrivate(url: string): boolean {
  return isForbiddenHost(new URL(url).hostname);
}

/** Whether the host of a canonical URL is in a private net, as far as its spelling tells. */
export function isPrivateURL(url: string): boolean {
  const { hostname } = new URL(url);
  return isForbiddenHost(hostname) || /^[\w-]+$|\.(local|internal|lan)$/.test(hostname);
}
