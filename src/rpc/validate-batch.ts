import type {
  BatchCallRequest,
  BatchItem,
  StreamBatchCallRequest,
} from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import type { CallOptions } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import type { Limits } from "../contract/limits.ts";
import { itemId } from "../dispatch/batch-run.ts";
import { checkOptions } from "./validate-options.ts";
import { checkWord } from "./validate-text.ts";
import { Violations } from "./violations.ts";

const idCharactersMax = 255;

/**
 * Checks what concerns a batch as a whole: how many items there are, their ids, the options of all.
 * Each item is checked when it begins. Throws one INVALID_REQUEST with up to 32 violations.
 */
export function validateBatch(
  request: BatchCallRequest | StreamBatchCallRequest,
  limits: Limits,
): void {
  const violations = new Violations();
  const { items, maxConcurrency } = request;
  if (items.length === 0) violations.add("items", "at least one is required");
  else if (items.length > limits.batchItems) {
    const max = limits.batchItems;
    violations.add("items", `has ${items.length} entries, at most ${max} are allowed`);
  } else checkIds(violations, items);
  if (maxConcurrency < 0 || maxConcurrency > limits.batchConcurrencyMax) {
    const max = limits.batchConcurrencyMax;
    violations.add("max_concurrency", `must be 1 to ${max}, or 0 for the default`);
  }
  if (request.defaultOptions) checkDefaults(violations, request.defaultOptions, limits);
  violations.throwIfAny();
}

function checkIds(violations: Violations, items: readonly BatchItem[]): void {
  const indexes = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const field = `items[${index}].id`;
    checkWord(violations, field, item.id, idCharactersMax);
    const id = itemId(item, index);
    const other = indexes.get(id);
    if (other === undefined) indexes.set(id, index);
    else violations.add(field, `is that of items[${other}] too; ids must be unique`);
  }
}

function checkDefaults(violations: Violations, defaults: CallOptions, limits: Limits): void {
  // A key that a base URL needs may stand in the options of each item.
  const apiKey = defaults.apiKey || "of the item";
  checkOptions(new DefaultViolations(violations), { ...defaults, apiKey }, limits);
  if (defaults.requestId !== "") {
    violations.add("default_options.request_id", "belongs to one item: set it in its options");
  }
}

/** Violations of options, under the name that these have in a batch. */
class DefaultViolations extends Violations {
  readonly #violations: Violations;

  constructor(violations: Violations) {
    super();
    this.#violations = violations;
  }

  override add(field: string, description: string): void {
    this.#violations.add(`default_${field}`, description);
  }
}
