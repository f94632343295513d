// Simulates bad days: `npm run simulate -- --help`.
import { runCLI } from "./cli.ts";

process.exitCode = await runCLI(process.argv.slice(2));
