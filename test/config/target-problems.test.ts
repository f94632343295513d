// Proves what a wrong target is told: line, column, path and what is expected, and never the value.
import { describe, expect, it } from "vitest";
import { type Loading, problems, reference, yaml } from "./loading.ts";

type Case = readonly [title: string, loading: Loading | string, lines: readonly string[]];

function target(fields: string): string {
  return `targets:\n  - { name: a, adapter: anthropic, api_key: k, ${fields} }\n`;
}

const baseURLExpected = "expected an http or https URL, such as https://api.example.com/v1";

const cases: readonly Case[] = [
  [
    "an unknown adapter",
    "targets:\n  - name: a\n    adapter: open-ai\n",
    [
      "connectors.yaml:3:5 targets[0].adapter: " +
        "expected one of anthropic, openai, google, llama, custom",
    ],
  ],
  [
    "a dialect of another adapter",
    "targets:\n  - name: a\n    adapter: openai\n    dialect: messages\n",
    ["connectors.yaml:4:5 targets[0].dialect: expected one of chat, responses"],
  ],
  [
    "a name of Object's in place of a dialect",
    target("dialect: constructor"),
    ["connectors.yaml:2:48 targets[0].dialect: expected one of messages"],
  ],
  [
    "a number for a text",
    "targets:\n  - { name: 1, adapter: anthropic, api_key: 12345678 }\n",
    [
      "connectors.yaml:2:7 targets[0].name: expected text: put it in quotes",
      "connectors.yaml:2:36 targets[0].api_key: expected text: put it in quotes",
    ],
  ],
  [
    "a name twice",
    `${target("region: us")}  - { name: a, adapter: openai, api_key: k }\n`,
    ["connectors.yaml:3:7 targets[1].name: this name is taken by an entry above"],
  ],
  [
    "an empty region, two in one, and a pattern (C20)",
    [
      "targets:",
      '  - { name: a, adapter: custom, base_url: "https://x.test", region: "" }',
      '  - { name: b, adapter: custom, base_url: "https://x.test", region: "eu,us" }',
      '  - { name: c, adapter: custom, base_url: "https://x.test", region: "*" }',
      "  - { name: d, adapter: custom, base_url: https://x.test, region: [] }",
    ].join("\n"),
    [
      ...[2, 3, 4].map(
        (line) =>
          `connectors.yaml:${line}:61 targets[${line - 2}].region: expected the name of one ` +
          "region in lower case, such as eu or us-east-1",
      ),
      "connectors.yaml:5:59 targets[3].region: expected text",
    ],
  ],
  ...["file:///etc/passwd", "ftp://x.test", "javascript:alert(1)", "//x.test", "x", "https://"].map(
    (url): Case => [
      `the base URL ${url} (C07)`,
      target(`base_url: "${url}"`),
      [`connectors.yaml:2:48 targets[0].base_url: ${baseURLExpected}`],
    ],
  ),
  ...["https://u:p@x.test", "https://@x.test", "https://u@x.test/v1"].map(
    (url): Case => [
      `user names in ${url} (C07)`,
      target(`base_url: "${url}"`),
      [
        "connectors.yaml:2:48 targets[0].base_url: " +
          "a user name or password in the URL is not allowed: use api_key",
      ],
    ],
  ),
  ...["https://x.test/#a", "https://x.test/#", "https://x.test?a=b", "https://x.test/?"].map(
    (url): Case => [
      `a query or fragment in ${url} (C07)`,
      target(`base_url: "${url}"`),
      ["connectors.yaml:2:48 targets[0].base_url: " + "a query (?) or fragment (#) is not allowed"],
    ],
  ),
  [
    "what URLs hide (C07)",
    target('base_url: "https://x.test\\n.evil.test"'),
    [
      `connectors.yaml:2:48 targets[0].base_url: ${baseURLExpected}; ` +
        "spaces, control characters and \\ are not allowed",
    ],
  ],
  [
    "an adapter without an address of its own",
    "targets: [{ name: a, adapter: custom }]\n",
    [
      "connectors.yaml:1:11 targets[0].base_url: " +
        "is required: custom has no address of its own",
    ],
  ],
  [
    "the key of one provider on its way to another (C11)",
    {
      yaml: yaml`
        targets:
          - { name: a, adapter: openai, api_key: "\${ANTHROPIC_API_KEY}" }
          - name: b
            adapter: anthropic
            base_url: https://api.openai.com/v1
            api_key: " \${ANTHROPIC_API_KEY} "
      `,
      environment: { ANTHROPIC_API_KEY: "sk-ant" },
    },
    [
      "connectors.yaml:2:33 targets[0].api_key: " +
        "ANTHROPIC_API_KEY is the key of anthropic, but base_url leads to openai",
      "connectors.yaml:6:5 targets[1].api_key: " +
        "ANTHROPIC_API_KEY is the key of anthropic, but base_url leads to openai",
    ],
  ],
  [
    "keys with something inside that no header can hold (C14)",
    yaml`
      targets:
        - { name: a, adapter: anthropic, api_key: "ab\\ncd" }
        - { name: b, adapter: anthropic, api_key: "ab cd" }
        - { name: c, adapter: anthropic, api_key: " \\r\\n" }
        - { name: d, adapter: anthropic, api_key: "schlüssel" }
        - { name: e, adapter: anthropic, api_key: "***" }
        - { name: f, adapter: anthropic, api_key: ${"k".repeat(4097)} }
    `,
    [
      "has a control character or line end inside",
      "expected printable ASCII without spaces",
      "is empty",
      "expected printable ASCII without spaces",
      "is a mask: give the secret itself",
      "is longer than 4096 characters",
    ].map((message, i) => `connectors.yaml:${i + 2}:36 targets[${i}].api_key: ${message}`),
  ],
  [
    "a key that must be there and is not (C15)",
    target("required: true").replace(" k", ` "${reference("NOT_SET")}"`),
    ["connectors.yaml:2:36 targets[0].api_key: NOT_SET is not set"],
  ],
  [
    "an endpoint of the caller's where none may be",
    target("allow_caller_endpoint: true"),
    [
      "connectors.yaml:2:48 targets[0].allow_caller_endpoint: " +
        "is allowed for adapter custom only",
    ],
  ],
  [
    "models that cannot be told apart, or are none",
    target('models: { A: x, a: y, "": z, b: "", c: 1 }').replace(", c: 1", ""),
    [
      "connectors.yaml:2:64 targets[0].models: this name is given twice (case aside)",
      "connectors.yaml:2:70 targets[0].models: expected names of models, 1 to 256 characters",
      "connectors.yaml:2:77 targets[0].models: expected names of models, 1 to 256 characters",
    ],
  ],
  [
    "headers that are not a target's to set",
    target('headers: { Authorization: x, X-Api-Key: x, HOST: x, a b: x, x-a: "\\n", X-A: x }'),
    [
      "connectors.yaml:2:59 targets[0].headers: this header carries a credential: use api_key",
      "connectors.yaml:2:77 targets[0].headers: this header carries a credential: use api_key",
      "connectors.yaml:2:91 targets[0].headers: " +
        "this header is set by the connection and cannot be listed",
      "connectors.yaml:2:100 targets[0].headers: expected the name of a header",
      "connectors.yaml:2:108 targets[0].headers: expected printable ASCII",
      "connectors.yaml:2:119 targets[0].headers: this header is given twice (case aside)",
    ],
  ],
];

describe("a wrong target", () => {
  it.each(cases)("is told of %s", (_title, loading, lines) => {
    expect(problems(typeof loading === "string" ? { yaml: loading } : loading)).toEqual(lines);
  });
});
