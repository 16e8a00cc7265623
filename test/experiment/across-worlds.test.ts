import { expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/load.ts';
import { environmentOptions } from '../../envs/environment-options.ts';
import { buildReport } from '../../src/experiment/report.ts';
import type { ReportData, ReportInput } from '../../src/experiment/report-data.ts';
import { describeReport } from '../../src/cli/print/report.ts';
import { encodeJson } from '../../src/row/json.ts';
import { UNBOUNDED } from '../../src/statistics/bounded-interval.ts';
import { interquartileMean, probabilityOfImprovement } from '../../src/statistics/scores.ts';
import { rowsOf } from './run-rows.ts';

const worlds = {
  cart: { environment: { id: 'CartPole-v1' }, untrained: 20, best: 500 },
  lake: { environment: { id: 'FrozenLake-v1' }, untrained: 0.01, best: 0.74 },
} as const;

/**
 * A method in a world: its curve begins at the untrained return of the world and is at each of its returns from then on; stuck: no
 * episode ended in the last two updates.
 */
function input(
  method: string,
  world: keyof typeof worlds,
  returns: readonly (number | 'stuck')[],
): ReportInput {
  const { environment, untrained, best } = worlds[world];
  const { loaded } = resolveConfig({ steps: 2000, environment }, 'test', [], environmentOptions);
  if (loaded === undefined) throw new Error('the config of this test is wrong');
  return {
    ...{ label: `${method}.${world}`, method, world, config: loaded.config, returnBounds: UNBOUNDED },
    bestReturn: { value: best, how: 'by hand' },
    runs: returns.map((each, seed) => ({
      ...{ seed, path: `${method}.${world}/seed-${seed}`, status: 'completed', failure: null, updates: 20 },
      rows: rowsOf([
        untrained,
        ...(each === 'stuck'
          ? [...new Array<number>(17).fill(best), null, null]
          : new Array<number>(19).fill(each)),
      ]),
    })),
  };
}

const report = (...inputs: ReportInput[]): ReportData =>
  buildReport(
    {
      ...{
        kind: 'compare',
        name: 'x',
        description: '',
        command: '',
        node: process.version,
        seeds: (inputs[0]?.runs ?? []).map(({ seed }) => seed),
      },
      ...{ calibration: null, sweep: null },
    },
    inputs,
  );

const [clipCart, clipLake] = [
  [500, 480, 260, 450],
  [0.6, 0.7, 0.2, 0.74],
];
const [trpoCart, trpoLake] = [
  [300, 480, 100, 140],
  [0.65, 0.7, 0.71, 0.72],
];
const inputs = [
  input('clip', 'cart', clipCart),
  input('trpo', 'cart', trpoCart),
  input('clip', 'lake', clipLake),
  input('trpo', 'lake', trpoLake),
];

it('methods of a study with worlds are compared over all of them by returns normalised in each', () => {
  const { across, verdict } = report(...inputs);
  expect(across?.worlds).toEqual([
    { world: 'cart', untrained: 20, best: 500 },
    { world: 'lake', untrained: 0.01, best: 0.74 },
  ]);
  const normal = (cart: readonly number[], lake: readonly number[]): Float64Array[] => [
    Float64Array.from(cart, (each) => (each - 20) / 480),
    Float64Array.from(lake, (each) => (each - 0.01) / 0.73),
  ];
  const [clip, trpo] = [normal(clipCart, clipLake), normal(trpoCart, trpoLake)];
  expect(across?.methods.map(({ method }) => method)).toEqual(['clip', 'trpo']);
  expect(across?.methods[0]?.iqm.value).toBeCloseTo(interquartileMean(clip), 12);
  expect(across?.improvements[0]?.improvement.value).toBe(probabilityOfImprovement(clip, trpo));
  expect(across?.methods[0]?.rank.value).toBeCloseTo(2 - probabilityOfImprovement(clip, trpo), 12);
  for (const { iqm, rank } of across?.methods ?? []) {
    for (const { value, low, high } of [iqm, rank]) {
      expect(low).toBeLessThan(value as number);
      expect(high).toBeGreaterThan(value as number);
    }
  }
  expect(across?.methods[0]?.profile[0]?.value).toBe(1);
  expect(verdict.join(' ')).toMatch(
    /Over 2 worlds clip has the highest IQM of normalised returns, [\d.]+ \[[\d., ]+\], and mean rank [\d.]+ \[/,
  );
  expect(describeReport(report(...inputs))).toContain('over 2 worlds');
});

it('a method that has no run in a world, and one world alone, are not compared over worlds', () => {
  const partial = report(...inputs.slice(0, 3));
  expect(partial.across).toBeNull();
  expect(partial.verdict[0]).toMatch(/^Nothing is compared over all worlds: /);
  // Nobody knows the first update.
  const [first, ...rest] = inputs;
  const unknown = (input: ReportInput): ReportInput => ({
    ...input,
    runs: input.runs.map((run) => ({ ...run, rows: run.rows.slice(1) })),
  });
  const lake = rest.map((each) => (each.world === 'lake' ? unknown(each) : each));
  expect(report(first as ReportInput, ...lake).verdict[0]).toMatch(/^Nothing is compared over all worlds: /);
  expect(report(...inputs).verdict.join()).not.toContain('Nothing is compared over all worlds');
  expect(report(...inputs.slice(0, 2)).verdict.join()).not.toContain('over all worlds');
  expect(report(...inputs.slice(0, 2)).across).toBeNull();
  expect(report(...inputs.map(({ method: _, world: __, ...each }) => each)).across).toBeNull();
});

it('what a stuck run is in reads so in every estimate over worlds, in those of the bootstrap, too', () => {
  const [, ...others] = inputs;
  const stuck = report(input('clip', 'cart', ['stuck', 480, 260, 450]), ...others);
  const [clip, trpo] = stuck.across?.methods ?? [];
  expect(clip?.mean).toMatchObject({ value: null, stuck: ['value'] });
  expect(clip?.mean.bootstrap).toMatchObject({ low: null, stuck: ['value', 'low'] });
  expect(clip?.iqm.value).toBeGreaterThan(0);
  expect(clip?.iqm.bootstrap).toMatchObject({ low: null, stuck: ['low'] });
  expect(trpo?.mean.bootstrap?.low).toBeLessThan(trpo?.mean.value as number);
  expect(encodeJson(stuck) + describeReport(stuck)).not.toMatch(/NaN|Infinity|∞/);
});

it('of many configs the best of each world is held against the others there', () => {
  const many = ['a', 'b', 'c', 'd', 'e'].flatMap((method, m) => [
    input(
      method,
      'cart',
      [100, 110, 120, 130, 140, 150, 160, 170].map((each) => each + m),
    ),
    input(
      method,
      'lake',
      [0.5, 0.52, 0.54, 0.56, 0.58, 0.6, 0.62, 0.64].map((each) => each - m / 100),
    ),
  ]);
  const { pairs, family, verdict } = report(...many);
  expect(pairs.final.map(({ better, worse }) => [better, worse])).toEqual([
    ...['d', 'c', 'b', 'a'].map((other) => ['e.cart', `${other}.cart`]),
    ...['b', 'c', 'd', 'e'].map((other) => ['a.lake', `${other}.lake`]),
  ]);
  expect(family.tests).toBe(2 * 2 * 10);
  for (const best of ['e.cart', 'a.lake'])
    expect(verdict.join('\n')).toContain(`${best} has the highest final return (IQM) of its environment.`);
});
