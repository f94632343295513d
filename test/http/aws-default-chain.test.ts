// Proves that credentials are found where AWS's tools find them: in the environment, in shared
// files by profile, from a helper process, from the metadata service of a container; and that none
// is a typed error.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const script = fileURLToPath(new URL("default-chain-process.ts", import.meta.url));
const run = promisify(execFile);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "connectors-aws-"));
  writeFileSync(
    join(folder, "credentials"),
    "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = file-secret\n",
  );
  const helper = join(folder, "helper.mjs");
  const given = { Version: 1, AccessKeyId: "AKIAHELPER", SecretAccessKey: "helper-secret" };
  writeFileSync(helper, `console.log(${JSON.stringify(JSON.stringify(given))});`);
  const command = `${process.execPath} ${helper}`;
  writeFileSync(join(folder, "config"), `[profile helped]\ncredential_process = ${command}\n`);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What the chain gives in a process with nothing but these variables. */
async function chainIn(variables: Readonly<Record<string, string>>): Promise<unknown> {
  const { stdout, stderr } = await run(process.execPath, [script], {
    env: {
      PATH: process.env.PATH ?? "",
      HOME: folder,
      AWS_SHARED_CREDENTIALS_FILE: join(folder, "credentials"),
      AWS_CONFIG_FILE: join(folder, "config"),
      AWS_EC2_METADATA_DISABLED: "true",
      ...variables,
    },
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

describe("AWS's default chain", { timeout: 30_000 }, () => {
  it("finds variables of the environment, and says nothing beside it", async () => {
    const found = await chainIn({
      AWS_ACCESS_KEY_ID: "AKIAENVIRONMENT",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_SESSION_TOKEN: "token",
    });
    expect(found).toMatchObject({
      authorization: expect.stringContaining("Credential=AKIAENVIRONMENT/"),
      "x-amz-security-token": "token",
    });
  });

  it("finds a profile, and prefers it to variables without a word", async () => {
    const found = await chainIn({
      AWS_PROFILE: "work",
      AWS_ACCESS_KEY_ID: "AKIAENVIRONMENT",
      AWS_SECRET_ACCESS_KEY: "secret",
    });
    const authorization = expect.stringContaining("Credential=AKIAWORK/");
    expect(found).toMatchObject({ authorization });
  });

  it("asks a helper process", async () => {
    const authorization = expect.stringContaining("Credential=AKIAHELPER/");
    expect(await chainIn({ AWS_PROFILE: "helped" })).toMatchObject({ authorization });
  });

  it("asks the metadata service of a container", async () => {
    const server = createServer((request, response) => {
      const isAllowed = request.headers.authorization === "container-token";
      response.writeHead(isAllowed ? 200 : 403).end(
        JSON.stringify({
          AccessKeyId: "ASIACONTAINER",
          SecretAccessKey: "secret",
          Token: "session",
          Expiration: "2100-01-01T00:00:00Z",
        }),
      );
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const found = await chainIn({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "container-token",
    });
    server.closeAllConnections();
    server.close();
    const authorization = expect.stringContaining("Credential=ASIACONTAINER/");
    expect(found).toMatchObject({ authorization, "x-amz-security-token": "session" });
  });

  it("says what to do where there are none", async () => {
    expect(await chainIn({})).toEqual({
      reason: "PROVIDER_CREDENTIAL_INVALID",
      message: expect.stringContaining("AWS_ACCESS_KEY_ID"),
    });
  });
});
