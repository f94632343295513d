#!/usr/bin/env node
import { runCommand } from "./run-command.ts";
import { toolCommand } from "./tool-command.ts";

await runCommand(toolCommand(), process.argv);
