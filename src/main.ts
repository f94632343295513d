import { runCommand } from "./server/run-command.ts";
import { serveCommand } from "./server/serve-command.ts";

await runCommand(serveCommand().name("connectors"), process.argv);
