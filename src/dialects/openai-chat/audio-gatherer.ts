import type { JsonObject } from "@bufbuild/protobuf";
import { MediaKind } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { fromBase64 } from "../base64.ts";
import { textOf, unknownMembers } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import { withoutZeros } from "./usage.ts";

const audioMembers: ReadonlySet<string> = new Set(["id", "data", "transcript"]);

/** Puts spoken output together: id, transcript and sound come piece by piece in a stream. */
export class AudioGatherer {
  readonly #builder: ResponseBuilder;
  readonly #sound: Uint8Array[] = [];
  #id = "";
  #transcript = "";
  #rest: JsonObject | undefined;

  constructor(builder: ResponseBuilder) {
    this.#builder = builder;
  }

  /** Takes `audio` of a message or delta. */
  take(audio: JsonObject): void {
    this.#id ||= textOf(audio.id);
    this.#transcript += textOf(audio.transcript);
    const data = textOf(audio.data);
    // Each piece is base64 for itself, padding included.
    if (data !== "") this.#sound.push(fromBase64(data));
    const rest = unknownMembers(audio, audioMembers);
    if (rest !== undefined) this.#rest = { ...this.#rest, ...rest };
  }

  /** Adds the part, if there was any sound. Returns what the contract has no place for. */
  finish(): JsonObject | undefined {
    if (this.#id === "" && this.#transcript === "" && this.#sound.length === 0) {
      const said = withoutZeros(this.#rest);
      return Object.keys(said).length === 0 ? undefined : said;
    }
    const data = new Uint8Array(Buffer.concat(this.#sound));
    this.#builder.addWhole({
      kind: {
        case: "media",
        value: {
          kind: MediaKind.AUDIO,
          mimeType: mimeTypeOf(data),
          id: this.#id,
          transcript: this.#transcript,
          source: { case: "data", value: data },
        },
      },
    });
    return this.#rest;
  }
}

const marks: readonly (readonly [string, string])[] = [
  ["RIFF", "audio/wav"],
  ["ID3", "audio/mpeg"],
  ["fLaC", "audio/flac"],
  ["OggS", "audio/ogg"],
];

/**
 * The answer does not name the format that was asked for; its first bytes do. Empty: raw samples.
 */
function mimeTypeOf(data: Uint8Array): string {
  const head = String.fromCharCode(...data.subarray(0, 4));
  const named = marks.find(([mark]) => head.startsWith(mark))?.[1];
  if (named !== undefined) return named;
  const [first = 0, second = 0] = data;
  return first === 0xff && (second & 0xe0) === 0xe0 ? "audio/mpeg" : "";
}
