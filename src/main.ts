import { startProcess } from "./cli/start-process.ts";

await startProcess(async () =>
  (await import("./cli/serve-command.ts")).serveCommand().name("connectors"),
);
