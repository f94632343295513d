// Proves by recordings that counts of tokens are asked of Gemini as its own clients ask, directly
// and on Vertex AI, and that the recorded answers are read: the number, or the error.
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { Dialect } from "../../src/contract/adapter.ts";
import { google } from "../../src/providers/google/index.ts";
import { canonicalGemini } from "./canonical-gemini.ts";
import { objectOf, type Plain } from "./plain.ts";
import { readGeminiRequest } from "./read-request-gemini.ts";
import { corpusFolder, type Recording, recordingsOf } from "./recordings.ts";
import { overTheWire } from "./request-judge.ts";

const place = { region: "us-central1", project: "recorded", apiVersion: "" };

if (corpusFolder === undefined) {
  console.info("test/corpus/gemini-counts.test.ts is skipped: CONNECTORS_CORPUS is not set");
}

/** What is counted: the whole request inside the body, or the body itself. */
function counted(body: Plain): Plain {
  return canonicalGemini(objectOf(body.generateContentRequest ?? body));
}

function sentBody({ model, request }: Recording, dialect: Dialect): Plain {
  const asked = { model, ...objectOf(request.generateContentRequest ?? request) };
  const wire = dialect.countTokens!.encode({
    request: overTheWire(readGeminiRequest(asked, false)),
    adapter: "google",
    model,
    stream: false,
    requestId: "",
    place,
  });
  expect(wire.warnings).toEqual([]);
  return JSON.parse(wire.body);
}

describe.skipIf(corpusFolder === undefined).each([
  ["gemini.countTokens", google.dialects.gemini],
  ["vertex.countTokens", google.hosts?.vertex?.dialects.gemini],
])("%s", (api, dialect) => {
  const recordings = recordingsOf([api]);

  it("is asked as recorded clients ask", () => {
    for (const recording of recordings) {
      expect(counted(sentBody(recording, dialect!))).toEqual(counted(recording.request));
    }
    console.info(`${api}: ${recordings.length} requests equal`);
  });

  it("is read", () => {
    for (const { response } of recordings) {
      const body = objectOf(response.json) as JsonObject;
      if (response.status === 200) {
        expect(dialect!.countTokens!.decode(body)).toBe(BigInt(Number(body.totalTokens)));
      } else {
        const { status, headers, text } = response;
        const { fields } = dialect!.toError({ status, headers, body: text });
        expect(fields.metadata?.provider_code).toBe(objectOf(body.error).status);
      }
    }
  });
});
