import type { EncodeInput } from "../../contract/adapter.ts";
import { type ModelTraits, modelTraits } from "../anthropic-messages/model-traits.ts";
import { UniqueToolIDs } from "../anthropic-messages/unique-tool-ids.ts";
import { ToolIDs } from "../openai-tool-ids.ts";
import { RawJSON } from "../raw-json.ts";
import { WarningList } from "../warning-list.ts";
import { CachePoints } from "./cache-points.ts";
import { DocumentNames } from "./document-names.ts";

/** What the encoders of one request share. */
export interface EncodeScope {
  /** Key of this adapter's entries in `provider_options`, and mark of its own blocks. */
  readonly adapter: string;
  readonly model: string;
  /** Whether the model is Claude, which the name of an ARN may not tell but its adapter does. */
  readonly isClaude: boolean;
  /** What Claude takes. Of no use for other models. */
  readonly traits: ModelTraits;
  readonly warnings: WarningList;
  readonly raw: RawJSON;
  readonly cache: CachePoints;
  readonly toolIDs: UniqueToolIDs;
  readonly documents: DocumentNames;
}

/**
 * Longest id that is sent as it is: Converse takes 64 characters, and equal ones are told apart.
 */
const idCharactersMax = 60;

/** A fresh scope for one request. */
export function encodeScope({ adapter, model }: EncodeInput): EncodeScope {
  const warnings = new WarningList();
  const traits = modelTraits(model);
  const ids = new ToolIDs(idCharactersMax);
  return {
    adapter,
    model,
    isClaude: traits.claude || adapter === "anthropic",
    traits,
    warnings,
    raw: new RawJSON(),
    cache: new CachePoints(warnings),
    toolIDs: new UniqueToolIDs((id) => ids.map(id.replace(/[^a-zA-Z0-9_.:-]/g, "_") || "call")),
    documents: new DocumentNames(warnings),
  };
}
