import type { PeerRound } from "./figures.ts";
import type { Peer } from "./peer.ts";
import type { PartSeconds } from "./peer-round.ts";

/** A peer and what was found of it. */
export interface PeerReport {
  readonly peer: Peer;
  /** Empty: it could not be installed. */
  readonly version: string;
  readonly rounds: PeerRound[];
  /** Why rounds are missing, in words for the page. */
  why: string | undefined;
}

/** All that a run found. */
export interface RunReport {
  readonly at: Date;
  readonly rounds: number;
  readonly isQuick: boolean;
  /** How long all of it took, installations included. */
  readonly seconds: number;
  readonly partSeconds: PartSeconds;
  readonly peers: readonly PeerReport[];
}
