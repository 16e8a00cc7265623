import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * The seed of the property tests: the same in every run, so that a run which fails does so again. LEASH_TEST_SEED
 * gives another: an integer, or `random` for a new one each time.
 */
function propertySeed(): number {
  const given = process.env.LEASH_TEST_SEED ?? '1';
  const seed = given === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  if (given.trim() === '' || !Number.isInteger(seed)) {
    throw new Error(`LEASH_TEST_SEED must be an integer or "random", got "${given}"`);
  }
  if (process.env.LEASH_TEST_SEED !== undefined) console.log(`LEASH_TEST_SEED=${seed}`);
  return seed;
}

const root = new URL('..', import.meta.url).pathname;
process.chdir(root); // tests name the shipped configs as users do, from here

/** Tests that start the command, which is built for them. */
const startsCommand = ['test/cli/**/*.test.ts', 'test/docs/**/*.test.ts', 'test/queue/**/*.test.ts'];

/** Tests that put another module in a module's place: each has a process of its own. */
const putsInPlace = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .map((name) => `test/${name}`)
  .filter((file) => file.endsWith('.test.ts') && /^vi\.mock\(/m.test(readFileSync(file, 'utf8')));

/** Tests that have commands of their own. */
const ofTheirOwn = ['test/browser/**', 'test/learning/**', 'test/bench/**'];

export default defineConfig({
  root,
  test: {
    // Of its own vitest leaves one core idle.
    maxWorkers: availableParallelism(),
    setupFiles: ['test/property-seed.ts'],
    globalSetup: ['test/temporary-folder.ts'],
    env: { LEASH_TEST_SEED: String(propertySeed()) },
    // Far beyond what any test takes: only one that hangs should be ended, however busy the machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // WebAssembly as V8 compiles it for speed from the start: a test's few calls would never get that far.
    execArgv: ['--no-liftoff'],
    // A process loads each module once for all files that it is given: half the processor time.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'command',
          include: startsCommand,
          exclude: putsInPlace,
          globalSetup: ['test/built.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'apart', isolate: true, include: putsInPlace },
      },
      {
        extends: true,
        test: {
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: [...ofTheirOwn, ...startsCommand, ...putsInPlace],
        },
      },
    ],
  },
});
