import type { Frame } from "../contract/adapter.ts";
import { isWhole } from "./frame-rules.ts";
import { LineSplitter } from "./line-splitter.ts";

/**
 * JSON lines: one frame for each line that is not blank. A last line without its newline is given
 * by `end` if it is whole (see `isWhole`).
 */
export class NDJSONFramer {
  readonly #lines: LineSplitter;
  #frames: Frame[] = [];

  constructor(lineBytesMax: number) {
    this.#lines = new LineSplitter(lineBytesMax, (buffer, start, end) => {
      const data = buffer.toString("utf8", start, end);
      if (data.trim() !== "") this.#frames.push({ event: "", data, id: "" });
    });
  }

  push(chunk: Uint8Array): readonly Frame[] {
    this.#lines.push(chunk);
    return this.#takeFrames();
  }

  end(): readonly Frame[] {
    this.#lines.end();
    return this.#takeFrames().filter((frame) => isWhole(frame.data));
  }

  #takeFrames(): readonly Frame[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }
}
