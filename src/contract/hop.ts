/**
 * Header that every request to a provider carries, with the count of Connectors servers that it has
 * left, and that a server answers a request with that comes back to one: a loop (ROUTING_LOOP).
 */
export const hopHeader = "x-connectors-hop";
