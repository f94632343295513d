// Proves what a target is told whose host, preset, place or credentials do not fit: line, column,
// path and what is expected, and never the value.
import { describe, expect, it } from "vitest";
import { problems, reference } from "./loading.ts";

type Case = readonly [title: string, fields: string, lines: readonly string[]];

/** One target, in one line. */
function file(fields: string): string {
  return `targets:\n  - { name: a, ${fields} }\n`;
}

/** A line of the report: it shows where the key is, or else the mapping that lacks it. */
function reported(line: string, fields: string): string {
  const [, path = "", message = ""] = /^([\w.]+): (.*)$/.exec(line) ?? [];
  const text = file(fields).split("\n")[1] ?? "";
  const [outer = "", inner] = path.split(".");
  const unknown = /^unknown key "(\w+)"/.exec(message)?.[1];
  const start = text.indexOf(inner === undefined ? "{" : `${outer}:`);
  const place = text.search(new RegExp(`(?<=[ {])${unknown ?? inner ?? outer}: `));
  return `connectors.yaml:2:${(place < 0 ? start : place) + 1} targets[0].${path}: ${message}`;
}

const hosts: readonly Case[] = [
  [
    "a host that nobody knows",
    "adapter: openai, host: mars",
    ["host: expected one of direct, azure"],
  ],
  [
    "a host that the adapter's models are not at",
    "adapter: google, api_key: k, host: bedrock",
    ["host: expected one of direct"],
  ],
  [
    "clouds in their own order",
    "adapter: anthropic, host: 'no'",
    ["host: expected one of direct, vertex, bedrock"],
  ],
  [
    "a dialect that is not at the cloud",
    "adapter: openai, host: azure, dialect: cohere, base_url: https://x.test",
    ["dialect: expected one of chat, responses"],
  ],
  [
    "a cloud without an address of its own",
    "adapter: openai, host: azure",
    ["base_url: is required: azure has no address of its own"],
  ],
  [
    "what belongs to one cloud at another",
    "adapter: openai, api_key: k, project: p, api_version: v1",
    ["project: is for host vertex only", "api_version: is for host azure only"],
  ],
  [
    "Vertex without a place",
    "adapter: anthropic, host: vertex",
    [
      "region: is required: the address is that of a region",
      "project: is required: the paths of vertex name the project",
    ],
  ],
  [
    "Vertex behind another address without a project",
    "adapter: anthropic, host: vertex, base_url: https://x.test",
    ["project: is required: the paths of vertex name the project"],
  ],
  [
    "Bedrock without a region to sign for",
    "adapter: anthropic, host: bedrock, base_url: https://x.test",
    ["region: is required: requests are signed for one region"],
  ],
  [
    "places that cannot be in a path",
    "adapter: anthropic, host: vertex, region: us, project: ../x",
    ["project: expected the id of a project, such as my-project"],
  ],
  [
    "a version that cannot be in a query",
    "adapter: openai, host: azure, base_url: https://x.test, api_version: 'a&b'",
    ["api_version: expected the version of an API, such as 2024-10-21"],
  ],
];

const presets: readonly Case[] = [
  [
    "a preset that the adapter does not have",
    "adapter: custom, preset: slow",
    ["preset: expected one of fast, plan, own, near"],
  ],
  [
    "a preset of another adapter",
    "adapter: openai, preset: fast",
    ["preset: is of adapter custom, not of openai"],
  ],
  [
    "a preset that nobody has, of an adapter that has none",
    "adapter: openai, preset: slow",
    ["preset: is not for adapter openai, which has no presets"],
  ],
  ["a preset that is nearly one", "adapter: custom, preset: fastt", ["preset: did you mean fast?"]],
  [
    "a preset at a cloud",
    "adapter: openai, host: azure, base_url: https://x.test, preset: fast",
    ["preset: is for host direct: azure is a place of its own"],
  ],
  [
    "a dialect that the preset does not have",
    "adapter: custom, preset: fast, dialect: cohere",
    ["dialect: expected one of openai-chat"],
  ],
  [
    "a preset without an address",
    "adapter: custom, preset: own",
    ["base_url: is required: preset own has no address of its own"],
  ],
];

const access: readonly Case[] = [
  [
    "credentials where a key is all there is",
    "adapter: openai, credentials: { type: aws }",
    ["credentials: are not for adapter openai with dialect chat: use api_key, or a cloud as host"],
  ],
  [
    "credentials of another cloud",
    "adapter: openai, host: azure, base_url: https://x.test, credentials: { type: aws }",
    ["credentials.type: expected entra"],
  ],
  [
    "credentials of no cloud",
    "adapter: openai, host: azure, base_url: https://x.test, credentials: { client_id: x }",
    ["credentials.type: is required"],
  ],
  [
    "credentials that are none",
    "adapter: openai, host: azure, base_url: https://x.test, credentials: entra",
    ["credentials: expected a mapping"],
  ],
  [
    "credentials that lack something",
    "adapter: anthropic, host: bedrock, region: us-east-1, credentials: { type: aws, secret_access_key: s }",
    ["credentials.access_key_id: is required"],
  ],
  [
    "a key of credentials that is written wrongly",
    "adapter: anthropic, host: vertex, region: eu, project: p, credentials: { type: google, fil: x }",
    ["credentials.file: is required", 'credentials: unknown key "fil": did you mean file?'],
  ],
  [
    "a mask in place of a secret",
    "adapter: anthropic, host: bedrock, region: us-east-1, credentials: " +
      "{ type: aws, access_key_id: A, secret_access_key: '***' }",
    ["credentials.secret_access_key: is a mask: give the secret itself"],
  ],
  [
    "a key and credentials",
    "adapter: openai, host: azure, base_url: https://x.test, api_key: k, credentials: { type: entra }",
    ["credentials: are of no use beside api_key: give one of the two"],
  ],
  [
    "headers that cannot take a key",
    "adapter: custom, base_url: https://x.test, key_header: Host",
    ["key_header: this header is set by the connection"],
  ],
  [
    "what is no header",
    "adapter: custom, base_url: https://x.test, key_header: 'a b'",
    ["key_header: expected the name of a header"],
  ],
  ...["chat", "/a b", "/a#b", "/a\\\\b", "/a/{modle}"].map(
    (path): Case => [
      `the path ${path}`,
      `adapter: custom, base_url: https://x.test, path: "${path}"`,
      [
        "path: expected a path that begins with /, in printable ASCII without spaces, #, \\ " +
          "and { but of {model}",
      ],
    ],
  ),
  [
    "a body that is none",
    "adapter: custom, base_url: https://x.test, body: [1]",
    ["body: expected a mapping"],
  ],
  [
    "a body that JSON cannot say",
    "adapter: custom, base_url: https://x.test, body: { a: [.inf] }",
    ["body: expected values that JSON has"],
  ],
];

describe("a target in the wrong place", () => {
  it.each([...hosts, ...presets, ...access])("is told of %s", (_title, fields, lines) => {
    const expected = lines.map((line) => reported(line, fields));
    const found = problems({ yaml: file(fields) });
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  it("is told of a preset's key on its way to another (C11)", () => {
    const fields = `adapter: openai, api_key: "${reference("FAST_KEY")}"`;
    const message = "FAST_KEY is the key of fast, but base_url leads to openai";
    expect(problems({ yaml: file(fields), environment: { FAST_KEY: "k" } })).toEqual([
      reported(`api_key: ${message}`, fields),
    ]);
  });

  it("is told of credentials that must be there and are not", () => {
    const keys = `type: aws, access_key_id: A, secret_access_key: "${reference("NOT_SET")}"`;
    const place = "adapter: anthropic, host: bedrock, region: us-east-1, required: true";
    const fields = `${place}, credentials: { ${keys} }`;
    expect(problems({ yaml: file(fields) })).toEqual([
      reported("credentials.secret_access_key: NOT_SET is not set", fields),
    ]);
  });
});
