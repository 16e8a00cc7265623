import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** All tests of a room as one file, so that they share one copy of its sources. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const tests = (JSON.parse(process.env.LEASH_MUTATION_TESTS as string) as string[]).flatMap((path) =>
  path.endsWith('/')
    ? readdirSync(root + path)
        .filter((name) => name.endsWith('.test.ts'))
        .map((name) => path + name)
    : [path],
);
for (const path of tests) await import(root + path);
