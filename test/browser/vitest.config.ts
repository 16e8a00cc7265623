import { defineConfig } from 'vitest/config';

/** Tests in a real browser: `npm run test:browser`. */
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: ['test/temporary-folder.ts'],
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What a page will show is waited for, however busy the machine is.
    expect: { poll: { timeout: 20_000 } },
  },
});
