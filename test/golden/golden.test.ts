import { expect, test } from 'vitest';
import { goldenCases } from './cases.ts';
import { changes, readHashes } from './compare.ts';
import { recordCase } from './record.ts';

const cases = goldenCases();
const kept = readHashes();

test('hashes.json has every golden case and no other', () => {
  expect(Object.keys(kept)).toEqual(cases.map(({ name }) => name));
});

/** LEASH_GOLDEN_SHARE, `i/n`: every n-th run from the i-th on, as CI shares them among the Nodes beside its first. */
function shareOf<Run>(runs: readonly Run[]): readonly Run[] {
  const given = process.env.LEASH_GOLDEN_SHARE ?? '1/1';
  const [share, shares] = (/^(\d+)\/(\d+)$/.exec(given) ?? []).slice(1).map(Number);
  if (!(share >= 1 && share <= shares)) throw new Error(`LEASH_GOLDEN_SHARE must be i/n, got "${given}"`);
  return runs.filter((_, at) => at % shares === share - 1);
}

const runs = shareOf(
  cases.flatMap((golden) =>
    golden.short.map((threads) => ({ golden, threads, title: `${golden.name}, threads ${threads}` })),
  ),
);

test.each(runs.map((run) => [run.title, run] as const))('%s: the recorded bytes', async (title, run) => {
  const found = changes(kept[run.golden.name], await recordCase(run.golden, run.threads));
  expect(found.map((change) => `${title}: ${change}`)).toEqual([]);
});
