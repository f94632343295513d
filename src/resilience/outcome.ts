/**
 * What an attempt says of its target's health.
 *
 * - `fine`: an answer came, also one that is the caller's or the operator's matter.
 * - `failed`: the target answered badly: 5xx, malformed, truncated, overloaded.
 * - `silent`: no answer came: no connection, connection lost, timeout, stall.
 * - `refused`: the target is well and wants fewer calls: rate limit, ramp limit, quota.
 * - `unknown`: nothing was learnt: cancelled, hedge lost, never sent, a fault of ours.
 */
export type Outcome = "fine" | "failed" | "silent" | "refused" | "unknown";
