import { defineConfig } from 'vitest/config';

const node = { environment: 'node' as const };

/** Three projects: `unit` beside the code, `integration` against real services, `e2e` on real packages. */
export default defineConfig({
  test: {
    projects: [
      { test: { ...node, name: 'unit', include: ['{apps,libs}/**/src/**/*.test.ts', 'scripts/**/*.test.ts'] } },
      {
        test: {
          ...node,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...node,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
