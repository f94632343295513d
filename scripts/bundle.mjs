// Gathers a program and all that it imports into a few files: six hundred modules would cost most
// of the time that a start takes.
import { build } from "rolldown";

const http = "node:http";
const lazyHTTP = `\0${http}`;

// To import `node:http` is to read each of its exports once, and behind WebSocket is a whole HTTP
// client of Node's own that nothing here uses. What require would give has them unread.
const unreadHTTP = {
  name: "unread-http",
  resolveId: (id) => (id === http ? lazyHTTP : null),
  load: (id) =>
    id === lazyHTTP ? `module.exports = process.getBuiltinModule(${JSON.stringify(http)});` : null,
};

/** Bundles `input`, a path or paths by the names of their bundles, into an empty folder. */
export async function bundle(input, folder) {
  await build({
    input,
    platform: "node",
    logLevel: "warn",
    plugins: [unreadHTTP],
    output: { dir: folder, cleanDir: true },
  });
}
