import type { TargetHost } from "../../src/contract/target.ts";
import type { Expectation } from "./expectation.ts";
import type { Plain } from "./plain.ts";
import type { Recording } from "./recordings.ts";
import type { ReadRequest } from "./request-draft.ts";

/** How the recordings of one API are replayed, and what they say. */
export interface JudgedAPI {
  readonly adapter: string;
  /** Name of the dialect in the configuration. */
  readonly dialect: string;
  /** Default: direct. */
  readonly host?: TargetHost;
  /** Other keys of the target, such as `preset` and `region`, as YAML in flow style. */
  readonly target?: Readonly<Record<string, string>>;
  /** Path that the base URL ends with, such as "/v1". Default: none. */
  readonly path?: string;
  /**
   * What a recording says, read without any code of the product. Undefined: it cannot be judged.
   */
  readonly expect: (recording: Recording) => Expectation | undefined;
  /**
   * Where in the bytes of a cut stream the answer is logically whole. Unset: at its terminal
   * marker.
   */
  readonly logicalEnd?: { readonly test: (latin1: string) => boolean };
  /** Members of a whole answer in which the provider repeats the request. Default: none. */
  readonly echoed?: readonly string[];
  /**
   * Places in events that a later event of the stream says again, whole, so that an addition to one
   * of them alone is none that a provider makes. Default: none.
   */
  readonly restated?: RegExp;
  /** How recorded requests are read and compared. Unset: they are not judged. */
  readonly requests?: {
    readonly read: (body: Plain) => ReadRequest;
    readonly canonical: (body: Plain) => Plain;
    /** Whether the address names the model, and not the body: it is then laid into what is read. */
    readonly modelInAddress?: boolean;
    /** Whether a body is one of those that are read. Default: all are. */
    readonly takes?: (body: Plain) => boolean;
  };
}

/** APIs by their name in the recordings. */
export type JudgedAPIs = Readonly<Record<string, JudgedAPI>>;
