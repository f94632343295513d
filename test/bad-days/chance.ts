import { seededRandom } from "../corpus/pieces.ts";

/** Chance from keys: equal keys give equal numbers, on every machine. */
export class Chance {
  /** The next number, 0 or more and below 1. */
  readonly next: () => number;

  constructor(...keys: readonly number[]) {
    let seed = 0x9e3779b9;
    for (const key of keys) {
      seed = Math.imul(seed ^ (key | 0), 0x85ebca6b);
      seed = Math.imul(seed ^ (seed >>> 13), 0xc2b2ae35);
      seed ^= seed >>> 16;
    }
    this.next = seededRandom(seed);
  }

  /** Whether something of this likelihood happens. */
  happens(likelihood: number): boolean {
    return this.next() < likelihood;
  }

  /** A whole number from `from` to below `to`. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from));
  }

  /** One item of a list that is not empty. */
  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)] as T;
  }

  /** One of the names, as likely as its weight says. */
  pickWeighted<T extends string>(weights: Readonly<Partial<Record<T, number>>>): T {
    const entries = Object.entries(weights) as [T, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    return entries.at(-1)?.[0] as T;
  }

  /** A gap between arrivals that come by chance, ms; `meanMs` on average. */
  gapMs(meanMs: number): number {
    return -Math.log(1 - this.next()) * meanMs;
  }

  /** A span that is mostly near `medianMs`, sometimes a few times as long, ms. */
  spanMs(medianMs: number, spread = 0.4): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return medianMs * Math.exp(spread * normal);
  }
}
