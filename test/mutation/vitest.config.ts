import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Runs the tests of one room on its sources with mutants in them, as mutation.ts has had them written. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const { files } = JSON.parse(readFileSync(process.env.LEASH_MUTATION_SOURCES as string, 'utf8')) as {
  files: { name: string; content: string }[];
};
const contents = new Map(files.map(({ name, content }) => [name, content]));

// Tests that take minutes with switches in every loop: what they alone would notice counts as survived.
const tooSlow = process.env.LEASH_MUTATION_TOO_SLOW;

export default defineConfig({
  root,
  plugins: [
    {
      name: 'mutants',
      enforce: 'pre',
      load: (id) => contents.get(relative(root, id.split('?')[0] as string)) ?? null,
    },
  ],
  test: {
    include: ['test/mutation/room-tests.ts'],
    ...(tooSlow && { testNamePattern: new RegExp(`^(?!.*(${tooSlow}))`) }),
    runner: './test/mutation/runner.ts',
    setupFiles: ['test/property-seed.ts'],
    env: { LEASH_TEST_SEED: '1' },
    testTimeout: 600_000,
    execArgv: ['--no-liftoff'],
  },
});
