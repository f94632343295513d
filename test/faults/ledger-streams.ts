import { type FaultCase, inFile, left, proved } from "./fault-case.ts";

const streams = inFile("faults/streams");
const moves = inFile("faults/moves");
const cuts = inFile("faults/stream-cuts");
const sse = inFile("framing/sse-framer");
const chat = inFile("dialects/openai-chat/stream");
const pieces = inFile("dialects/openai-chat/stream-tool-calls");
const odd = inFile("dialects/anthropic-messages/stream-oddities");
const pressure = inFile("e2e/backpressure");
const hedging = inFile("dispatch/hedging");
const protocols = inFile("rpc/protocols");

/** Faults of a provider in a stream. */
export const streamCases: readonly FaultCase[] = [
  proved(
    "S01",
    "a cut at any byte",
    "before the first delta another attempt; after it STREAM_TRUNCATED; after all is said an answer",
    cuts("S01 a stream cut anywhere is asked for again, or its beginning, or whole"),
    inFile("corpus/cut")("%s"),
  ),
  proved(
    "S02",
    "an error as the first event",
    "classified, and another attempt",
    streams("S02 an error as the first event is the error, and nothing is delivered"),
    moves("%s leads to another target, and nothing is told twice"),
  ),
  proved(
    "S03",
    "an error after deltas",
    "these once, then the error, with how far it came",
    streams("S03 an error after deltas leaves them, once"),
  ),
  proved(
    "S04",
    "a clean end without a mark",
    "STREAM_TRUNCATED",
    streams("%s is a truncated stream"),
  ),
  proved(
    "S05",
    "a reset after deltas",
    "STREAM_TRUNCATED in the phase stream",
    streams("%s is a truncated stream"),
  ),
  proved(
    "S06",
    "a stall before, between and after deltas",
    "ATTEMPT_TIMEOUT, STREAM_STALLED, or an answer where all was said",
    streams("S06 a stall is an attempt's timeout at first, and a stream's later"),
    streams("S06 a stall after all is said is an answer"),
  ),
  proved("S07", "nothing but pings", "the limits hold", streams("S07 pings alone are no progress")),
  proved(
    "S08",
    "a byte at a time",
    "the limits hold",
    streams("S08 a byte at a time is no progress until an event is whole"),
  ),
  proved(
    "S09",
    "characters cut anywhere",
    "the same text",
    streams("S09 S10 any cut of bytes and any line end give the same text"),
    sse("is the same when it is cut at every byte, in the middle of characters too"),
  ),
  proved(
    "S10",
    "any line ends, a byte order mark, no last line end",
    "the same events",
    streams("S09 S10 any cut of bytes and any line end give the same text"),
    sse("is the same for all line endings, spaces, comments and cuts"),
    sse("obeys the standard: %s"),
  ),
  proved(
    "S11",
    "a line of 100 MB",
    "PROVIDER_RESPONSE_TOO_LARGE at the limit",
    streams("S11 an event without end is stopped at the limit"),
    sse("stops a line of 100 MB at the limit, with memory for little more"),
  ),
  proved(
    "S12",
    "a million tiny events",
    "memory stays flat",
    sse("keeps memory flat over a million tiny events"),
    pressure("stops the provider, costs no memory, hinders nobody, and gets everything at last"),
  ),
  proved(
    "S13",
    "JSON that cannot be read in one event",
    "PROVIDER_MALFORMED_RESPONSE; it is not skipped",
    streams("S13 S27 what cannot be read is not skipped"),
  ),
  proved(
    "S14",
    "blocks out of order, twice, or without a beginning",
    "read as one rule says, or an error; the same whole and streamed",
    odd("may leave out the start of text and thinking, and end blocks that never began"),
    odd("may begin one block after another at the same index, and the message twice"),
    odd("may not send %s"),
  ),
  proved(
    "S15",
    "marks of the end twice, and data behind them",
    "ignored",
    chat("takes empty chunks, null, and whatever comes behind its end"),
    inFile("dialects/openai-responses/decode-stream")(
      "[DONE], events without data and what follows the end change nothing",
    ),
  ),
  proved(
    "S16",
    "pieces of three calls in turn",
    "put together",
    pieces("are joined when three calls come in turn"),
  ),
  proved(
    "S17",
    "a cut inside arguments",
    "the call is marked, and counted as open",
    pieces("that were cut are marked, and counted while they are open"),
    inFile("dialects/openai-responses/decode-stream")("a call that is cut stays open"),
  ),
  proved(
    "S18",
    "an answer that is as long as it may be",
    "an answer, with usage",
    streams("S18 a full length is an answer, with its usage"),
  ),
  proved(
    "S19",
    "a caller that leaves before usage is told",
    "CALLER_CANCELLED, with usage",
    moves("S19 of a stream of %s has what it used estimated"),
  ),
  proved(
    "S20",
    "a caller that leaves, at any phase",
    "the provider's connection closes at once",
    streams("S20 a caller that leaves, at any phase, leaves no connection"),
    inFile("e2e/cancel")("a cancel closes the provider's socket, at each phase"),
  ),
  proved(
    "S21",
    "a caller that vanishes",
    "its connection closes, and its calls are aborted",
    inFile("rpc/listener-silence")(
      "that has vanished loses its connection, and its call is aborted",
    ),
  ),
  proved(
    "S22",
    "a caller that does not read",
    "the provider waits; others do not",
    pressure("stops the provider, costs no memory, hinders nobody, and gets everything at last"),
    inFile("rpc/backpressure")(
      "stops the api, costs no memory, hinders nobody, and gets everything when it reads on",
    ),
  ),
  proved(
    "S23",
    "a deadline within a stream",
    "what came, and then DEADLINE_EXCEEDED in time",
    streams("S23 a deadline ends a stream, and what came before stays"),
  ),
  proved(
    "S24",
    "JSON in place of a stream",
    "one delta, and the end",
    streams("S24 JSON in place of a stream is one"),
  ),
  proved(
    "S25",
    "a stream in place of JSON",
    "one answer",
    streams("S25 a stream in place of JSON is one answer"),
  ),
  proved(
    "S26",
    "a packed stream that is flushed",
    "read as far as it has come",
    inFile("http/content-encoding")("is decoded as far as it has come when the provider flushes"),
  ),
  proved(
    "S27",
    "a page in place of a stream",
    "PROVIDER_MALFORMED_RESPONSE, and another attempt",
    streams("S13 S27 what cannot be read is not skipped"),
    moves("%s leads to another target, and nothing is told twice"),
  ),
  proved(
    "S28",
    "two attempts that both answer",
    "one is told; the other is aborted and counted",
    moves("S28 of two that answer, one is told, and the other is let go and counted"),
    hedging("begins before the first delta, and only the winner is heard"),
  ),
  proved(
    "S29",
    "another provider with other ids and signatures",
    "ids are mapped; no stream is mixed",
    moves("S29 a conversation goes on, with its ids mapped and no stream mixed"),
    inFile("e2e/provider-pairs")("to %s and back"),
  ),
  left(
    "S30",
    "an error before the first message of a stream",
    "readable in every client, with its details",
    "Proved with connect-node and grpc-js; the other languages' clients are not part of this suite.",
    protocols("is whole over $name: unary, before and after the first event"),
    protocols("is whole in grpc-js: unary, before and after the first event"),
  ),
];
