// Runs before `npm start`: installs what is missing, then bundles what has changed.
import "./ensure-install.mjs";

if (!process.exitCode) await import("./ensure-bundle.mjs");
