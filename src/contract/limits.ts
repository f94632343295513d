/** Limits in force. docs/configuration.md has a line for each. */
export interface Limits {
  /** Largest message a caller may send, bytes. */
  readonly requestBytes: number;
  /** Largest message sent to a caller, bytes. */
  readonly responseBytes: number;
  /** Largest block of headers from a caller, bytes. */
  readonly headerBytes: number;
  /** Headers of one request, pairs of name and value. */
  readonly headerPairs: number;
  /**
   * Calls open at once in the whole server, those that wait for a place among them. More:
   * RESOURCE_EXHAUSTED (SERVER_OVERLOADED).
   */
  readonly openCalls: number;
  /** Calls carried out at once in the whole server. More wait for a place. */
  readonly activeCalls: number;
  /**
   * Calls that wait for a place in the server. A quarter of the places by default: whoever is let
   * in has waited a fraction of the time that a call takes.
   */
  readonly queuedCalls: number;
  /** Longest wait for a place, in the server or at a target, ms. */
  readonly queueMs: number;
  /** How late the event loop may be before new calls are refused, ms. */
  readonly loopLagMs: number;
  /** Share of the heap's limit above which new calls are refused, per cent. */
  readonly heapPercent: number;
  /** Attempts under way at once at one target. More wait for a place. */
  readonly targetCalls: number;
  /** Attempts that wait for a place at one target. More: SERVER_OVERLOADED. */
  readonly targetQueue: number;
  /** Time for which a request id that was used is remembered, ms. */
  readonly idempotencyMs: number;
  /** Request ids that are remembered at once. The oldest go first. */
  readonly idempotencyEntries: number;
  /** Largest answer that is kept to be given again, bytes. */
  readonly idempotencyAnswerBytes: number;
  /** What all kept answers may hold, bytes. The oldest go first. */
  readonly idempotencyStoreBytes: number;
  /** Streams open at once in one HTTP/2 connection. */
  readonly concurrentStreams: number;
  /** Connections open at once. More are refused. */
  readonly sessions: number;
  /**
   * Memory one HTTP/2 session may hold, MiB; answers on their way count. While there is more, its
   * new calls are refused, so this is above `responseBytes`.
   */
  readonly sessionMemoryMebibytes: number;
  /** Pings a connection may send in 10 s. More: GOAWAY ENHANCE_YOUR_CALM. */
  readonly pingsPer10s: number;
  /** SETTINGS frames a connection may send in 10 s. More: GOAWAY ENHANCE_YOUR_CALM. */
  readonly settingsPer10s: number;
  /** Streams of a connection that may end by a reset in 10 s. More: GOAWAY ENHANCE_YOUR_CALM. */
  readonly resetsPer10s: number;
  /** Flow-control window of one HTTP/2 stream, bytes: how much may wait unread. */
  readonly streamWindowBytes: number;
  /** Flow-control window of one HTTP/2 connection, bytes. */
  readonly sessionWindowBytes: number;
  /** Silence of a client after which it is asked whether it is still there, ms. */
  readonly keepAliveMs: number;
  /** Time it has to answer, ms; then the connection is dropped. */
  readonly keepAliveTimeoutMs: number;
  /** Time a connection may be without a call, ms. */
  readonly sessionIdleMs: number;
  /** Time a caller may take to send its headers, ms. */
  readonly headersMs: number;
  /** Time a caller may take to send a whole request, ms. */
  readonly requestMs: number;
  /** Longest deadline a call may have, ms; longer ones are cut to this. */
  readonly callTimeoutMsMax: number;
  /** Items of a batch. */
  readonly batchItems: number;
  /** Items of a batch carried out at once, the most that may be asked for. */
  readonly batchConcurrencyMax: number;
  /** Longest deadline a batch may have, ms; longer ones are cut to this, and so is none. */
  readonly batchTimeoutMsMax: number;
  /** Time a draining server waits for calls in flight, ms. */
  readonly drainGraceMs: number;
  /** Time calls have to end once a draining server has aborted them, ms. */
  readonly drainAbortMs: number;
  /** Length of a model's name, characters. */
  readonly modelCharacters: number;
  /** Turns of a request. */
  readonly contents: number;
  /** Parts of a turn. */
  readonly parts: number;
  /** Tools of a request. */
  readonly tools: number;
  /** Size of one JSON Schema, bytes. */
  readonly schemaBytes: number;
  /** Depth of JSON from a caller or a provider, levels. */
  readonly jsonDepth: number;
  /** Entries of `metadata` and `headers` of a request. */
  readonly metadataEntries: number;
  /** Stop sequences of a request. */
  readonly stopSequences: number;
  /** Largest whole answer of a provider, bytes. */
  readonly providerResponseBytes: number;
  /** Largest event (SSE, JSON line) of a provider's stream, bytes. */
  readonly frameBytes: number;
  /** Largest error body of a provider that is read, bytes. */
  readonly errorBodyBytes: number;
  /** Largest block of headers of a provider, bytes. */
  readonly providerHeaderBytes: number;
  /** Connections to one provider's origin. */
  readonly providerConnections: number;
  /** Time to connect to a provider, ms. */
  readonly providerConnectMs: number;
  /** Time an unused connection to a provider is kept, ms. */
  readonly providerKeepAliveMs: number;
}

/** The limits where the configuration does not say otherwise. */
export const defaultLimits: Limits = {
  requestBytes: 16 * 1024 * 1024,
  responseBytes: 64 * 1024 * 1024,
  headerBytes: 16 * 1024,
  headerPairs: 128,
  openCalls: 10_000,
  activeCalls: 4096,
  queuedCalls: 1024,
  queueMs: 10_000,
  loopLagMs: 300,
  heapPercent: 90,
  targetCalls: 1024,
  targetQueue: 512,
  idempotencyMs: 600_000,
  idempotencyEntries: 16_384,
  idempotencyAnswerBytes: 1024 * 1024,
  idempotencyStoreBytes: 32 * 1024 * 1024,
  concurrentStreams: 256,
  sessions: 10_000,
  sessionMemoryMebibytes: 128,
  pingsPer10s: 100,
  settingsPer10s: 100,
  resetsPer10s: 1000,
  streamWindowBytes: 1024 * 1024,
  sessionWindowBytes: 4 * 1024 * 1024,
  keepAliveMs: 60_000,
  keepAliveTimeoutMs: 20_000,
  sessionIdleMs: 600_000,
  headersMs: 10_000,
  requestMs: 60_000,
  callTimeoutMsMax: 1_800_000,
  batchItems: 10_000,
  batchConcurrencyMax: 256,
  batchTimeoutMsMax: 86_400_000,
  drainGraceMs: 30_000,
  drainAbortMs: 2_000,
  modelCharacters: 256,
  contents: 4096,
  parts: 4096,
  tools: 512,
  schemaBytes: 256 * 1024,
  jsonDepth: 64,
  metadataEntries: 64,
  stopSequences: 64,
  providerResponseBytes: 64 * 1024 * 1024,
  frameBytes: 16 * 1024 * 1024,
  errorBodyBytes: 64 * 1024,
  providerHeaderBytes: 16 * 1024,
  providerConnections: 1024,
  providerConnectMs: 5_000,
  providerKeepAliveMs: 4_000,
};
