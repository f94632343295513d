// Proves that a configuration cannot send a call in a circle: not to this server's own address, as
// far as that is known (C13), and not from rule to rule or from name to name (C19): routes name
// targets and never routes, and a name is mapped once.
import { describe, expect, it } from "vitest";
import { load, problems } from "./loading.ts";

const message =
  "leads to this server itself: give the provider's address, or another port in listen.port";

function found(url: string, listen: string): readonly string[] {
  const yaml = `listen: { ${listen} }\ninsecure: true\ntargets:\n  - { name: a, adapter: custom, base_url: "${url}" }\n`;
  return problems({ yaml });
}

describe("a target at this server's own address", () => {
  it.each([
    ["http://127.0.0.1:8080/v1", ""],
    ["http://localhost:8080/v1", ""],
    ["http://127.0.0.1:9000", "port: 9000"],
    ["https://127.0.0.1:9000/x", "port: 9000"],
    ["http://2130706433:8080/v1", ""],
    ["http://0.0.0.0:8080/v1", ""],
    ["http://[::1]:8080/v1", "host: '::1'"],
    ["http://localhost:8080/v1", "host: '::1'"],
    ["http://127.0.0.1:8080/v1", "host: localhost"],
    ["http://127.0.0.1:8080/v1", "host: 0.0.0.0"],
    ["http://127.0.0.9:8080/v1", "host: '::'"],
    ["http://connectors.test", "host: connectors.test, port: 80"],
    ["https://connectors.test", "host: connectors.test, port: 443"],
  ])("is refused: %s, listening at %s", (url, listen) => {
    const [line = "", ...others] = found(url, listen);
    expect(others).toEqual([]);
    expect(line).toMatch(/^connectors\.yaml:4:\d+ targets\[0\]\.base_url: /);
    expect(line).toContain(message);
  });

  it.each([
    ["http://127.0.0.1:8081/v1", ""],
    ["http://127.0.0.1:8080/v1", "port: 0"],
    ["http://127.0.0.2:8080/v1", ""],
    ["http://[::1]:8080/v1", ""],
    ["https://api.test:8080/v1", ""],
    ["https://api.test:8080/v1", "host: 0.0.0.0"],
  ])("is not every target: %s, listening at %s", (url, listen) => {
    expect(found(url, listen)).toEqual([]);
  });

  it("is refused where the flag or the environment puts it there", () => {
    const yaml = 'targets:\n  - { name: a, adapter: custom, base_url: "http://127.0.0.1:9000" }\n';
    expect(problems({ yaml, flags: { port: 9000 } })[0]).toContain(message);
    expect(problems({ yaml, environment: { CONNECTORS_PORT: "9000" } })[0]).toContain(message);
  });

  it("is refused by the name of the variable that leads there", () => {
    const environment = { LLAMA_BASE_URL: "http://127.0.0.1:8080/v1" };
    expect(problems({ environment })).toEqual([`environment LLAMA_BASE_URL: ${message}`]);
    expect(problems({ environment, flags: { port: 0 } })).toEqual([]);
  });

  it("is no matter where all is simulated", () => {
    const yaml =
      'simulate: true\ntargets:\n  - { name: a, adapter: custom, base_url: "http://127.0.0.1:8080" }\n';
    expect(problems({ yaml })).toEqual([]);
  });
});

describe("rules", () => {
  const targets = "targets: [{ name: a, adapter: custom, base_url: https://x.test }]\n";

  it("lead to targets and not to each other", () => {
    const yaml = `${targets}routes:\n  - { id: one, model: x, targets: [two] }\n  - { id: two, model: y, targets: [one, a] }\n`;
    expect(problems({ yaml }).map((line) => line.replace(/^\S+ /, ""))).toEqual([
      "routes[0].targets[0]: no target has this name",
      "routes[1].targets[0]: no target has this name",
    ]);
  });

  it("have no models to fall back to: only a call has", () => {
    const keys = ["fallbacks", "fallback_models", "next"];
    for (const key of keys) {
      const yaml = `${targets}routes:\n  - { id: one, model: x, targets: [a], ${key}: [one] }\n`;
      expect(problems({ yaml })[0]).toContain(`unknown key "${key}"`);
    }
  });

  it("name a target once", () => {
    const yaml = `${targets}routes:\n  - { id: one, model: x, targets: [a, a] }\n`;
    expect(problems({ yaml })[0]).toContain("this target is given twice");
  });

  it("map a name once, also where names map to each other", () => {
    const yaml =
      "targets: [{ name: a, adapter: custom, base_url: https://x.test, models: { x: y, y: x } }]\n";
    const [target] = load({ yaml }).targets;
    expect([...(target?.models ?? [])]).toEqual([
      ["x", "y"],
      ["y", "x"],
    ]);
  });
});
