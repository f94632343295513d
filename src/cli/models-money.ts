const nanosPerDollar = 1_000_000_000n;

/** Nano-USD as US dollars, without zeros at the end, such as "0.125". */
export function dollars(nanos: bigint): string {
  const fraction = String(nanos % nanosPerDollar)
    .padStart(9, "0")
    .replace(/0+$/, "");
  const whole = String(nanos / nanosPerDollar);
  return fraction === "" ? whole : `${whole}.${fraction}`;
}
