// Gathers a program and all that it imports into a few files: six hundred modules would cost most
// of the time that a start takes.
import { build } from "rolldown";

const unread = "\0unread-http";

// To import `node:http` is to read each of its exports once, and behind WebSocket is a whole HTTP
// client of Node's own that nothing here uses. What require would give has them unread.
const unreadHTTP = {
  name: "unread-http",
  resolveId: (id) => (id === "node:http" ? unread : null),
  load: (id) => (id === unread ? 'module.exports = process.getBuiltinModule("node:http");' : null),
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
