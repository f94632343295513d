import type { ViteUserConfig } from "vitest/config";

/** Tests that measure memory need a process whose heap is theirs alone. */
const measuring = [
  "test/e2e/backpressure.test.ts",
  "test/framing/*.test.ts",
  "test/rpc/{backpressure,hostile}.test.ts",
];
/** Ends what hangs, and nothing else: starting a process takes seconds on a busy machine. */
const shared = { testTimeout: 60_000, hookTimeout: 60_000 };

const config: ViteUserConfig = {
  test: {
    // The default leaves a core to the terminal, which of two is half.
    maxWorkers: "100%",
    projects: [
      { test: { ...shared, name: "measuring", include: measuring } },
      {
        test: {
          ...shared,
          name: "without fast lane",
          include: ["test/rpc/**/*.test.ts"],
          exclude: [...measuring, "test/rpc/fast-lane*.test.ts", "test/rpc/validate*.test.ts"],
          isolate: false,
          provide: { fastLane: false },
        },
      },
      {
        test: {
          ...shared,
          name: "plain",
          include: ["test/**/*.test.ts"],
          exclude: measuring,
          isolate: false,
        },
      },
    ],
  },
};

export default config;
