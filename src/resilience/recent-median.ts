const samplesMax = 16;

/** The median of the last 16 samples: what is usual, whatever single ones were like. */
export class RecentMedian {
  readonly #samples: Float64Array = new Float64Array(samplesMax);
  #count = 0;

  /** Takes a sample. */
  add(value: number): void {
    this.#samples[this.#count % samplesMax] = value;
    this.#count++;
  }

  /** The median; of an even number, the lower of the two in the middle. Unset: no sample yet. */
  get value(): number | undefined {
    const sorted = this.#samples.slice(0, Math.min(this.#count, samplesMax)).sort();
    return sorted[Math.floor((sorted.length - 1) / 2)];
  }
}
