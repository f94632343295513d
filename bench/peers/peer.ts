/** How a running peer is spoken to. */
export type Wire =
  | {
      /** As `load --protocol` has it. */
      readonly protocol: "grpc" | "hop" | "connect-json" | "openai";
      /** Where its chat completions are. Default: `/v1/chat/completions`. */
      readonly path?: string;
      readonly headers?: Readonly<Record<string, string>>;
      /** What comes before the model's name in a request. Default: nothing. */
      readonly modelPrefix?: string;
    }
  /** No server: the program reads jobs as JSON lines and answers each with a result. */
  | { readonly protocol: "in-process" };

/** What a peer's process is given. */
export interface Place {
  /** The port to listen on, on 127.0.0.1. */
  readonly port: number;
  /** The upstream with its version: `http://127.0.0.1:4000/v1`. */
  readonly upstreamURL: string;
  /** An empty folder for configuration files, removed afterwards. */
  readonly folder: string;
  /** Every model that will be asked for, for peers that want to know before. */
  readonly models: readonly string[];
}

/** How a peer's process is started, once it is installed. */
export interface Launch {
  readonly command: readonly [string, ...string[]];
  /** Besides PATH and HOME. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly wire: Wire;
  /** What answers if the port is not the one that was asked for: found in its output. */
  readonly portIn?: RegExp;
}

/** What a peer is, in the tables. */
export type PeerKind = "ours" | "gateway" | "floor" | "library";

/** Something that is measured: how it is had and started. */
export interface Peer {
  /** As `--peers` has it. */
  readonly name: string;
  /** As the tables have it. */
  readonly title: string;
  readonly kind: PeerKind;
  /** Brings it into the ignored folder, unless it is there; resolves to its version. */
  install(): Promise<string>;
  /** Writes its configuration, and says how to start it. */
  launch(place: Place): Promise<Launch>;
}

/** Why a peer cannot be measured here, in words for the table; not a fault of the peer. */
export class PeerSkipped extends Error {}
