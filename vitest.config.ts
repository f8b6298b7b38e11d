import { defineConfig } from 'vitest/config';

const node = { environment: 'node' as const };
const containers = { ...node, globalSetup: ['test/podman/service-setup.ts'] };
const e2e = { ...node, globalSetup: ['test/e2e/farm-setup.ts'] };

/**
 * `unit` beside the code, `integration` against real services, `e2e` on real packages, `soak` for what shows only after
 * hundreds of rounds.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...node,
          name: 'unit',
          include: ['{apps,libs}/**/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          // What is not a matter of time must not fail on a machine that is busy.
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...containers,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...e2e,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...node,
          globalSetup: [...containers.globalSetup, ...e2e.globalSetup],
          name: 'soak',
          include: ['test/soak/**/*.test.ts'],
          testTimeout: 1_200_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
