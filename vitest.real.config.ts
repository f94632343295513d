import type { ViteUserConfig } from "vitest/config";

const shared = { testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false };

/** Tests against servers that others wrote; their set-up installs them. Ollama is minutes to build. */
const config: ViteUserConfig = {
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: "quick",
          include: ["test/real/*.real.ts"],
          globalSetup: ["test/real/set-up.ts"],
        },
      },
      {
        test: {
          ...shared,
          name: "ollama",
          include: ["test/real/ollama/*.real.ts"],
          globalSetup: ["test/real/ollama/set-up.ts"],
        },
      },
    ],
  },
};

export default config;
