import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// Two suites: `unit` needs nothing but Node; `integration` runs against the real stack that
// test/integration/global-setup.ts starts on free ports and stops again.
export default defineConfig({
  test: {
    // Only there to end what hangs: a test waits for several things, each with a deadline of its own.
    testTimeout: 240_000,
    hookTimeout: 180_000,
    retry: 0,
    // By default one processor is left to whoever watches. The integration tests run one by one all the same.
    maxWorkers: availableParallelism(),
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{schemas,streams,processors,training,serving,bin,bench,test}/**/*.test.ts'],
          exclude: ['test/integration/**', 'node_modules/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/integration/global-setup.ts'],
          poolOptions: { forks: { singleFork: true } },
        },
      },
    ],
  },
})
