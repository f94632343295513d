// Proves that no connection is made to an address that may not be called: not by any way to write
// it, not by what a name resolves to, not when the resolver changes its mind, and not as one of
// several; that a target may allow private addresses, and that nobody may allow a metadata service.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AddressKind, addressKind, isForbiddenHost } from "../../src/contract/address.ts";
import { isAllowedAddress, type Resolver } from "../../src/http/egress.ts";
import {
  answering,
  connectorError,
  httpClient,
  post,
  rawUpstream,
  textOf,
  until,
} from "../support/http.ts";

const kinds: Record<AddressKind, readonly string[]> = {
  public: [
    ...["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0"],
    ...["126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255"],
    ...["172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255"],
    ...["198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0"],
    ...["223.255.255.255", "2606:4700::1111", "2a00:1450:4001::200e", "2001:200::1"],
    ...["2003::", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "3ffe::1"],
  ],
  private: [
    ...["0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255"],
    ...["127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.255.255", "172.16.0.0"],
    ...["172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.0"],
    ...["192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.1"],
    ...[
      "240.0.0.1",
      "255.255.255.254",
      "::",
      "::1",
      "::127.0.0.1",
      "::8.8.8.8",
      "::ffff:127.0.0.1",
    ],
    ...["::ffff:a00:1", "0:0:0:0:0:ffff:7f00:1", "::ffff:0:10.0.0.1", "64:ff9b::10.0.0.1"],
    ...["64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1"],
    ...["2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "4000::", "5f00::1"],
    ...["fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1"],
  ],
  never: [
    ...["169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16"],
    ...["192.0.0.192", "224.0.0.1", "239.255.255.255", "255.255.255.255", "fd00:ec2::254"],
    ...["fd00:0ec2:0:0::0254", "fd20:ce::254", "ff02::1", "::ffff:169.254.169.254"],
    ...["64:ff9b::a9fe:a9fe", "", "no.address", "1.2.3.4.5", "12345::", "127.0.0.1:80"],
  ],
};
const table = Object.entries(kinds).flatMap(([kind, addresses]) =>
  addresses.map((address) => [address, kind] as const),
);

describe("an address", () => {
  it.each(table)("%s is %s", (address, kind) => {
    expect(addressKind(address)).toBe(kind);
    expect(isAllowedAddress(address, false)).toBe(kind === "public");
    expect(isAllowedAddress(address, true)).toBe(kind !== "never");
  });

  it("is judged alike as IPv4 and inside IPv6, however it is written", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const kind = addressKind(address);
        const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
        const groups = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        for (const prefix of ["::ffff:", "0:0:0:0:0:ffff:", "::FFFF:", "64:ff9b::"]) {
          expect(addressKind(prefix + address)).toBe(kind);
          expect(addressKind(prefix + groups)).toBe(kind);
        }
      }),
    );
  });
});

describe("a literal host", () => {
  const forbidden = [
    ...["127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001"],
    ...["0177.0.0.1", "127.0.0.1.", "１２７.0.0.1", "127。0。0。1", "%31%32%37.1", "0", "0x0"],
    ...["10.1", "192.168.1.1", "3232235777", "[::1]", "::1", "[0:0:0:0:0:0:0:1]", "[::]"],
    ...[
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "::ffff:169.254.169.254",
      "[fe80::1]",
      "fe80::1%1",
    ],
    ...["169.254.169.254", "0xa9fea9fe", "2852039166", "[fd00:ec2::254]", "100.64.0.1"],
    ...["localhost", "LOCALHOST", "localhost.", "a.localhost", "ⓛocalhost", "metadata"],
    ...["metadata.google.internal", "METADATA.GOOGLE.INTERNAL.", "metadata.goog"],
    ...["", " ", "a b", "user@8.8.8.8", "8.8.8.8:80", "8.8.8.8/path", "8.8.8.8#", "8.8.8.8?"],
    ...["1.2.3.4.5", "[::1", "[::1]:80", "[8.8.8.8]", "[::1]@[::2]", "a\\b", "[2606:4700::1]x"],
  ];
  it.each(forbidden)("%j is forbidden", (host) => {
    expect(isForbiddenHost(host)).toBe(true);
  });

  const allowed = [
    ...["api.anthropic.com", "API.OPENAI.COM.", "8.8.8.8", "0x08080808", "[2606:4700::1111]"],
    ...["2606:4700::1111", "bücher.example", "localhost.example.com", "notlocalhost", "10.example"],
  ];
  it.each(allowed)("%j is allowed", (host) => {
    expect(isForbiddenHost(host)).toBe(false);
  });
});

describe("a connection", () => {
  const urls = [
    ...["http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/"],
    ...["http://0177.0.0.1/", "http://127.0.0.1./", "http://[::1]/", "http://[::ffff:127.0.0.1]/"],
    ...["https://[::]/", "http://0.0.0.0/", "http://10.0.0.1/", "http://169.254.169.254/"],
    ...["http://１２７.0.0.1/", "http://localhost/", "http://localhost./", "http://[fe80::1]/"],
  ];
  it.each(urls)("to %s is forbidden", async (url) => {
    const asked: string[] = [];
    const resolve: Resolver = (hostname, _options, callback) => {
      asked.push(hostname);
      callback(null, [{ address: "127.0.0.1", family: 4 }]);
    };
    const client = httpClient({}, { resolve });
    const error = await connectorError(client.send(post(url, { allowPrivate: false })));
    expect(error.reason).toBe("EGRESS_FORBIDDEN");
    // The answer must not tell the caller what a name resolves to here.
    expect(error.message + JSON.stringify(error.fields.metadata)).not.toContain("127.0.0.1");
    for (const hostname of asked) expect(hostname).toMatch(/^localhost\.?$/);
  });

  it("to a metadata service is forbidden whatever the target allows", async () => {
    const resolve: Resolver = (_hostname, _options, callback) => {
      callback(null, [{ address: "169.254.169.254", family: 4 }]);
    };
    const client = httpClient({}, { resolve });
    for (const url of ["http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://a.example/"]) {
      const error = await connectorError(client.send(post(url, { allowPrivate: true })));
      expect(error.reason).toBe("EGRESS_FORBIDDEN");
    }
  });

  it("goes to what was judged, not to what the name resolves to next", async () => {
    const upstream = await rawUpstream(answering("reached"));
    const answers = ["127.0.0.1", "169.254.169.254"];
    let asked = 0;
    const resolve: Resolver = (_hostname, _options, callback) => {
      callback(null, [{ address: answers[asked++] ?? "", family: 4 }]);
    };
    const client = httpClient({}, { resolve });
    const url = `http://rebinding.example:${upstream.port}/`;
    const response = await client.send(post(url));
    expect(asked).toBe(1);
    expect(await textOf(response.body)).toBe("reached");
    upstream.connections[0]?.halfClose();
    await upstream.connections[0]?.closed;
    const error = await connectorError(client.send(post(url)));
    expect(error.reason).toBe("EGRESS_FORBIDDEN");
    expect(asked).toBe(2);
  });

  it("never tries a forbidden address among allowed ones", async () => {
    const upstream = await rawUpstream(answering("reached"));
    const resolve: Resolver = (_hostname, _options, callback) => {
      callback(null, [
        { address: "169.254.169.254", family: 4 },
        { address: "ff02::1", family: 6 },
        { address: "127.0.0.1", family: 4 },
        { address: "::ffff:169.254.169.254", family: 6 },
      ]);
    };
    const client = httpClient({}, { resolve });
    const response = await client.send(post(`http://mixed.example:${upstream.port}/`));
    expect(await textOf(response.body)).toBe("reached");
    const refused = await connectorError(client.send(post("http://mixed.example:1/")));
    expect(refused.reason).toBe("PROVIDER_CONNECT_FAILED");
    expect(String((refused.cause as Error).message)).not.toContain("169.254");
  });

  it("to a name that resolves to a private address is not made unless the target allows", async () => {
    const upstream = await rawUpstream(answering("reached"));
    const resolve: Resolver = (_hostname, _options, callback) => {
      callback(null, [
        { address: "127.0.0.1", family: 4 },
        { address: "::1", family: 6 },
      ]);
    };
    const client = httpClient({}, { resolve });
    const url = `http://private.example:${upstream.port}/`;
    const error = await connectorError(client.send(post(url, { allowPrivate: false })));
    expect(error.reason).toBe("EGRESS_FORBIDDEN");
    expect(upstream.connections).toHaveLength(0);
    expect(await textOf((await client.send(post(url))).body)).toBe("reached");
  });

  it.each(["ENOTFOUND", "EAI_AGAIN"])(
    "to a name that is %s is PROVIDER_DNS_FAILED",
    async (code) => {
      const resolve: Resolver = (hostname, _options, callback) => {
        callback(Object.assign(new Error(`getaddrinfo ${code} ${hostname}`), { code }), []);
      };
      const client = httpClient({}, { resolve });
      const error = await connectorError(client.send(post("https://secret-name.example/")));
      expect(error.reason).toBe("PROVIDER_DNS_FAILED");
      expect(error.message).not.toContain("secret-name");
      expect(error.fields.metadata).toEqual({ phase: "connect", network_error: code });
    },
  );

  it("asks for a name once at a time, and anew the next time", async () => {
    const upstream = await rawUpstream(answering("reached"));
    const asked: (() => void)[] = [];
    const resolve: Resolver = (_hostname, _options, callback) => {
      asked.push(() => callback(null, [{ address: "127.0.0.1", family: 4 }]));
    };
    const client = httpClient({}, { resolve });
    const url = `http://busy.example:${upstream.port}/`;
    const burst = Array.from({ length: 50 }, async () => client.send(post(url)));
    await until(() => client.openSockets === 50);
    expect(asked).toHaveLength(1);
    asked[0]?.();
    for (const response of await Promise.all(burst)) await textOf(response.body);
    for (const { socket } of upstream.connections) socket.destroy();
    await until(() => client.openSockets === 0);
    const again = client.send(post(url));
    await until(() => asked.length === 2);
    asked[1]?.();
    expect(await textOf((await again).body)).toBe("reached");
  });

  it("to a name without addresses is PROVIDER_DNS_FAILED", async () => {
    const client = httpClient(
      {},
      { resolve: (_hostname, _options, callback) => callback(null, []) },
    );
    const error = await connectorError(client.send(post("https://empty.example/")));
    expect(error.reason).toBe("PROVIDER_DNS_FAILED");
  });

  it("uses the machine's resolver by default", async () => {
    const upstream = await rawUpstream(answering("reached"));
    const response = await httpClient().send(post(`http://localhost:${upstream.port}/`));
    expect(await textOf(response.body)).toBe("reached");
  });
});
