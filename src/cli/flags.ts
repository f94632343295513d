/** Flags of every command that calls something. */
export interface ConnectionFlags {
  readonly server?: string;
  readonly config?: string;
  readonly simulate?: boolean;
  readonly json?: boolean;
}

/** Flags of `resolve`. */
export interface ResolveFlags extends ConnectionFlags {
  readonly target?: string;
  /** Patterns of regions and zones. */
  readonly allow?: readonly string[];
  readonly prefer?: readonly string[];
  readonly fallback?: readonly string[];
}

/** Flags of the commands that make a request. */
export interface RequestFlags extends ConnectionFlags {
  readonly model: string;
  readonly system?: string;
  readonly file?: readonly string[];
  readonly tool?: readonly string[];
  readonly schema?: string;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly thinking?: string;
  readonly providerOptions?: string;
  readonly timeout?: number;
  readonly target?: string;
  readonly strict?: boolean;
}

/** Flags of `call`. */
export interface CallFlags extends RequestFlags {
  readonly stream?: boolean;
  readonly showGrpcurl?: boolean;
}

/** Flags of `batch`. */
export interface BatchFlags extends ConnectionFlags {
  readonly out?: string;
  readonly resume?: boolean;
  readonly concurrency?: number;
  readonly model?: string;
  readonly timeout?: number;
  readonly quiet?: boolean;
}
