import type { JsonObject } from "@bufbuild/protobuf";
import type { Media, Part, ToolResult } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { isObjectText } from "../json.ts";
import { mediaType } from "../media-facts.ts";
import { withOptions } from "../own-options.ts";
import { requestField } from "../request-field.ts";
import { isGivenCallID } from "./call-names.ts";
import { mediaPart } from "./encode-media.ts";
import type { EncodeScope } from "./encode-scope.ts";
import type { WirePart } from "./wire.ts";

/** What a result holds, sorted by where it goes. */
interface ResultContent {
  readonly texts: string[];
  /** Media inside the result. */
  readonly inner: JsonObject[];
  /** Media that stand behind it, where the model takes none inside. */
  readonly behind: JsonObject[];
}

/**
 * The result of a tool as `functionResponse`, under the name of the tool that its call asked for.
 * One text that is a JSON object is sent as that object; other words go under "output", or under
 * "error" where the tool failed. Throws INVALID_REQUEST where no call stands before it.
 */
export function encodeResult(
  result: ToolResult,
  { providerOptions }: Part,
  field: string,
  scope: EncodeScope,
): readonly WirePart[] {
  const id = result.toolCallId;
  const name = scope.calls.take(id);
  if (name === undefined) {
    const place = requestField(`${field}.tool_result.tool_call_id`);
    throw invalidField(place, "no call with this id stands before it");
  }
  const { texts, inner, behind } = sorted(result, `${field}.tool_result`, scope);
  const sent: JsonObject = {
    functionResponse: {
      ...(scope.host.callIDs && isGivenCallID(id) && { id }),
      name,
      response: responseOf(texts, result.isError, field, scope),
      ...(inner.length > 0 && { parts: inner }),
    },
  };
  return [withOptions(sent, providerOptions, field, scope), ...behind];
}

function responseOf(
  texts: readonly string[],
  isError: boolean,
  field: string,
  { raw }: EncodeScope,
): WirePart {
  const [text = ""] = texts;
  const isPlain = texts.length <= 1;
  if (isPlain && isObjectText(text)) {
    const object = raw.hold(text, requestField(`${field}.tool_result`));
    return isError ? { error: object } : object;
  }
  if (texts.length === 0) return isError ? { error: "" } : {};
  return { [isError ? "error" : "output"]: isPlain ? text : [...texts] };
}

function sorted({ parts }: ToolResult, field: string, scope: EncodeScope): ResultContent {
  const content: ResultContent = { texts: [], inner: [], behind: [] };
  for (const [index, part] of parts.entries()) {
    const place = `${field}.parts[${index}]`;
    const { kind, cache } = part;
    if (cache !== undefined) {
      scope.warnings.dropped(`${place}.cache`, "the API takes no marks: it caches by itself");
    }
    if (kind.case === "text") content.texts.push(kind.value.text);
    else if (kind.case === "refusal") content.texts.push(kind.value.text);
    else if (kind.case === "media") addMedia(content, part, kind.value, place, scope);
    else scope.warnings.dropped(place, "a result of a tool holds text and media only here");
  }
  return content;
}

/** Types that the API takes inside a result. */
const innerTypes = /^(?:image\/(?:png|jpe?g|webp)|application\/pdf|text\/plain)$/;

function addMedia(
  content: ResultContent,
  part: Part,
  media: Media,
  field: string,
  scope: EncodeScope,
): void {
  const sent = withOptions(mediaPart(media, field, scope), part.providerOptions, field, scope);
  const isFile = sent.inlineData === undefined;
  const isInner =
    scope.traits.resultMedia &&
    (isFile ? scope.host.resultFiles : innerTypes.test(mediaType(media)));
  if (!isInner) {
    scope.warnings.changed(field, "sent behind the result: it cannot stand inside it here");
  }
  (isInner ? content.inner : content.behind).push(sent);
}
