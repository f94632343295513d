import type { FaultCase } from "./fault-case.ts";
import { answerCases } from "./ledger-answers.ts";
import { configurationCases, requestCases } from "./ledger-requests.ts";
import { serverCases } from "./ledger-server.ts";
import { streamCases } from "./ledger-streams.ts";

/** A chapter of the matrix: its title, and how many cases it must have. */
export interface Chapter {
  readonly letter: string;
  readonly title: string;
  readonly count: number;
  readonly cases: readonly FaultCase[];
}

/** Every case of the matrix of faults, and where it is proved. */
export const chapters: readonly Chapter[] = [
  { letter: "V", title: "A caller's request", count: 30, cases: requestCases },
  { letter: "C", title: "Routing and configuration", count: 21, cases: configurationCases },
  { letter: "U", title: "A provider's whole answer", count: 36, cases: answerCases },
  { letter: "S", title: "A provider's stream", count: 30, cases: streamCases },
  { letter: "O", title: "The server and its surroundings", count: 27, cases: serverCases },
];
