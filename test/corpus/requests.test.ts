// Proves that recorded requests can be asked through the contract: read into it by readers that
// know nothing of the encoders, checked as the server checks them and encoded again, they are the
// same bodies, without a warning. And that a recorded answer goes back as the recorded client sent
// it: ids, signatures and sealed reasoning unchanged. Each exception is listed with its reason in
// known-request-exceptions.json; one that no longer fails must go. What only `provider_options`
// can say is printed.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { judgedAPIs } from "./judged-apis.ts";
import { corpusFolder, recordingsOf } from "./recordings.ts";
import { judgeRequest, requestAPI, requestNames } from "./request-judge.ts";
import { returnProblems } from "./return-judge.ts";
import { report } from "./tally.ts";
import { turnPairs } from "./turn-pairs.ts";

const known = JSON.parse(
  readFileSync(new URL("known-request-exceptions.json", import.meta.url), "utf8"),
) as Readonly<Record<string, string>>;

const unequalMax = 0.02;

if (corpusFolder === undefined) {
  console.info("test/corpus/requests.test.ts is skipped: CONNECTORS_CORPUS is not set");
}

describe.skipIf(corpusFolder === undefined).each(requestNames)("%s", (name) => {
  const api = requestAPI(name);
  const recordings = recordingsOf([name])
    .filter(({ request }) => Object.keys(request).length > 0)
    .filter(({ request }) => judgedAPIs[name]?.requests?.takes?.(request) ?? true);

  it("takes recorded requests", { timeout: 120_000 }, () => {
    const verdicts = recordings.map((recording) => ({
      id: recording.id,
      ...judgeRequest(recording, api),
    }));
    const unequal = verdicts.filter(({ problems }) => problems.length > 0);
    report({
      api: name,
      judge: "requests",
      recordings: recordings.length,
      judged: verdicts.length,
      equal: verdicts.length - unequal.length,
    });
    console.info(`${name}: needed: ${tally(verdicts.map(({ needs }) => needs))}`);
    const surprising = unequal.filter(({ id }) => !(id in known));
    expect(Object.fromEntries(surprising.map(({ id, problems }) => [id, problems]))).toEqual({});
    const listed = recordings.filter(({ id }) => id in known).length;
    expect(listed, "an exception that is listed no longer fails").toBe(unequal.length);
    expect(unequal.length).toBeLessThanOrEqual(Math.max(1, recordings.length * unequalMax));
  });

  it("sends recorded answers back", { timeout: 120_000 }, () => {
    const pairs = turnPairs(recordings, api);
    const wrong = pairs.flatMap((pair) => {
      const problems = returnProblems(pair, api);
      return problems.length > 0 ? [[`${pair.earlier.id}, ${pair.later.id}`, problems]] : [];
    });
    const { length: judged } = pairs;
    const equal = judged - wrong.length;
    report({ api: name, judge: "returned", recordings: judged, judged, equal });
    expect(Object.fromEntries(wrong)).toEqual({});
  });
});

/** In how many requests each of these is, most often first. */
function tally(lists: readonly (readonly string[])[]): string {
  const counts = new Map<string, number>();
  for (const list of lists) {
    for (const name of new Set(list)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}
