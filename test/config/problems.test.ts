// Proves what a wrong configuration is told: every problem at once, each with line, column, path
// and what is expected, and nothing else.
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../src/config/load-configuration.ts";
import { type Loading, load, problems, reference, yaml } from "./loading.ts";

type Case = readonly [title: string, loading: Loading | string, lines: readonly string[]];

function target(fields: string): string {
  return `targets:\n  - { name: a, adapter: anthropic, api_key: k, ${fields} }\n`;
}

function route(fields: string): string {
  return `${target("region: us")}routes:\n  - { ${fields} }\n`;
}

const cases: readonly Case[] = [
  [
    "an unknown section",
    "lisen: {}\n",
    ['connectors.yaml:1:1: unknown key "lisen": did you mean listen?'],
  ],
  ["no mapping at all", "- a\n", ["connectors.yaml:1:1: expected a mapping"]],
  ["a section of the wrong type", "targets: 1\n", ["connectors.yaml:1:1 targets: expected a list"]],
  [
    "an entry of the wrong type",
    "targets:\n  - 1\n",
    ["connectors.yaml:2:5 targets[0]: expected a mapping"],
  ],
  [
    "an unknown key, with the key that is meant",
    target("dialekt: x"),
    ['connectors.yaml:2:48 targets[0]: unknown key "dialekt": did you mean dialect?'],
  ],
  [
    "an unknown key, with the keys there are",
    "defaults: { retry: { jitter: 1 } }\n",
    ['connectors.yaml:1:22 defaults.retry: unknown key "jitter": expected one of max_attempts'],
  ],
  [
    "a key that looks like a value, without showing it",
    "listen: {host:sk-live-12345}\n",
    ["connectors.yaml:1:10 listen: unknown key: expected one of host, port, tls"],
  ],
  [
    "missing keys",
    "targets:\n  - { region: us }\n",
    [
      "connectors.yaml:2:5 targets[0].name: is required",
      "connectors.yaml:2:5 targets[0].adapter: is required",
    ],
  ],
  [
    "routes with the same pattern (C02)",
    yaml`
      targets: [{ name: a, adapter: anthropic, api_key: k }]
      routes:
        - { id: one, model: "x.*", targets: [a] }
        - { id: two, model: "x.*", targets: [a] }
    `,
    [
      "connectors.yaml:4:16 routes[1].model: " +
        "routes one and two have the same pattern: only one could match",
    ],
  ],
  [
    "routes to nowhere, to the same, and twice",
    route("id: r, model: m, targets: [a, b, a] }\n  - { id: r, model: n, targets: []"),
    [
      "connectors.yaml:4:37 routes[0].targets[1]: no target has this name",
      "connectors.yaml:4:40 routes[0].targets[2]: this target is given twice",
      "connectors.yaml:5:7 routes[1].id: this name is taken by an entry above",
      "connectors.yaml:5:24 routes[1].targets: expected at least one",
    ],
  ],
  ...(
    [
      ["a(?=b)", "RE2 has no lookahead (?="],
      ["a(?!b)", "RE2 has no lookahead (?!"],
      ["a(?<=b)", "RE2 has no lookbehind (?<="],
      ["a(?<!b)", "RE2 has no lookbehind (?<!"],
      ["a(?>b)", "RE2 has no atomic groups (?>"],
      ["(a)\\1", "RE2 has no backreferences \\1"],
      ["a{1,100000}", "expected a pattern in RE2 syntax: invalid repeat count {1,100000}"],
      ["(a", "expected a pattern in RE2 syntax: missing closing )"],
      ["a)|(b", "expected a pattern in RE2 syntax: unexpected )"],
      ["((a{1,30}){1,30}){1,30}", "expected a pattern in RE2 syntax: invalid repeat count {1,30}"],
      ["(a?){1000}", "the pattern is too large: use smaller repeats"],
      ["x".repeat(513), "the pattern is longer than 512 characters"],
      ["", "expected a pattern"],
    ] as const
  ).map(
    ([pattern, message]): Case => [
      `the pattern ${pattern.slice(0, 30)} (C05, C06)`,
      route(`id: r, model: '${pattern}', targets: [a]`),
      [`connectors.yaml:4:14 routes[0].model: ${message}`],
    ],
  ),
  [
    "callers that cannot be told apart, or cannot call",
    yaml`
      callers:
        - { name: a, token: tok-1 }
        - { name: a, token: tok-2 }
        - { name: b, token: tok-1 }
        - { name: c }
        - { name: d, token: "\${NOT_SET}" }
        - { name: e, token: "comma,s" }
    `,
    [
      "connectors.yaml:3:7 callers[1].name: this name is taken by an entry above",
      "connectors.yaml:4:16 callers[2].token: this is also the token of a",
      "connectors.yaml:5:5 callers[3].token: is required",
      "connectors.yaml:6:16 callers[4].token: NOT_SET is not set",
      "connectors.yaml:7:16 callers[5].token: " +
        "expected letters, digits and ._~+/- only, with = at the end if at all",
    ],
  ],
  [
    "times and attempts that are none",
    "defaults: { timeout: 0, idle_timeout: 5 parsecs, attempt_timeout: 597h, " +
      "retry: { max_attempts: 4 } }\n",
    [
      ...[
        "1:13 defaults.timeout",
        "1:25 defaults.idle_timeout",
        "1:50 defaults.attempt_timeout",
      ].map(
        (place) =>
          `connectors.yaml:${place}: ` +
          "expected a time over 0 such as 60s, 500ms or 2m, up to 596h",
      ),
      "connectors.yaml:1:82 defaults.retry.max_attempts: expected a whole number, from 1 to 3",
    ],
  ],
  [
    "limits of callers that are none",
    "callers: [{ name: a, token: t, calls_per_minute: 0, concurrent_calls: two }]\n",
    [
      "connectors.yaml:1:32 callers[0].calls_per_minute: " +
        "expected a whole number, from 1 to 1000000",
      "connectors.yaml:1:53 callers[0].concurrent_calls: " +
        "expected a whole number, from 1 to 1000000",
    ],
  ],
  [
    "limits beyond their range or in other units",
    "limits: { request_bytes: 2GiB, open_calls: 0, drain_grace_ms: 30s, " +
      "json_depth: 513, tools: 1.5 }\n",
    [
      "connectors.yaml:1:11 limits.request_bytes: expected a whole number of bytes, " +
        "or a size such as 16MiB, from 1 to 1073741824",
      "connectors.yaml:1:32 limits.open_calls: expected a whole number, from 1 to 2147483647",
      "connectors.yaml:1:47 limits.drain_grace_ms: " +
        "expected a whole number of milliseconds, from 0 to 2147483647",
      "connectors.yaml:1:68 limits.json_depth: expected a whole number, from 1 to 512",
      "connectors.yaml:1:85 limits.tools: expected a whole number, from 1 to 2147483647",
    ],
  ],
  [
    "headers that callers may never set",
    "allowed_headers: [x-fine, Authorization, transfer-encoding, 5]\n",
    [
      "connectors.yaml:1:27 allowed_headers[1]: this header carries a credential: use api_key",
      "connectors.yaml:1:42 allowed_headers[2]: " +
        "this header is set by the connection and cannot be listed",
      "connectors.yaml:1:61 allowed_headers[3]: expected text: put it in quotes",
    ],
  ],
  [
    "words where there are two or five",
    "insecure: yes\nreflection: 1\nsimulate: null\nlog_level: trace\n",
    [
      "connectors.yaml:1:1 insecure: expected true or false",
      "connectors.yaml:2:1 reflection: expected true or false",
      "connectors.yaml:4:1 log_level: expected one of debug, info, warn, error, silent",
    ],
  ],
  [
    "references that are none",
    `listen: { host: "${reference("A-B")}" }\nlog_level: ${reference("NOT_SET")}\n`,
    [
      `connectors.yaml:1:11 listen.host: expected ${reference("NAME")} or ` +
        `${reference("file:/path")}; a text with \${ in it has $\${`,
      "connectors.yaml:2:1 log_level: NOT_SET is not set",
    ],
  ],
  [
    "flags and variables beside a wrong file",
    {
      yaml: "insecure: 1\n",
      flags: { port: 70_000, logLevel: "loud" },
      environment: { CONNECTORS_HOST: "a b", ANTHROPIC_API_KEY: "a\nb" },
    },
    [
      "command line --port: expected a port, from 0 to 65535",
      "environment CONNECTORS_HOST: expected a host name or an IP address",
      "environment ANTHROPIC_API_KEY: has a control character or line end inside",
      "command line --log-level: expected one of debug, info, warn, error, silent",
      "connectors.yaml:1:1 insecure: expected true or false",
    ],
  ],
  [
    "a base URL of the environment that is none",
    { environment: { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "ftp://x.test" } },
    [
      "environment OPENAI_BASE_URL: " +
        "expected an http or https URL, such as https://api.example.com/v1",
    ],
  ],
];

describe("a wrong configuration", () => {
  it.each(cases)("tells of %s", (_title, loading, lines) => {
    expect(problems(typeof loading === "string" ? { yaml: loading } : loading)).toEqual(lines);
  });

  it("tells of everything at once, in the order of the file", () => {
    const lines = problems({
      yaml: yaml`
        listen: { host: 0.0.0.0, port: x, tls: { certificate: a.pem, private_key: a.key } }
        targets:
          - { name: a, adapter: nobody, base_url: "ftp:x", colour: red, api_key: "\${NO}" }
          - { name: a, adapter: openai, dialect: x, required: true, api_key: "\${NO}" }
        routes:
          - { id: r, model: "(", targets: [] }
        limits: { teeth: 32 }
        colour: red
      `,
    });
    expect(lines.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "connectors.yaml:1:26 listen.port:",
      "connectors.yaml:1:42 listen.tls.certificate:",
      "connectors.yaml:1:62 listen.tls.private_key:",
      "connectors.yaml:3:16 targets[0].adapter:",
      "connectors.yaml:3:33 targets[0].base_url:",
      "connectors.yaml:3:52 targets[0]:",
      "connectors.yaml:4:7 targets[1].name:",
      "connectors.yaml:4:33 targets[1].dialect:",
      "connectors.yaml:4:61 targets[1].api_key:",
      "connectors.yaml:6:14 routes[0].model:",
      "connectors.yaml:6:26 routes[0].targets:",
      "connectors.yaml:7:11 limits:",
      "connectors.yaml:8:1: unknown",
    ]);
  });

  it("lists at most a hundred, and counts the rest", () => {
    const many = Array.from({ length: 150 }, (_, index) => `  - { name: a${index} }`);
    const lines = problems({ yaml: `targets:\n${many.join("\n")}\n` });
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toBe("connectors.yaml: 50 more problems are not shown");
  });

  it("is a ConfigurationError with the parts of each problem", () => {
    let caught: unknown;
    try {
      load({ yaml: "lisen: {}\n" });
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ConfigurationError);
    expect(caught).toMatchObject({
      name: "ConfigurationError",
      problems: [
        {
          file: "connectors.yaml",
          line: 1,
          column: 1,
          path: "",
          message: 'unknown key "lisen": did you mean listen?',
        },
      ],
    });
  });
});
