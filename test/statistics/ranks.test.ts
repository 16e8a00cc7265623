import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { meanRanks } from '../../src/statistics/ranks.ts';

const { ranks } = JSON.parse(readFileSync(new URL('../fixtures/rliable.json', import.meta.url), 'utf8')) as {
  ranks: { methods: number[][][]; mean: number[] };
};

it('mean ranks are those of every draw of a run a method, as rliable draws them, ties half', () => {
  const sets = ranks.methods.map((tasks) => tasks.map((runs) => Float64Array.from(runs)));
  meanRanks(sets.length).forEach((rank, i) => {
    expect(rank(...sets)).toBeCloseTo(ranks.mean[i] as number, 12);
  });
  expect(ranks.mean.reduce((sum, each) => sum + each, 0)).toBeCloseTo(10, 12);
});
