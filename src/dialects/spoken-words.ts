import type { Media } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { WarningList } from "./warning-list.ts";

/**
 * What was said in media that a model made and that its API does not take back, which `why` says.
 * Undefined: nothing was. Either way a warning tells what became of the part at `field`.
 */
export function spokenWords(
  { transcript }: Media,
  field: string,
  why: string,
  warnings: WarningList,
): string | undefined {
  if (transcript.trim() === "") {
    warnings.dropped(field, why);
    return undefined;
  }
  warnings.changed(field, `${why}: its transcript was sent`);
  return transcript;
}
