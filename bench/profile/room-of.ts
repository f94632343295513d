import type { ProfiledFunction } from "./cpu-profile.ts";

/** The rooms that time is told by, in the order of a request's way. */
export const rooms = [
  "src/rpc",
  "src/dispatch",
  "src/resilience",
  "src/http",
  "src/framing",
  "src/dialects, src/providers",
  "src, the rest",
  "protobuf",
  "connect",
  "undici",
  "node: http2",
  "node: net, streams",
  "node: timers, promises",
  "node, the rest",
  "packages, the rest",
  "collection",
  "native, system",
] as const;

/** One of the rooms that time is told by. */
export type Room = (typeof rooms)[number];

const places: readonly (readonly [RegExp, Room])[] = [
  [/\/node_modules\/@bufbuild\/|\/gen\/ts\//, "protobuf"],
  [/\/node_modules\/@connectrpc\//, "connect"],
  [/\/node_modules\/undici\/|^node:internal\/deps\/undici/, "undici"],
  [/\/node_modules\//, "packages, the rest"],
  [/\/src\/rpc\//, "src/rpc"],
  [/\/src\/dispatch\//, "src/dispatch"],
  [/\/src\/resilience\//, "src/resilience"],
  [/\/src\/http\//, "src/http"],
  [/\/src\/framing\//, "src/framing"],
  [/\/src\/(dialects|providers)\//, "src/dialects, src/providers"],
  [/\/src\//, "src, the rest"],
  [/^node:(internal\/)?http2/, "node: http2"],
  [/^node:(internal\/)?(net|tls|_tls|stream|streams|buffer|_http|http)\b/, "node: net, streams"],
  [/^node:internal\/(stream_base_commons|js_stream)/, "node: net, streams"],
  [
    /^node:(internal\/)?(timers|process\/(task_queues|promises)|async_hooks)/,
    "node: timers, promises",
  ],
  [/^node:(internal\/)?(events|abort_controller|event_target)/, "node: timers, promises"],
  [/^node:/, "node, the rest"],
];

/**
 * The room of a function. What has no file is work of V8 and of the system: writes to sockets, the
 * protocol engine of HTTP/2, JSON, copies of bytes.
 */
export function roomOf({ functionName, url }: ProfiledFunction): Room {
  if (functionName === "(garbage collector)") return "collection";
  return places.find(([pattern]) => pattern.test(url))?.[1] ?? "native, system";
}
