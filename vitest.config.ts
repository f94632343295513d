import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 10_000,
    hookTimeout: 10_000,
    // Tests open real sockets and workers; the machine's cores are the limit, not a guess.
    restoreMocks: true,
  },
});
