/**
 * Header of every request to a provider: how many Connectors servers it has left, which is always
 * one. A server that gets a request with it stands where a provider should be, and refuses it.
 */
export const hopHeader = "x-connectors-hop";

/** HTTP status of that refusal (RFC 5842, "Loop Detected"); the header is in it too. */
export const loopStatus = 508;
