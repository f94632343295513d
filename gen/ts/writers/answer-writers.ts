// @generated from the descriptors by scripts/generate-writers.mjs

import type { DescMessage } from "@bufbuild/protobuf";
import { CallResponseSchema, type CallResponse } from "../nexen/connectors/v1/connector_service_pb.ts";
import { type Attempt, type CacheHint, type Citation, type Content, type Cost, type LLMResponse, type Media, type Part, type ProviderBlock, type Refusal, type Route, type Text, type Thinking, type ToolCall, type ToolResult, type Usage, type Warning } from "../nexen/connectors/v1/llm_pb.ts";
import { type Any, type Duration, type Timestamp } from "@bufbuild/protobuf/wkt";
import { StreamCallResponseSchema, type Heartbeat, type PartFinished, type PartStarted, type SegmentRestarted, type StreamCallResponse, type StreamFinished, type StreamStarted, type TextDelta, type ThinkingDelta, type ToolCallDelta } from "../nexen/connectors/v1/stream_pb.ts";
import { BatchCallResponseSchema, StreamBatchCallResponseSchema, type BatchCallResponse, type BatchResult, type BatchSummary, type StreamBatchCallResponse } from "../nexen/connectors/v1/batch_pb.ts";
import { type Status } from "../google/rpc/status_pb.ts";
import type { WireWriter } from "../../../src/rpc/wire-writer.ts";

/** Writes a message into a writer that has begun one. */
export type MessageWriter = (w: WireWriter, m: never) => void;

/** What writes the messages of a type, by its descriptor. */
export const messageWriters: ReadonlyMap<DescMessage, MessageWriter> = new Map<
  DescMessage,
  MessageWriter
>([
  [CallResponseSchema, writeCallResponse],
  [StreamCallResponseSchema, writeStreamCallResponse],
  [BatchCallResponseSchema, writeBatchCallResponse],
  [StreamBatchCallResponseSchema, writeStreamBatchCallResponse],
]);

function writeCallResponse(w: WireWriter, m: CallResponse): void {
  if (m.response !== undefined) {
    const start = w.fork(10);
    writeLLMResponse(w, m.response);
    w.join(start);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeLLMResponse(w: WireWriter, m: LLMResponse): void {
  if (m.id !== "") {
    w.string(10, m.id);
  }
  if (m.model !== "") {
    w.string(18, m.model);
  }
  if (m.content !== undefined) {
    const start = w.fork(26);
    writeContent(w, m.content);
    w.join(start);
  }
  if (m.stopReason !== 0) {
    w.int32(32, m.stopReason);
  }
  if (m.rawStopReason !== "") {
    w.string(42, m.rawStopReason);
  }
  if (m.stopSequence !== "") {
    w.string(50, m.stopSequence);
  }
  if (m.usage !== undefined) {
    const start = w.fork(58);
    writeUsage(w, m.usage);
    w.join(start);
  }
  if (m.cost !== undefined) {
    const start = w.fork(66);
    writeCost(w, m.cost);
    w.join(start);
  }
  for (const item of m.warnings) {
    const start = w.fork(74);
    writeWarning(w, item);
    w.join(start);
  }
  if (m.route !== undefined) {
    const start = w.fork(82);
    writeRoute(w, m.route);
    w.join(start);
  }
  if (m.providerMetadata !== undefined) {
    w.struct(90, m.providerMetadata);
  }
  if (m.createTime !== undefined) {
    const start = w.fork(98);
    writeTimestamp(w, m.createTime);
    w.join(start);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeContent(w: WireWriter, m: Content): void {
  if (m.role !== 0) {
    w.int32(8, m.role);
  }
  if (m.message !== "") {
    w.string(18, m.message);
  }
  for (const item of m.parts) {
    const start = w.fork(26);
    writePart(w, item);
    w.join(start);
  }
  if (m.name !== "") {
    w.string(34, m.name);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writePart(w: WireWriter, m: Part): void {
  const kind = m.kind;
  if (kind.case === "text") {
    const start = w.fork(10);
    writeText(w, kind.value);
    w.join(start);
  }
  if (kind.case === "media") {
    const start = w.fork(18);
    writeMedia(w, kind.value);
    w.join(start);
  }
  if (kind.case === "toolCall") {
    const start = w.fork(26);
    writeToolCall(w, kind.value);
    w.join(start);
  }
  if (kind.case === "toolResult") {
    const start = w.fork(34);
    writeToolResult(w, kind.value);
    w.join(start);
  }
  if (kind.case === "thinking") {
    const start = w.fork(42);
    writeThinking(w, kind.value);
    w.join(start);
  }
  if (kind.case === "refusal") {
    const start = w.fork(50);
    writeRefusal(w, kind.value);
    w.join(start);
  }
  if (kind.case === "provider") {
    const start = w.fork(58);
    writeProviderBlock(w, kind.value);
    w.join(start);
  }
  if (m.cache !== undefined) {
    const start = w.fork(66);
    writeCacheHint(w, m.cache);
    w.join(start);
  }
  if (m.providerOptions !== undefined) {
    w.struct(74, m.providerOptions);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeText(w: WireWriter, m: Text): void {
  if (m.text !== "") {
    w.string(10, m.text);
  }
  for (const item of m.citations) {
    const start = w.fork(18);
    writeCitation(w, item);
    w.join(start);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeCitation(w: WireWriter, m: Citation): void {
  if (m.type !== "") {
    w.string(10, m.type);
  }
  if (m.citedText !== "") {
    w.string(18, m.citedText);
  }
  if (m.title !== "") {
    w.string(26, m.title);
  }
  if (m.url !== "") {
    w.string(34, m.url);
  }
  if (m.sourceId !== "") {
    w.string(42, m.sourceId);
  }
  if (m.start !== undefined) {
    w.int64(48, m.start);
  }
  if (m.end !== undefined) {
    w.int64(56, m.end);
  }
  if (m.json !== "") {
    w.string(66, m.json);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeMedia(w: WireWriter, m: Media): void {
  const source = m.source;
  if (m.kind !== 0) {
    w.int32(8, m.kind);
  }
  if (m.mimeType !== "") {
    w.string(18, m.mimeType);
  }
  if (source.case === "data") {
    w.bytes(26, source.value);
  }
  if (source.case === "url") {
    w.string(34, source.value);
  }
  if (source.case === "fileId") {
    w.string(42, source.value);
  }
  if (m.name !== "") {
    w.string(50, m.name);
  }
  if (m.id !== "") {
    w.string(58, m.id);
  }
  if (m.transcript !== "") {
    w.string(66, m.transcript);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeToolCall(w: WireWriter, m: ToolCall): void {
  if (m.id !== "") {
    w.string(10, m.id);
  }
  if (m.name !== "") {
    w.string(18, m.name);
  }
  if (m.arguments !== "") {
    w.string(26, m.arguments);
  }
  if (m.validJson !== false) {
    w.bool(32, m.validJson);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeToolResult(w: WireWriter, m: ToolResult): void {
  if (m.toolCallId !== "") {
    w.string(10, m.toolCallId);
  }
  for (const item of m.parts) {
    const start = w.fork(18);
    writePart(w, item);
    w.join(start);
  }
  if (m.isError !== false) {
    w.bool(24, m.isError);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeThinking(w: WireWriter, m: Thinking): void {
  if (m.text !== "") {
    w.string(10, m.text);
  }
  if (m.signature !== "") {
    w.string(18, m.signature);
  }
  if (m.redacted.length > 0) {
    w.bytes(26, m.redacted);
  }
  if (m.adapter !== "") {
    w.string(34, m.adapter);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeRefusal(w: WireWriter, m: Refusal): void {
  if (m.text !== "") {
    w.string(10, m.text);
  }
  if (m.category !== "") {
    w.string(18, m.category);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeProviderBlock(w: WireWriter, m: ProviderBlock): void {
  if (m.adapter !== "") {
    w.string(10, m.adapter);
  }
  if (m.type !== "") {
    w.string(18, m.type);
  }
  if (m.json !== "") {
    w.string(26, m.json);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeCacheHint(w: WireWriter, m: CacheHint): void {
  if (m.ttl !== undefined) {
    const start = w.fork(10);
    writeDuration(w, m.ttl);
    w.join(start);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeDuration(w: WireWriter, m: Duration): void {
  if (m.seconds !== 0n) {
    w.int64(8, m.seconds);
  }
  if (m.nanos !== 0) {
    w.int32(16, m.nanos);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeUsage(w: WireWriter, m: Usage): void {
  if (m.inputTokens !== 0n) {
    w.int64(8, m.inputTokens);
  }
  if (m.outputTokens !== 0n) {
    w.int64(16, m.outputTokens);
  }
  if (m.cacheReadTokens !== 0n) {
    w.int64(24, m.cacheReadTokens);
  }
  if (m.cacheWriteTokens !== 0n) {
    w.int64(32, m.cacheWriteTokens);
  }
  if (m.reasoningTokens !== 0n) {
    w.int64(40, m.reasoningTokens);
  }
  if (m.inputAudioTokens !== 0n) {
    w.int64(48, m.inputAudioTokens);
  }
  if (m.outputAudioTokens !== 0n) {
    w.int64(56, m.outputAudioTokens);
  }
  for (const key of Object.keys(m.serverToolUses)) {
    const start = w.fork(66);
    w.string(10, key);
    w.int64(16, m.serverToolUses[key]!);
    w.join(start);
  }
  if (m.source !== 0) {
    w.int32(72, m.source);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeCost(w: WireWriter, m: Cost): void {
  if (m.amountNanos !== 0n) {
    w.int64(8, m.amountNanos);
  }
  if (m.known !== false) {
    w.bool(16, m.known);
  }
  if (m.asOf !== "") {
    w.string(26, m.asOf);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeWarning(w: WireWriter, m: Warning): void {
  if (m.field !== "") {
    w.string(10, m.field);
  }
  if (m.message !== "") {
    w.string(18, m.message);
  }
  if (m.kind !== 0) {
    w.int32(24, m.kind);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeRoute(w: WireWriter, m: Route): void {
  if (m.provider !== "") {
    w.string(10, m.provider);
  }
  if (m.target !== "") {
    w.string(18, m.target);
  }
  if (m.region !== "") {
    w.string(26, m.region);
  }
  if (m.rule !== "") {
    w.string(34, m.rule);
  }
  if (m.simulated !== false) {
    w.bool(40, m.simulated);
  }
  for (const item of m.attempts) {
    const start = w.fork(50);
    writeAttempt(w, item);
    w.join(start);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeAttempt(w: WireWriter, m: Attempt): void {
  if (m.target !== "") {
    w.string(10, m.target);
  }
  if (m.region !== "") {
    w.string(18, m.region);
  }
  if (m.reason !== "") {
    w.string(26, m.reason);
  }
  if (m.httpStatus !== 0) {
    w.int32(32, m.httpStatus);
  }
  if (m.startOffset !== undefined) {
    const start = w.fork(42);
    writeDuration(w, m.startOffset);
    w.join(start);
  }
  if (m.firstDelta !== undefined) {
    const start = w.fork(50);
    writeDuration(w, m.firstDelta);
    w.join(start);
  }
  if (m.total !== undefined) {
    const start = w.fork(58);
    writeDuration(w, m.total);
    w.join(start);
  }
  if (m.providerRequestId !== "") {
    w.string(66, m.providerRequestId);
  }
  if (m.usage !== undefined) {
    const start = w.fork(74);
    writeUsage(w, m.usage);
    w.join(start);
  }
  if (m.model !== "") {
    w.string(82, m.model);
  }
  if (m.keyIndex !== 0) {
    w.int32(88, m.keyIndex);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeTimestamp(w: WireWriter, m: Timestamp): void {
  if (m.seconds !== 0n) {
    w.int64(8, m.seconds);
  }
  if (m.nanos !== 0) {
    w.int32(16, m.nanos);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeStreamCallResponse(w: WireWriter, m: StreamCallResponse): void {
  const event = m.event;
  if (event.case === "started") {
    const start = w.fork(10);
    writeStreamStarted(w, event.value);
    w.join(start);
  }
  if (event.case === "partStarted") {
    const start = w.fork(18);
    writePartStarted(w, event.value);
    w.join(start);
  }
  if (event.case === "textDelta") {
    const start = w.fork(26);
    writeTextDelta(w, event.value);
    w.join(start);
  }
  if (event.case === "thinkingDelta") {
    const start = w.fork(34);
    writeThinkingDelta(w, event.value);
    w.join(start);
  }
  if (event.case === "toolCallDelta") {
    const start = w.fork(42);
    writeToolCallDelta(w, event.value);
    w.join(start);
  }
  if (event.case === "partFinished") {
    const start = w.fork(50);
    writePartFinished(w, event.value);
    w.join(start);
  }
  if (event.case === "usage") {
    const start = w.fork(58);
    writeUsage(w, event.value);
    w.join(start);
  }
  if (event.case === "heartbeat") {
    const start = w.fork(66);
    writeHeartbeat(w, event.value);
    w.join(start);
  }
  if (event.case === "segmentRestarted") {
    const start = w.fork(74);
    writeSegmentRestarted(w, event.value);
    w.join(start);
  }
  if (event.case === "finished") {
    const start = w.fork(82);
    writeStreamFinished(w, event.value);
    w.join(start);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeStreamStarted(w: WireWriter, m: StreamStarted): void {
  if (m.route !== undefined) {
    const start = w.fork(10);
    writeRoute(w, m.route);
    w.join(start);
  }
  if (m.id !== "") {
    w.string(18, m.id);
  }
  if (m.model !== "") {
    w.string(26, m.model);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writePartStarted(w: WireWriter, m: PartStarted): void {
  if (m.partIndex !== 0) {
    w.int32(8, m.partIndex);
  }
  if (m.kind !== 0) {
    w.int32(16, m.kind);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeTextDelta(w: WireWriter, m: TextDelta): void {
  if (m.partIndex !== 0) {
    w.int32(8, m.partIndex);
  }
  if (m.text !== "") {
    w.string(18, m.text);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeThinkingDelta(w: WireWriter, m: ThinkingDelta): void {
  if (m.partIndex !== 0) {
    w.int32(8, m.partIndex);
  }
  if (m.text !== "") {
    w.string(18, m.text);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeToolCallDelta(w: WireWriter, m: ToolCallDelta): void {
  if (m.partIndex !== 0) {
    w.int32(8, m.partIndex);
  }
  if (m.id !== "") {
    w.string(18, m.id);
  }
  if (m.name !== "") {
    w.string(26, m.name);
  }
  if (m.arguments !== "") {
    w.string(34, m.arguments);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writePartFinished(w: WireWriter, m: PartFinished): void {
  if (m.partIndex !== 0) {
    w.int32(8, m.partIndex);
  }
  if (m.part !== undefined) {
    const start = w.fork(18);
    writePart(w, m.part);
    w.join(start);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeHeartbeat(w: WireWriter, m: Heartbeat): void {
  if (m.elapsed !== undefined) {
    const start = w.fork(10);
    writeDuration(w, m.elapsed);
    w.join(start);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeSegmentRestarted(w: WireWriter, m: SegmentRestarted): void {
  if (m.segment !== 0) {
    w.int32(8, m.segment);
  }
  if (m.target !== "") {
    w.string(18, m.target);
  }
  if (m.reason !== "") {
    w.string(26, m.reason);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeStreamFinished(w: WireWriter, m: StreamFinished): void {
  if (m.response !== undefined) {
    const start = w.fork(10);
    writeLLMResponse(w, m.response);
    w.join(start);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeBatchCallResponse(w: WireWriter, m: BatchCallResponse): void {
  for (const item of m.results) {
    const start = w.fork(10);
    writeBatchResult(w, item);
    w.join(start);
  }
  if (m.summary !== undefined) {
    const start = w.fork(18);
    writeBatchSummary(w, m.summary);
    w.join(start);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeBatchResult(w: WireWriter, m: BatchResult): void {
  const outcome = m.outcome;
  if (m.id !== "") {
    w.string(10, m.id);
  }
  if (m.index !== 0) {
    w.int32(16, m.index);
  }
  if (outcome.case === "response") {
    const start = w.fork(26);
    writeLLMResponse(w, outcome.value);
    w.join(start);
  }
  if (outcome.case === "error") {
    const start = w.fork(34);
    writeStatus(w, outcome.value);
    w.join(start);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeStatus(w: WireWriter, m: Status): void {
  if (m.code !== 0) {
    w.int32(8, m.code);
  }
  if (m.message !== "") {
    w.string(18, m.message);
  }
  for (const item of m.details) {
    const start = w.fork(26);
    writeAny(w, item);
    w.join(start);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeAny(w: WireWriter, m: Any): void {
  if (m.typeUrl !== "") {
    w.string(10, m.typeUrl);
  }
  if (m.value.length > 0) {
    w.bytes(18, m.value);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeBatchSummary(w: WireWriter, m: BatchSummary): void {
  if (m.total !== 0) {
    w.int32(8, m.total);
  }
  if (m.succeeded !== 0) {
    w.int32(16, m.succeeded);
  }
  if (m.failed !== 0) {
    w.int32(24, m.failed);
  }
  if (m.notStarted !== 0) {
    w.int32(32, m.notStarted);
  }
  if (m.usage !== undefined) {
    const start = w.fork(42);
    writeUsage(w, m.usage);
    w.join(start);
  }
  if (m.cost !== undefined) {
    const start = w.fork(50);
    writeCost(w, m.cost);
    w.join(start);
  }
  if (m.duration !== undefined) {
    const start = w.fork(58);
    writeDuration(w, m.duration);
    w.join(start);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}

function writeStreamBatchCallResponse(w: WireWriter, m: StreamBatchCallResponse): void {
  const event = m.event;
  if (event.case === "result") {
    const start = w.fork(10);
    writeBatchResult(w, event.value);
    w.join(start);
  }
  if (event.case === "summary") {
    const start = w.fork(18);
    writeBatchSummary(w, event.value);
    w.join(start);
  }
  if (m.$unknown !== undefined) w.unknown(m.$unknown);
}
