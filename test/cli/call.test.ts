// Proves `connector-tool call`: what its flags send, what it prints for people and for machines,
// and how it fails, in this process and by a server.
import { describe, expect, it } from "vitest";
import { canaryForms, canaryToken } from "../support/canary.ts";
import { startRecordedServer } from "../support/recorded-server.ts";
import { runTool, type ToolRun } from "./run-tool.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg==",
  "base64",
);
const pdf = Buffer.from("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n");

async function call(...args: readonly string[]): Promise<ToolRun> {
  return await runTool(["call", "-m", "claude-sonnet-5", ...args], scene().environment);
}

/** The body of the last request that the provider got. */
function lastBody(): Record<string, unknown> {
  return scene().simulator.requests.at(-1)?.body as Record<string, unknown>;
}

describe("for people", () => {
  it("prints the answer alone on standard output, and facts beside it", async () => {
    const { code, stdout, stderr } = await call("Hello", "--max-tokens", "100");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^.* This is a simulated answer .* You said: "Hello"\.\n$/);
    expect(stderr).toMatch(
      /^claude-sonnet-5 by anthropic; \d+ in, \d+ out; 0\.\d+ USD; end_turn\n$/,
    );
  });

  it("prints the same streamed", async () => {
    const whole = await call("Hello", "--max-tokens", "100");
    const streamed = await call("Hello", "--max-tokens", "100", "--stream");
    expect(streamed).toEqual(whole);
  });

  it("tells warnings", async () => {
    const { stderr } = await call("Hello", "--seed", "1");
    expect(stderr).toMatch(/^warning: seed: /m);
    expect(stderr).toMatch(/^warning: max_output_tokens: /m);
  });

  it.each(["--stream", "--no-stream"])(
    "prints tool calls on lines of their own (%s)",
    async (way) => {
      const tool = '{"name": "get_weather", "parameters": {"type": "object", "properties": {}}}';
      const { stdout } = await call("call get_weather", "--tool", tool, way);
      expect(stdout).toMatch(/^tool call get_weather \{.*\}\n$/m);
      expect(stdout.endsWith("}\n")).toBe(true);
    },
  );
});

describe("for machines", () => {
  it("prints the response as one line of JSON", async () => {
    const { stdout, stderr } = await call("Hello", "--max-tokens", "100", "--json");
    const response = JSON.parse(stdout);
    expect(stdout.trimEnd()).not.toContain("\n");
    expect(stderr).toBe("");
    expect(response).toMatchObject({
      model: "claude-sonnet-5",
      content: { role: "ROLE_ASSISTANT", parts: [{ text: {} }] },
      stopReason: "STOP_REASON_END_TURN",
      rawStopReason: "end_turn",
      usage: { source: "USAGE_SOURCE_REPORTED" },
      route: { provider: "anthropic", target: "anthropic", attempts: [{ httpStatus: 200 }] },
    });
    expect(Object.keys(response)).toMatchInlineSnapshot(`
      [
        "id",
        "model",
        "content",
        "stopReason",
        "rawStopReason",
        "usage",
        "cost",
        "route",
        "providerMetadata",
        "createTime",
      ]
    `);
  });

  it("prints each event as a line of JSON", async () => {
    const { stdout } = await call("[[simulate: chunks=3 slow=1ms]]", "--json", "--stream");
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => Object.keys(JSON.parse(line))[0]);
    expect(events[0]).toBe("started");
    expect(events).toContain("textDelta");
    expect(events.at(-1)).toBe("finished");
  });
});

describe("flags", () => {
  it("become the request", async () => {
    const schema = scene().file(
      "schema.json",
      '{"type":"object","properties":{"a":{"type":"string"}}}',
    );
    await call(
      "Look",
      ...["--system", "Be brief.", "--max-tokens", "99", "--thinking", "low"],
      ...["--stop", "END", "--stop", "STOP", "--schema", schema],
      ...["--file", scene().file("a.png", png), "-f", scene().file("b.PDF", pdf)],
      ...["--provider-options", '{"anthropic": {"metadata": {"user_id": "u-1"}}}'],
    );
    expect(lastBody()).toMatchObject({
      model: "claude-sonnet-5",
      max_tokens: 99,
      stop_sequences: ["END", "STOP"],
      metadata: { user_id: "u-1" },
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Look" },
            { type: "image", source: { media_type: "image/png", data: png.toString("base64") } },
            { type: "document", source: { media_type: "application/pdf" } },
          ],
        },
      ],
    });
    expect(JSON.stringify(lastBody().system)).toContain("Be brief.");
    expect(JSON.stringify(lastBody())).toContain('"properties":{"a":{"type":"string"}');
  });

  it("become the request of a model that takes them", async () => {
    const knobs = ["--temperature", "0.5", "--top-p", "0.25", "--seed", "7"];
    await runTool(["call", "-m", "gpt-4o", "Hello", ...knobs], scene().environment);
    expect(lastBody()).toMatchObject({ temperature: 0.5, top_p: 0.25, seed: 7 });
    await runTool(["call", "-m", "claude-3-sonnet", "Hi", "--top-k", "7"], scene().environment);
    expect(lastBody()).toMatchObject({ top_k: 7 });
  });

  it("--strict fails for a field that the provider cannot take", async () => {
    const { code, stderr } = await call("Hello", "--seed", "7", "--strict");
    expect(code).toBe(1);
    expect(stderr).toContain("UNSUPPORTED_FIELD");
  });

  it("may name files for JSON", async () => {
    const path = scene().file("tool.json", '{"name": "look_up", "description": "Looks up."}');
    await call("Hello", "--tool", `@${path}`);
    expect(lastBody().tools).toMatchObject([{ name: "look_up", description: "Looks up." }]);
  });

  it("pin a target and end a call in time", async () => {
    const environment = scene().environment;
    const args = ["call", "-m", "gpt-4o", "[[simulate: stall-headers]]"];
    const late = await runTool([...args, "--timeout", "0.05"], environment);
    expect(late.code).toBe(1);
    expect(late.stderr).toContain("CALLER_DEADLINE_EXCEEDED (DEADLINE_EXCEEDED)");
    expect(late.stderr).toContain("next: give more time with --timeout SECONDS");
    const pinned = await runTool([...args, "--target", "nowhere"], environment);
    expect(pinned.stderr).toContain("options.target: no target has this name");
  });
});

describe("wrong usage ends with 2", () => {
  it.each([
    ["nothing to ask", []],
    ["an empty prompt", [""]],
    ["a tool that is no JSON", ["Hello", "--tool", "{"]],
    ["a tool that is no object", ["Hello", "--tool", "[1]"]],
    ["a tool with a key that nobody knows", ["Hello", "--tool", '{"nam": "a"}']],
    ["options that are no object", ["Hello", "--provider-options", "3"]],
    ["a kind of file that nobody knows", ["Hello", "--file", "a.exe"]],
    ["a number that is none", ["Hello", "--max-tokens", "many"]],
    ["a part of a number", ["Hello", "--top-k", "1.5"]],
    ["a server that is no URL", ["Hello", "--server", "localhost:8080"]],
    ["a server, and simulation", ["Hello", "--server", "http://127.0.0.1:1", "--simulate"]],
    ["a server, and a file", ["Hello", "--server", "http://127.0.0.1:1", "--config", "a.yaml"]],
    ["a flag that nobody knows", ["Hello", "--nothing"]],
  ])("%s", async (_, args) => {
    const { code, stdout, stderr } = await call(...args);
    expect(stderr).toMatch(/^error: .+\n(.*\n)*\(add --help for the options\)\n$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("a command that nobody knows, and none at all", async () => {
    expect(await runTool(["cal"])).toMatchObject({ code: 2, stdout: "" });
    expect(await runTool([])).toMatchObject({ code: 2, stdout: "" });
    expect(await runTool(["call", "Hello"])).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("a failure ends with 1, and says what happened, where, and what next", () => {
  it("at the provider", async () => {
    // A wait of over a minute is not waited for.
    const { code, stdout, stderr } = await call("[[simulate: status=429 retry-after=70]]");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.replace(/req_\w+/, "req_0")).toMatchInlineSnapshot(`
      "error: anthropic: This request would exceed your organization's rate limit.
        where: target anthropic, phase headers, http status 429, provider code rate_limit_error, provider request id req_0
        what: PROVIDER_RATE_LIMITED (RESOURCE_EXHAUSTED), see docs/errors.md
        next: wait 70 s and try again
      "
    `);
  });

  it("in the request", async () => {
    const { code, stderr } = await call("Hello", "--temperature", "7", "--top-p", "-1");
    expect(code).toBe(1);
    expect(stderr).toMatchInlineSnapshot(`
      "error: request.temperature: must be 0 to 2 (and 1 more)
        request.temperature: must be 0 to 2
        request.top_p: must be 0 to 1
        what: INVALID_REQUEST (INVALID_ARGUMENT), see docs/errors.md
        next: correct what is named above
      "
    `);
  });

  it("in the middle of a stream, after what came", async () => {
    const { code, stdout, stderr } = await call("[[simulate: chunks=4 end-after=2]]", "--stream");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\w.*\n$/);
    expect(stderr).toContain(
      "what: STREAM_TRUNCATED (UNAVAILABLE), see docs/errors.md\n  next: try again\n",
    );
  });

  it("for a file that is not there", async () => {
    const { code, stderr } = await call("Hello", "--file", "nowhere.png");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: ENOENT.*nowhere\.png'\n {2}next: check the path\n$/);
  });

  it("without a key", async () => {
    const { code, stderr } = await runTool(["call", "-m", "gpt-4o", "Hello"], {
      ANTHROPIC_API_KEY: "only-this-one",
    });
    expect(code).toBe(1);
    expect(stderr).toContain("next: set the provider's key in the environment, or add --simulate");
  });

  it("with a key that the provider refuses and shows", async () => {
    const { stderr } = await call("[[simulate: echo-key]]");
    expect(stderr).toContain("next: check the key in the environment or the configuration");
    expect(canaryForms(stderr)).toEqual([]);
  });
});

describe("by a server", () => {
  it("answers and fails the same", async () => {
    const { url } = await startRecordedServer({ environment: scene().environment });
    const answer = ["call", "-m", "gpt-4o", "Hello"];
    const failure = ["call", "-m", "gpt-4o", "[[simulate: status=503]]"];
    for (const args of [answer, failure]) {
      const here = await runTool(args, scene().environment);
      const there = await runTool([...args, "--server", url]);
      const lasting = ({ code, stdout, stderr }: ToolRun) => ({
        ...{ code, stdout },
        stderr: stderr.replace(/req_\w+/, "req_0").replace(/next: .*/, "next"),
      });
      expect(lasting(there)).toEqual(lasting(here));
    }
  });

  it("shows the token of the environment", async () => {
    const callers = scene().file(
      "callers.yaml",
      `simulate: true\ncallers: [{ name: a, token: ${canaryToken} }]`,
    );
    const { url } = await startRecordedServer({ environment: {}, file: callers });
    const args = ["call", "-m", "gpt-4o", "Hello", "--server", url];
    expect(await runTool(args, { CONNECTORS_TOKEN: canaryToken })).toMatchObject({ code: 0 });
    const { code, stderr } = await runTool(args);
    expect(code).toBe(1);
    expect(stderr).toContain("next: set CONNECTORS_TOKEN to a token of the server's callers");
  });

  it("tells when nobody is there", async () => {
    const { code, stderr } = await call("Hello", "--server", "http://127.0.0.1:1");
    expect(code).toBe(1);
    expect(stderr).toContain("what: SERVER_UNREACHABLE (UNAVAILABLE)");
    expect(stderr).toContain("next: check the URL, and start the server if it does not run");
  });
});
