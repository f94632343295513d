/**
 * Who may be called at an address. `private`: only where a target allows it (loopback, private,
 * link-local, carrier and documentation ranges). `never`: nobody, whatever a target allows
 * (metadata services of clouds, multicast, broadcast).
 */
export type AddressKind = "public" | "private" | "never";

type Range4 = readonly [network: string, prefixLength: number, kind: AddressKind];
type Range6 = readonly [network: string, prefixLength: number, kind: Kind6];
type Kind6 = AddressKind | "judge-last-32-bits";

// IANA IPv4 Special-Purpose Address Registry, and the addresses at which clouds hand out
// credentials. The first range that matches counts.
const ranges4: readonly Range4[] = [
  ["100.100.100.200", 32, "never"],
  ["168.63.129.16", 32, "never"],
  ["169.254.169.254", 32, "never"],
  ["169.254.169.253", 32, "never"],
  ["169.254.170.2", 32, "never"],
  ["169.254.170.23", 32, "never"],
  ["192.0.0.192", 32, "never"],
  ["224.0.0.0", 4, "never"],
  ["255.255.255.255", 32, "never"],
  ["0.0.0.0", 8, "private"],
  ["10.0.0.0", 8, "private"],
  ["100.64.0.0", 10, "private"],
  ["127.0.0.0", 8, "private"],
  ["169.254.0.0", 16, "private"],
  ["172.16.0.0", 12, "private"],
  ["192.0.0.0", 24, "private"],
  ["192.0.2.0", 24, "private"],
  ["192.88.99.0", 24, "private"],
  ["192.168.0.0", 16, "private"],
  ["198.18.0.0", 15, "private"],
  ["198.51.100.0", 24, "private"],
  ["203.0.113.0", 24, "private"],
  ["240.0.0.0", 4, "private"],
];

// IANA IPv6 Special-Purpose Address Registry. What no range holds is private: only global unicast
// is public. Mapped and NAT64 addresses are judged by the IPv4 address they carry; 6to4 and Teredo
// lead through relays of strangers.
const ranges6: readonly Range6[] = [
  ["fd00:ec2::254", 128, "never"],
  ["fd00:ec2::253", 128, "never"],
  ["fd00:ec2::23", 128, "never"],
  ["fd20:ce::254", 128, "never"],
  ["ff00::", 8, "never"],
  ["::ffff:0:0", 96, "judge-last-32-bits"],
  ["64:ff9b::", 96, "judge-last-32-bits"],
  ["2001::", 23, "private"],
  ["2001:db8::", 32, "private"],
  ["2002::", 16, "private"],
  ["3fff::", 20, "private"],
  ["2000::", 3, "public"],
];

const metadataHosts: ReadonlySet<string> = new Set([
  "instance-data",
  "instance-data.ec2.internal",
  "metadata",
  "metadata.azure.internal",
  "metadata.goog",
  "metadata.google.internal",
  "metadata.oraclecloud.com",
  "metadata.tencentyun.com",
]);

const networks4 = ranges4.map(
  ([network, length, kind]) => [value4(network), masked(32, length), kind] as const,
);
const networks6 = ranges6.map(
  ([network, length, kind]) => [value6(network), masked(128, length), kind] as const,
);

/**
 * Judges an IP address as a resolver writes it: dotted IPv4, or IPv6 in any notation, with or
 * without a zone. What is no address is `never`.
 */
export function addressKind(address: string): AddressKind {
  const canonical = canonicalHost(address);
  return (canonical === undefined ? undefined : literalKind(canonical)) ?? "never";
}

/**
 * Judges a host name or literal address by itself, without a resolver: forbidden are addresses that
 * are not public, in any notation a URL can have, `localhost` and the well-known names of metadata
 * services. A name that passes may still resolve to a forbidden address. What is no host (a port or
 * a path belongs to none) is forbidden.
 */
export function isForbiddenHost(host: string): boolean {
  const canonical = canonicalHost(host);
  if (canonical === undefined) return true;
  const kind = literalKind(canonical);
  if (kind !== undefined) return kind !== "public";
  const name = canonical.endsWith(".") ? canonical.slice(0, -1) : canonical;
  return name === "localhost" || name.endsWith(".localhost") || metadataHosts.has(name);
}

/** The host as a URL writes it: lower case, punycode, IPv4 dotted, IPv6 in brackets. */
function canonicalHost(host: string): string | undefined {
  if (!host.includes(":")) {
    return /[/?#@\\]/.test(host) ? undefined : URL.parse(`http://${host}/`)?.hostname;
  }
  const inner = /^\[?([0-9a-fA-F:.]+)(?:%[^\]]*)?\]?$/.exec(host)?.[1];
  return inner === undefined ? undefined : URL.parse(`http://[${inner}]/`)?.hostname;
}

/** The kind of a canonical literal; undefined for a name. */
function literalKind(canonical: string): AddressKind | undefined {
  if (canonical.startsWith("[")) return kind6(value6(canonical.slice(1, -1)));
  return /^\d+\.\d+\.\d+\.\d+$/.test(canonical) ? kind4(value4(canonical)) : undefined;
}

function kind4(value: bigint): AddressKind {
  for (const [network, mask, kind] of networks4) {
    if ((value & mask) === network) return kind;
  }
  return "public";
}

function kind6(value: bigint): AddressKind {
  for (const [network, mask, kind] of networks6) {
    if ((value & mask) !== network) continue;
    return kind === "judge-last-32-bits" ? kind4(value & 0xffff_ffffn) : kind;
  }
  return "private";
}

function masked(bits: number, length: number): bigint {
  return ((1n << BigInt(length)) - 1n) << BigInt(bits - length);
}

/** A dotted IPv4 address as a number. */
function value4(dotted: string): bigint {
  return dotted.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** An IPv6 address in hexadecimal groups, shortened or not, as a number. */
function value6(text: string): bigint {
  const [head = "", tail = ""] = text.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === "" ? [] : tail.split(":");
  const gap = new Array<string>(8 - first.length - last.length).fill("0");
  return [...first, ...gap, ...last].reduce(
    (value, group) => (value << 16n) | BigInt(`0x${group}`),
    0n,
  );
}
