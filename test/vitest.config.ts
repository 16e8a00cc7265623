import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', 'test/learning/**', 'test/bench/**'],
    testTimeout: 60_000,
    // WebAssembly as V8 compiles it for speed from the start: a test's few calls would never get that far.
    execArgv: ['--no-liftoff'],
  },
});
