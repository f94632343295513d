// Prints the headers that AWS's default chain of this process signs a request with, or the error.
import { systemClock } from "../../src/contract/clock.ts";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import { AWSCredentialSource, defaultCredentialChain } from "../../src/http/aws-credentials.ts";

const environment = { clock: systemClock, learn: () => undefined };
const source = new AWSCredentialSource(environment, defaultCredentialChain());
const request = {
  method: "POST" as const,
  url: "https://bedrock-runtime.eu-west-1.amazonaws.com/model/a/converse",
  headers: {},
  body: "{}",
  signal: new AbortController().signal,
  allowPrivate: false,
};
try {
  const headers = await source.headers(request, { credentials: undefined, region: "eu-west-1" });
  console.info(JSON.stringify(headers));
} catch (thrown) {
  const { reason, message } = thrown as ConnectorError;
  console.info(JSON.stringify({ reason, message }));
}
