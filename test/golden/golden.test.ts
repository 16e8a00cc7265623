import { expect, test } from 'vitest';
import { goldenCases } from './cases.ts';
import { changes, readHashes } from './compare.ts';
import { recordCase } from './record.ts';

const cases = goldenCases();
const kept = readHashes();

test('hashes.json has every golden case and no other', () => {
  expect(Object.keys(kept)).toEqual(cases.map(({ name }) => name));
});

const runs = cases.flatMap((golden) =>
  golden.short.map((threads) => ({ golden, threads, title: `${golden.name}, threads ${threads}` })),
);

test.each(runs.map((run) => [run.title, run] as const))('%s: the recorded bytes', async (title, run) => {
  const found = changes(kept[run.golden.name], await recordCase(run.golden, run.threads));
  expect(found.map((change) => `${title}: ${change}`)).toEqual([]);
});
