import { isAbsolute, join } from "node:path";
import type { Credentials } from "../contract/credentials.ts";
import type { Path } from "./configuration-problem.ts";
import type { LoadReport } from "./load-report.ts";
import { parseSection, textIn } from "./parse-section.ts";
import { awsCredentialsSchema, entraCredentialsSchema, googleCredentialsSchema } from "./schema.ts";
import type { TargetWire } from "./target-wire.ts";

/**
 * Reads the `credentials` of a target, which must be of the kind that its wire takes. A path starts
 * from `folder`. Undefined: it has reported what is wrong.
 */
export function readCredentials(
  input: unknown,
  { adapter, host, dialect }: TargetWire,
  folder: string,
  path: Path,
  report: LoadReport,
): Credentials | undefined {
  const { credentials: wanted } = dialect;
  if (wanted === undefined) {
    const where = host === "direct" ? `adapter ${adapter.name}` : `host ${host}`;
    report.add(
      path,
      `are not for ${where} with dialect ${dialect.name}: use api_key, or a cloud as host`,
    );
    return undefined;
  }
  const type = textIn(input, "type");
  if (typeof input === "object" && input !== null && type !== wanted) {
    report.add([...path, "type"], type === undefined ? "is required" : `expected ${wanted}`);
    return undefined;
  }
  switch (wanted) {
    case "aws": {
      const given = parseSection(awsCredentialsSchema, input, path, report);
      if (given?.secret_access_key === undefined) return undefined;
      const { access_key_id: accessKeyID, session_token: token } = given;
      const secretAccessKey = report.secret(given.secret_access_key);
      const session = token === undefined ? {} : { sessionToken: report.secret(token) };
      return { type: "aws", accessKeyID, secretAccessKey, ...session };
    }
    case "google": {
      const given = parseSection(googleCredentialsSchema, input, path, report);
      if (given === undefined) return undefined;
      return {
        type: "google",
        file: isAbsolute(given.file) ? given.file : join(folder, given.file),
      };
    }
    case "entra": {
      const given = parseSection(entraCredentialsSchema, input, path, report);
      if (given?.client_secret === undefined) return undefined;
      const clientSecret = report.secret(given.client_secret);
      return {
        type: "entra",
        tenantID: given.tenant_id,
        clientID: given.client_id,
        clientSecret,
      };
    }
    default:
      return wanted satisfies never;
  }
}
