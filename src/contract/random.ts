/** The only source of chance: a number from 0 to below 1. Passed in, so that every rule is tested. */
export type Random = () => number;

/** The machine's source of chance. */
export const systemRandom: Random = Math.random;
