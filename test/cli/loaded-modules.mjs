// Preloaded by a test: tells on standard error which modules a process loads.

import { writeSync } from "node:fs";
import { registerHooks } from "node:module";

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith("node:")) writeSync(2, `${url}\n`);
    return nextLoad(url, context);
  },
});
