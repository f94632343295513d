import type { JsonObject } from "@bufbuild/protobuf";
import type { CacheHint } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { cacheControl } from "../cache-control.ts";
import type { WarningList } from "../warning-list.ts";

const pointsMax = 4;

interface PlacedPoint {
  readonly point: JsonObject;
  readonly field: string;
}

/** Blocks that ask for caching up to where they stand; Converse takes four. */
export class CachePoints {
  readonly #warnings: WarningList;
  readonly #points: PlacedPoint[] = [];

  constructor(warnings: WarningList) {
    this.#warnings = warnings;
  }

  /** A point for a hint, to be put behind what is cached. Call it in the order of the prompt. */
  point(hint: CacheHint, field: string): JsonObject {
    const { ttl } = cacheControl(hint, field, this.#warnings);
    const point: JsonObject = { cachePoint: { type: "default", ...(ttl && { ttl }) } };
    this.#points.push({ point, field });
    return point;
  }

  /** Those of the points that are too many: all but the last four, which reach furthest. */
  surplus(): ReadonlySet<unknown> {
    const surplus = this.#points.slice(0, -pointsMax);
    for (const { field } of surplus) {
      this.#warnings.dropped(`${field}.cache`, "the API takes four hints; the last four were kept");
    }
    return new Set(surplus.map(({ point }) => point));
  }
}
