import type { ViteUserConfig } from "vitest/config";

/** Tests against servers that others wrote; their set-up installs them. */
const config: ViteUserConfig = {
  test: {
    include: ["test/real/*.real.ts"],
    globalSetup: ["test/real/set-up.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
};

export default config;
