import { isObject, type JSONObject, objectsIn } from "../json.ts";
import { cacheBlock } from "../prompt-cache.ts";
import { createRandom } from "../random.ts";
import type { Script, ScriptPart } from "../script.ts";
import { faultyUsage } from "../usage-fault.ts";
import { wantsStream } from "../wants-stream.ts";
import type { Answer, Call, StreamBody, StreamItem } from "../wire.ts";
import { writeScript } from "../write-script.ts";
import { checkRequest } from "./check-request.ts";
import { failureBody } from "./failures.ts";
import { readPrompt } from "./read-prompt.ts";

/** Answers `/api/chat`. It is streamed unless the request says otherwise. */
export function chat(call: Call): Answer {
  const { body, directive, model } = call;
  checkRequest(body, model);
  const isStream = wantsStream(call, body.stream !== false);
  if (objectsIn(body.messages).length === 0) {
    const done_reason = isUnload(body.keep_alive) ? "unload" : "load";
    const empty = { ...line(call, { content: "" }), done: true, done_reason };
    if (!isStream) return { kind: "json", body: empty };
    return { kind: "stream", body: streamBody(call, [lineItem("end", empty)]) };
  }
  const script = writeScript(readPrompt(call), directive, call.seed, 0);
  return isStream
    ? { kind: "stream", body: streamBody(call, lines(script, call)) }
    : {
        kind: "json",
        body: { ...line(call, wholeMessage(script, call)), ...ending(script, call) },
      };
}

function isUnload(keepAlive: unknown): boolean {
  return keepAlive === 0 || keepAlive === "0" || keepAlive === "0s";
}

function line({ model, nowMs }: Call, message: JSONObject): JSONObject {
  const created_at = new Date(nowMs).toISOString().replace("Z", "000000Z");
  return { model, created_at, message: { role: "assistant", ...message } };
}

/** The server writes the marks of HTML as escapes. */
function lineItem(role: StreamItem["role"], data: JSONObject): StreamItem {
  const json = JSON.stringify(data).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e");
  return { role, text: `${json}\n` };
}

function streamBody(call: Call, items: Iterable<StreamItem>): StreamBody {
  return {
    contentType: "application/x-ndjson",
    items,
    failure: (failure) => [lineItem("other", failureBody(failure) as JSONObject)],
    ping: lineItem("other", { ...line(call, { content: "" }), done: false }),
    itemEnd: "\n",
  };
}

function* lines(script: Script, call: Call): Generator<StreamItem> {
  const { directive } = call;
  const item = (role: StreamItem["role"], message: JSONObject): StreamItem =>
    lineItem(role, { ...line(call, message), done: false });
  if (directive.unknownEvent) yield lineItem("other", { simulated: "No client knows this line." });
  if (directive.unknownBlock) yield item("other", { content: "", simulated_block: "unknown" });
  for (const part of script.parts) {
    if (part.kind === "thinking") {
      for (const thinking of part.deltas) yield item("delta", { content: "", thinking });
    } else if (part.kind === "text" || part.kind === "refusal") {
      for (const content of part.deltas) yield item("delta", { content });
    }
  }
  const calls = toCalls(script, call);
  if (calls.length > 0) yield item("delta", { content: "", tool_calls: calls });
  const last = line(call, { content: halfCall(script) });
  yield lineItem("end", { ...last, ...ending(script, call) });
}

function wholeMessage(script: Script, call: Call): JSONObject {
  const join = (...kinds: readonly ScriptPart["kind"][]): string =>
    script.parts
      .flatMap((part) => (kinds.includes(part.kind) && "deltas" in part ? part.deltas : []))
      .join("");
  const thinking = join("thinking");
  const calls = toCalls(script, call);
  return {
    content: `${join("text", "refusal")}${halfCall(script)}`,
    ...(thinking !== "" && { thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(call.directive.unknownBlock && { simulated_block: "unknown" }),
  };
}

/** Calls whose arguments are whole. */
function toCalls(script: Script, { seed, key }: Call): JSONObject[] {
  const random = createRandom(seed, "tool call ids", key);
  return script.parts
    .flatMap((part) => (part.kind === "tool-call" ? [part] : []))
    .flatMap(({ name, deltas }, index): JSONObject[] => {
      const id = `call_${random.text(8, "abcdefghijklmnopqrstuvwxyz0123456789")}`;
      const given = parseObject(deltas.join(""));
      return given ? [{ id, function: { index, name, arguments: given } }] : [];
    });
}

/** A call that was cut short comes as text. */
function halfCall(script: Script): string {
  const last = script.parts.at(-1);
  if (last?.kind !== "tool-call" || parseObject(last.deltas.join(""))) return "";
  return `{"name": ${JSON.stringify(last.name)}, "arguments": ${last.deltas.join("")}`;
}

function parseObject(json: string): JSONObject | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function ending(script: Script, { body, directive }: Call): JSONObject {
  const usual = directive.unknownStopReason ? "simulated_done_reason" : undefined;
  const reason = script.stop === "limit" ? "length" : "stop";
  const prompt_eval_count = cacheBlock([body.tools, body.messages], undefined).tokens;
  const counts = { prompt_eval_count, eval_count: script.outputTokens };
  const usage =
    faultyUsage(counts, directive) ??
    (directive.usage === "null" ? { prompt_eval_count: null, eval_count: null } : {});
  return {
    done: true,
    done_reason: directive.finish ?? usual ?? reason,
    total_duration: 180_000_000,
    load_duration: 20_000_000,
    ...usage,
    prompt_eval_duration: 60_000_000,
    eval_duration: 100_000_000,
  };
}
