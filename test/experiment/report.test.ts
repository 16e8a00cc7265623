import { expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/load.ts';
import { environmentOptions } from '../../envs/environment-options.ts';
import { buildReport, type ReportFrame } from '../../src/experiment/report.ts';
import type { ReportInput } from '../../src/experiment/report-data.ts';
import type { ConfigReport, ReportData } from '../../src/experiment/report-data.ts';
import { describeReport } from '../../src/cli/print/report.ts';
import { encodeJson } from '../../src/row/json.ts';
import { UNBOUNDED } from '../../src/statistics/bounded-interval.ts';
import { wilsonInterval } from '../../src/statistics/success-interval.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { rowsOf } from './run-rows.ts';

function configOf(over: object = {}) {
  const { loaded } = resolveConfig(
    { steps: 2000, environment: { id: 'CartPole-v1' }, ...over },
    'test',
    [],
    environmentOptions,
  );
  if (loaded === undefined) throw new Error('the config of this test is wrong');
  return loaded.config;
}

const returnsOf = (each: number | 'stuck' | null): (number | null)[] =>
  each === 'stuck'
    ? [...new Array<number>(18).fill(900), null, null]
    : new Array<number | null>(20).fill(each);

/** One run per return, each of 20 updates at that return; null: a failed run; stuck: no episode ended in the last two. */
function input(
  label: string,
  returns: readonly (number | 'stuck' | null)[],
  over: object = {},
  kl = 0.01,
): ReportInput {
  return {
    label,
    config: configOf(over),
    bestReturn: { value: 500, how: 'by definition' },
    returnBounds: UNBOUNDED,
    runs: returns.map((each, seed) => ({
      seed,
      path: `${label}/seed-${seed}`,
      status: each === null ? 'failed' : 'completed',
      failure: each === null ? 'update 3: policyLoss is NaN' : null,
      updates: 20,
      rows: rowsOf(returnsOf(each), {
        klOldNewMean: kl,
        deltaViolated: kl > 0.02,
        stopReason: kl > 0.02 ? 'stopped' : 'completed',
      }),
    })),
  };
}

const FRAME: ReportFrame = {
  kind: 'compare',
  name: 'test',
  description: '',
  command: 'leash compare a.json',
  node: process.version,
  seeds: [0, 1],
  calibration: null,
  sweep: null,
};

function report(...inputs: ReportInput[]): ReportData {
  return buildReport({ ...FRAME, seeds: (inputs[0] as ReportInput).runs.map(({ seed }) => seed) }, inputs);
}

const around = (center: number): number[] => Array.from({ length: 10 }, (_, i) => center + i);

it('says which is better where ten seeds a side do not overlap', () => {
  const { pairs, verdict } = report(input('low', around(100)), input('high', around(400)));
  expect(pairs.final).toHaveLength(1);
  expect(pairs.final[0]).toMatchObject({ better: 'high', worse: 'low', decided: true });
  expect(pairs.final[0]?.improvement).toMatchObject({ value: 1, high: 1 });
  expect(pairs.final[0]?.improvement.low).toBeCloseTo(0.8, 2);
  expect(pairs.final[0]?.difference.value).toBe(300);
  expect(verdict[0]).toMatch(/^high is better than low: its final return is higher by 300 \[/);
});

it('says that the seeds cannot tell two equal configs apart', () => {
  const { pairs, verdict } = report(input('a', around(100)), input('b', around(100).reverse()));
  expect(pairs.final[0]?.decided).toBe(false);
  expect(pairs.final[0]?.improvement.value).toBe(0.5);
  expect(verdict[0]).toContain("10 seeds can't tell a and b apart");
});

it('does not believe three seeds, though all runs of one are above all of the other', () => {
  const { pairs, verdict } = report(input('a', [1, 2, 3]), input('b', [400, 401, 402]));
  expect(pairs.final[0]?.improvement.value).toBe(1);
  expect(pairs.final[0]?.decided).toBe(false);
  expect(verdict[0]).toBe(
    '3 seeds cannot tell two configs apart, whatever comes out (b has the highest IQM of them); try --seeds 10.',
  );
  expect(verdict).toEqual([verdict[0], 'No update ended outside δ.']);
});

it('takes the final return and the curve of all pairs for one family: of two of 5% each, one in ten would be wrong', () => {
  // Of the 252 ways to choose five of the ranks 1 to 10, eight have a rank sum as far from the middle: p = 0.032.
  const [x, y] = [
    [4, 7, 8, 9, 10],
    [1, 2, 3, 5, 6],
  ];
  const { pairs, verdict } = report(input('x', x), input('y', y));
  for (const [pair] of [pairs.final, pairs.curve]) {
    expect(pair?.pValue).toBeCloseTo((2 * 8) / 252, 12);
    expect(pair?.decided).toBe(false);
  }
  expect(verdict[0]).toMatch(/^5 seeds can't tell x and y apart/);
});

it('gives no interval for one seed, and says so', () => {
  const { configs, pairs, verdict, profile } = report(input('a', [100]), input('b', [200]));
  expect(configs[0]?.final.iqm).toEqual({ value: 100, low: null, high: null });
  expect(pairs.final[0]).toMatchObject({ pValue: null, decided: false });
  expect(profile?.configs[0]?.low).toBeNull();
  expect(verdict[0]).toMatch(/^One seed: there is no interval/);
});

it('reports failed runs first, and leaves them out of the figures', () => {
  const { configs, verdict } = report(
    input('a', [100, null, 100, 100]),
    input('b', [null, null, null, null]),
  );
  expect(configs[0]?.final.perSeed).toEqual([100, null, 100, 100]);
  expect(configs[0]?.final.mean?.value).toBe(100);
  expect(configs[1]?.final.mean).toBeNull();
  expect(configs[1]?.kl).toBeNull();
  expect(verdict.slice(0, 2)).toEqual([
    'a: 1 of 4 runs failed (seed 1: update 3: policyLoss is NaN); its figures are of the other 3 and look better than they are.',
    'b: 4 of 4 runs failed (seed 0, 1, 2, 3: update 3: policyLoss is NaN); it has no figures.',
  ]);
});

it('takes the gap to the best return and the threshold of 95% from the environment', () => {
  const [config] = report(input('a', [500, 500, 400, 600])).configs;
  expect(config?.final.optimalityGap?.value).toBe(25);
  expect(config?.stepsToThreshold).toEqual({
    threshold: 475,
    perSeed: [100, 100, null, 100],
    reached: 3,
    notYetKnown: 0,
    median: 100,
    isMedianKnown: true,
  });
});

it('accounts for the trust region: KL, updates outside δ, gradient steps and how updates ended', () => {
  const [config] = report(input('a', [1, 2], {}, 0.03)).configs;
  expect(config?.kl?.mean).toBeCloseTo(0.03, 12);
  expect(config?.kl?.p95).toBeCloseTo(0.03, 12);
  expect(config?.kl?.shareOutsideDelta).toBe(1);
  expect(config?.gradientSteps).toEqual({ planned: 320, applied: 240 });
  expect(config?.stopReasons).toEqual({ stopped: 40 });
});

it('lists the settings in which configs differ, and warns where they move unequally far', () => {
  const { differences, verdict } = report(
    input('a', around(100), { objective: { clipRange: 0.1 }, description: 'one' }),
    input('b', around(100), { objective: { clipRange: 0.3 }, description: 'other' }, 0.04),
  );
  expect(differences).toEqual([{ path: 'objective.clipRange', values: [0.1, 0.3] }]);
  expect(verdict.at(-1)).toMatch(/^They don't move equally far: mean KL per update is 0.04 for b/);
});

it('holds KL and steps against each other within an environment only', () => {
  const shorter = { steps: 1000, environment: { id: 'CartPole-v1', options: { timeLimit: 200 } } };
  const apart = report(input('a', around(100)), input('b', around(100), shorter, 0.04)).verdict.join(' ');
  expect(apart).not.toContain('move equally far');
  expect(apart).not.toContain('different numbers of steps');
  const { verdict } = report(
    input('a', around(100)),
    input('b', around(100), {}, 0.04),
    input('c', around(100), shorter, 1e-4),
    input('d', around(100), { ...shorter, steps: 2000 }, 4.29e18),
  );
  expect(verdict.at(-2)).toMatch(
    /^They don't move equally far: mean KL per update is 4.29e18 for d and 0.0001 for c; /,
  );
  expect(verdict.at(-1)).toContain('different numbers of steps');
});

it('compares returns within an environment only', () => {
  const other = input('b', around(100), { environment: { id: 'CartPole-v1', options: { timeLimit: 200 } } });
  const { pairs, profile, verdict } = report(input('a', around(100)), other);
  expect(pairs.final).toEqual([]);
  expect(profile).toBeNull();
  expect(verdict[0]).toBe('No two configs share an environment: returns are not compared.');
});

const stuck = (count: number, returns: readonly number[]): (number | 'stuck')[] =>
  returns.map((each, i) => (i < count ? 'stuck' : each));

it('ranks stuck runs below all others, in every statistic, and names them', () => {
  const { configs, pairs, verdict } = report(
    input('often', stuck(4, around(400))),
    input('never', around(100)),
  );
  expect(configs[0]?.stuck).toEqual([0, 1, 2, 3]);
  expect(configs[0]?.final.perSeed.slice(3, 5)).toEqual([null, 404]);
  expect(configs[0]?.final.iqm).toMatchObject({
    value: null,
    low: null,
    high: null,
    stuck: ['value', 'low'],
  });
  expect(configs[0]?.final.mean).toMatchObject({ value: null });
  expect(configs[0]?.final.median?.value).toBe(404.5);
  expect(configs[0]?.final.optimalityGap).toMatchObject({ value: null });
  expect(configs[0]?.curve.iqm).toMatchObject({ value: null });
  // 400 is below 95% of 500, but 900 was there before the run got stuck.
  expect(configs[0]?.stepsToThreshold?.reached).toBe(0);
  expect(pairs.final[0]).toMatchObject({ better: 'never', worse: 'often', decided: false });
  expect(pairs.final[0]?.improvement.value).toBe(0.4);
  expect(pairs.final[0]?.difference.stuck).toEqual(['value', 'high']);
  expect(verdict[0]).toBe(
    'often: 4 of 10 completed runs are stuck (seed 0, 1, 2, 3): no episode ended in their last tenth; they rank below every other run.',
  );
  expect(verdict[1]).toMatch(
    /^10 seeds can't tell never and often apart: often is stuck \(4 of 10\); P\(improvement\) 0\.4 \[/,
  );
  expect(JSON.stringify(configs) + verdict.join()).not.toMatch(/NaN|Infinity|∞/);
});

it('keeps a number where at most a quarter is stuck, and an end of its interval that is not', () => {
  const { configs, pairs, verdict } = report(
    input('rare', stuck(2, around(400))),
    input('never', around(100)),
  );
  expect(configs[0]?.final.iqm).toMatchObject({ value: 404.5, low: null, high: null, stuck: ['low'] });
  const bounded = { ...input('rare', stuck(2, around(400))), returnBounds: { least: 0, greatest: 500 } };
  const high = report(bounded).configs[0]?.final.iqm?.high as number;
  expect(high).toBeGreaterThan(409);
  expect(high).toBeLessThan(500);
  expect(pairs.final[0]).toMatchObject({ better: 'rare', decided: true, difference: { stuck: ['low'] } });
  expect(verdict[1]).toMatch(
    /^rare is better than never: its final return is higher by 300 \[stuck, –\] \(IQM\)/,
  );
});

it('says so where all are stuck, or all but one', () => {
  const all = report(input('a', stuck(10, around(1))), input('b', stuck(10, around(1))));
  expect(all.pairs.final[0]).toMatchObject({ decided: false, pValue: 1, improvement: { value: 0.5 } });
  expect(all.verdict[0]).toMatch(/^a: all 10 completed runs are stuck: /);
  const { verdict, pairs } = report(input('a', stuck(10, around(1))), input('b', stuck(9, around(1))));
  expect(pairs.final[0]?.better).toBe('b');
  expect(verdict[2]).toMatch(
    /^10 seeds can't tell b and a apart: both are stuck \(b in 9 of 10, a in 10 of 10\); P/,
  );
  const decided = report(input('a', stuck(10, around(1))), input('b', around(1)));
  expect(decided.verdict[1]).toMatch(
    /^b is better than a: a is stuck \(10 of 10\); P\(improvement\) 1 \[0\.8, 1\]/,
  );
  const single = report(input('a', ['stuck']), input('b', [7]));
  expect(single.verdict).toContain('a is stuck, b is not.');
});

it('however many runs of either are stuck nothing that is said is infinite or no number, and intervals hold what they are of', () => {
  const counts = Array.from({ length: 11 }, (_, count) => count);
  for (const a of counts)
    for (const b of counts) {
      const data = report(input('a', stuck(a, around(400))), input('b', stuck(b, around(100))));
      const what = `${a} and ${b} of 10 are stuck`;
      expect(encodeJson(data) + describeReport(data), what).not.toMatch(/NaN|Infinity|∞/);
      const { configs, pairs } = data;
      const figures = configs.flatMap(({ final, curve }) => [final, curve]);
      for (const { value, low, high } of [
        ...figures.flatMap(({ mean, median, iqm, optimalityGap }) => [mean, median, iqm, optimalityGap]),
        ...[...pairs.final, ...pairs.curve].flatMap(({ improvement, difference }) => [
          improvement,
          difference,
        ]),
      ].filter((each) => each !== null)) {
        if (value === null) continue;
        expect(low ?? value, what).toBeLessThanOrEqual(value);
        expect(high ?? value, what).toBeGreaterThanOrEqual(value);
      }
      // One stuck run of ten is enough for an end of the interval.
      if (a > 0 && b > 0 && !pairs.final[0]?.same?.isEverySeed)
        expect(pairs.final[0]?.difference.stuck?.slice(-2), what).toEqual(['low', 'high']);
    }
});

/** The first three of ten runs failed. */
const failing = (label: string, returns: readonly number[], kl?: number): ReportInput =>
  input(
    label,
    returns.map((each, i) => (i < 3 ? null : each)),
    {},
    kl,
  );

it('a failed run does not pass for a good one: a config is better only where it did not fail', () => {
  const { verdict } = report(failing('a', around(400)), input('b', around(100)));
  expect(verdict[1]).toMatch(/^a is better than b where it did not fail: /);
});

it('the curve, too, is called better only where it did not fail, and so is a return no worse', () => {
  const curve = (...inputs: ReportInput[]): string | undefined =>
    report(...inputs).verdict.find((each) => each.startsWith('Over the curve'));
  expect(curve(failing('a', around(400)), input('b', around(100)))).toMatch(
    /: a is better than b where it did not fail \(P\(improvement\) 1 \[/,
  );
  expect(curve(input('a', around(400)), failing('b', around(100)))).toMatch(
    /: a is better than b \(P\(improvement\) 1 \[/,
  );
  const noWorse = (margin: number, ...inputs: ReportInput[]): string =>
    buildReport({ ...FRAME, seeds: around(0), margin }, inputs).verdict.join('\n');
  const near = 'differ in return by less than 30';
  expect(noWorse(30, failing('near', around(100)), input('far', around(101)))).toContain(
    `${near} where they did not fail (p = `,
  );
  expect(noWorse(30, input('near', around(100)), failing('far', around(101)))).toContain(
    `${near} where they did not fail (p = `,
  );
  expect(noWorse(30, input('near', around(100)), input('far', around(101)))).toContain(`${near} (p = `);
  expect(noWorse(4, failing('a', around(102)), input('b', around(100)))).toContain(
    'a is no worse in return than b where it did not fail, by a margin of 4 (p = ',
  );
  expect(noWorse(4, input('a', around(102)), failing('b', around(97)))).toContain(
    'a is no worse in return than b, by a margin of 4 (p = ',
  );
});

it('what is said of δ is of the runs that completed, where others did not', () => {
  const onDelta = (...inputs: ReportInput[]): string[] =>
    report(...inputs).verdict.filter((each) => each.includes('δ'));
  expect(onDelta(failing('a', around(400)), input('b', around(100)))).toEqual([
    'No update of the runs that completed ended outside δ.',
  ]);
  expect(onDelta(input('kept', around(400)), failing('left', around(100), 0.05))).toEqual([
    'δ was left by left in 140 of 140 updates of the runs that completed (100%), furthest with KL 0.05 in seed 3; kept never left it.',
  ]);
  const left = input('left', around(100), {}, 0.05);
  expect(onDelta(failing('kept', around(400)), left)[0]).toMatch(
    /in 200 of 200 updates \(100%\), furthest with KL 0\.05 in seed 0; kept never left it where it did not fail\.$/,
  );
  expect(onDelta(failing('kept', around(400)), input('other', around(400)), left)[0]).toMatch(
    /; kept, other never left it where they did not fail\.$/,
  );
});

it('performances that differ by rounding alone tie, and reach the threshold they are at', () => {
  const [a, b] = [0.1, 0.1 + 1e-16];
  expect(a).not.toBe(b);
  const { configs, pairs, verdict } = report(
    input('a', new Array<number>(8).fill(a), {}, 0.01),
    input('b', new Array<number>(8).fill(b), {}, 0.011),
  );
  expect(pairs.final[0]).toMatchObject({ pValue: 1, improvement: { value: 0.5 } });
  expect(pairs.final[0]?.difference).toEqual({ value: 0, low: null, high: null });
  expect(verdict[0]).toMatch(/^8 seeds can't tell a and b apart: difference of final return 0 \(IQM\)/);
  expect(configs[1]?.final.perSeed[0]).toBe(b);
  const reached = buildReport(FRAME, [input('a', [0.1 - 1e-12, 0.1])], 0.1).configs[0]?.stepsToThreshold;
  expect(reached?.reached).toBe(2);
});

it('asks for no more seeds where all runs are the same', () => {
  const { verdict } = report(input('a', [1, 2]), input('b', [1, 2]), input('c', [1, 2]));
  expect(verdict.join(' ')).toContain('are the same in every seed');
  expect(verdict.join(' ')).not.toContain('--seeds');
});

it('says that configs are the same in every seed, and whether a setting differs', () => {
  const returns = around(100);
  const alike = report(input('a', returns), input('b', returns));
  expect(alike.pairs.final[0]).toMatchObject({
    pValue: 1,
    decided: false,
    same: { what: 'run', isEverySeed: true },
  });
  expect(alike.pairs.final[0]?.difference).toEqual({ value: 0, low: 0, high: 0 });
  expect(alike.verdict).toEqual([
    'a and b are the same in every seed, update by update: no setting differs between them.',
    'No update ended outside δ.',
  ]);
  const clip = report(input('a', returns), input('b', returns, { objective: { kind: 'samplePenalty' } }));
  expect(clip.verdict[0]).toBe(
    'a and b are the same in every seed, update by update: what differs (objective.kind) changed nothing.',
  );
  const policies = report(input('a', returns), input('b', returns, {}, 0.011));
  expect(policies.pairs.final[0]?.same).toMatchObject({ what: 'returns', isEverySeed: true });
  expect(policies.verdict[0]).toMatch(
    /^a and b have the same returns in every seed, update by update, though/,
  );
  const some = report(input('a', returns), input('b', [100, 101, ...around(300).slice(2)]));
  expect(some.pairs.final[0]?.same).toEqual({ what: 'run', seeds: [0, 1], isEverySeed: false });
  expect(some.verdict[1]).toBe('In seed 0, 1 b and a made the same run.');
});

it('says once what is the same, and once what is true of all of it', () => {
  const [least, most] = [around(100), around(400)];
  const [differ, same] = [
    'what differs (objective.kind, objective.clipRange) changed nothing',
    'update by update',
  ];
  const { verdict } = report(
    ...[input('a', most), input('b', most, { objective: { kind: 'surrogate' } }), input('c', most)],
    ...[input('d', least), input('e', least, {}, 0.011)],
  );
  expect(verdict.slice(0, 4)).toEqual([
    `a, b and c are the same in every seed, ${same}: ${differ}; what is said of the returns of a holds for all of them.`,
    `d and e have the same returns in every seed, ${same}, though not the same policies; what is said of the returns of d holds for both.`,
    expect.stringMatching(/^a is better than d: /),
    expect.stringMatching(
      /^Over the curve to 2,000 steps: a is better than d \(P\(improvement\) 1 \[0\.8, 1\]\)\.$/,
    ),
  ]);
  const many = report(
    ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((label) => input(label, most, {}, 0.03)),
    input('x', least),
  ).verdict;
  expect(many.slice(0, 2)).toEqual([
    `a, b, c, d, e, f and 3 more are the same in every seed, ${same}: no setting differs between them; what is said of the returns of a holds for all of them.`,
    expect.stringMatching(/^a is better than x: /),
  ]);
  const others = [100, 200, 300, 350].map((center) => input(`x${center}`, around(center)));
  expect(report(input('a', most), input('b', most), ...others).verdict.slice(0, 3)).toEqual([
    `a and b are the same in every seed, ${same}: no setting differs between them; what is said of the returns of a holds for both.`,
    'a has the highest final return (IQM).',
    'It is better than x350, x300, x200, x100.',
  ]);
  expect(many.find((each) => each.startsWith('δ was left'))).toMatch(
    /^δ was left by a, b, c, d, e, f and 3 more in 200 of 200 updates \(100%\), furthest with KL 0\.03 in seed 0; x never left it\.$/,
  );
});

it('says of one seed, of too few, and of some seeds, once what is the same', () => {
  const [x, y] = [around(100), around(300)];
  const first = (of: readonly number[], seeds: number): number[] => of.slice(0, seeds);
  expect(
    report(input('a', [5]), input('b', [1]), input('c', [1]), input('d', [1])).verdict.slice(1, 3),
  ).toEqual([
    'b, c and d are the same in every seed, update by update: no setting differs between them; what is said of the returns of b holds for all of them.',
    'a is ahead by 4.',
  ]);
  const few = report(...['a', 'b', 'c'].map((label) => input(label, first(x, 2))), input('d', first(y, 2)));
  expect(few.verdict.filter((each) => each.includes('in every seed'))).toEqual([
    'a, b and c are the same in every seed, update by update: no setting differs between them.',
  ]);
  const partly = (...rest: readonly number[]): number[] => [...first(x, 8), ...rest];
  const some = report(input('a', partly(1, 2)), input('b', partly(3, 4)), input('c', partly(5, 6)));
  expect(some.verdict.filter((each) => each.includes('same run'))).toEqual([
    'In seed 0, 1, 2, 3, 4, 5, 6, 7 a, b and c made the same run.',
  ]);
});

it('gives no verdict where the IQM and the runs one by one point in opposite directions', () => {
  const x = [...new Array<number>(28).fill(10), ...new Array<number>(12).fill(1000)];
  const { pairs, verdict } = report(input('x', x), input('y', new Array<number>(40).fill(11)));
  expect(pairs.final[0]).toMatchObject({ better: 'x', decided: false, improvement: { value: 0.3 } });
  expect(pairs.final[0]?.pValue).toBeLessThan(0.05);
  expect(verdict[0]).toMatch(/^x has the higher IQM, but the runs of y are more often above: no verdict \(/);
});

it('compares curves over the steps that are known of every run, and says which', () => {
  const cut = (from: ReportInput, updates: number): ReportInput => ({
    ...from,
    runs: from.runs.map((run) => ({
      ...run,
      rows: run.rows.map((row) => ({
        ...row,
        curveUpdates: Math.min(row.update, updates),
        curveReturn: row.update <= 10 ? 1 : (row.curveReturn ?? null),
      })),
    })),
  });
  const inputs = [cut(input('a', around(100)), 18), cut(input('b', around(400)), 10)];
  const { configs, pairs, verdict } = report(...inputs);
  expect(configs.map(({ curveSteps }) => curveSteps)).toEqual([1000, 1000]);
  expect(configs[0]?.curve.iqm).toEqual({ value: 1, low: null, high: null });
  expect(pairs.curve[0]?.pValue).toBe(1);
  expect(verdict).toContain("Over the curve to 1,000 steps: 1 of 1 pairs can't be told apart.");
});

it('says what it cannot where leash 0.1.0 made some of the runs, and where no curve is known yet', () => {
  const old = input('a', around(100));
  const mixed = {
    ...old,
    runs: old.runs.map((run, i) => ({
      ...run,
      rows:
        i > 1 ? run.rows : run.rows.map(({ curveUpdates: _, curveReturn: __, ...row }) => row as MetricsRow),
    })),
  };
  const { configs, verdict } = report(mixed, input('b', around(400)));
  expect(configs[0]).toMatchObject({ withoutCurve: [0, 1], stepsToThreshold: { notYetKnown: 2 } });
  expect(configs[0]?.final.perSeed).toEqual(around(100));
  expect(configs[0]?.curve.perSeed.slice(0, 3)).toEqual([null, null, 102]);
  expect(verdict).toContain(
    'a: no curve is known of seed 0, 1, made by leash 0.1.0; what is said of curves and steps to a threshold is of the others.',
  );
  const none = input('a', around(100));
  const unknown = {
    ...none,
    runs: none.runs.map((run) => ({
      ...run,
      rows: run.rows.map((row) => ({ ...row, curveUpdates: 0, curveReturn: null })),
    })),
  };
  const early = report(unknown, input('b', around(400)));
  expect(early.configs[0]?.curve.iqm).toBeNull();
  expect(early.configs[1]?.curve.iqm).toBeNull();
  expect(early.verdict.join(' ')).toContain('No curve is known of all runs yet');
});

it('a success rate has Wilson’s interval, where all that every run returned is 0 or 1', () => {
  // Of four episodes an update: 3 succeed with the first seed, all with the second; 8 in the last tenth.
  const rates = input('lake', [0.75, 1]);
  const lake = {
    ...rates,
    runs: rates.runs.map((run) => ({
      ...run,
      rows: run.rows.map((row) => ({
        ...row,
        returnMin: row.returnMean === 1 ? 1 : 0,
        returnMax: 1,
        episodes: 4,
      })),
    })),
  };
  const { success } = report(lake).configs[0] as ConfigReport;
  expect(success?.value).toBe(0.875);
  expect(success?.low).toBeGreaterThan(0);
  expect(success?.high).toBe(wilsonInterval(0.875, 7, 12.706205).high);
  expect(success?.high).toBeLessThanOrEqual(1);
  // Of seeds that all come to 1 nobody knows how many would not.
  const sure = report({
    ...lake,
    runs: around(0).map((seed) => ({ ...lake.runs[1], seed }) as (typeof lake.runs)[0]),
  });
  expect(sure.configs[0]?.success).toMatchObject({ value: 1, high: 1 });
  expect(sure.configs[0]?.success?.low).toBeLessThan(0.8);
  // A mean of 0.8 over four episodes is not of zeros and ones.
  const other = {
    ...lake,
    runs: lake.runs.map((run) => ({ ...run, rows: run.rows.map((row) => ({ ...row, returnMean: 0.8 })) })),
  };
  expect(report(other).configs[0]?.success).toBeNull();
  expect(report(input('a', around(100))).configs[0]?.success).toBeNull();
  const [head = ''] = describeReport(report(lake)).split('\n');
  expect(head).toContain('success rate');
});

it('says who left δ, how often and how far, and who never did', () => {
  const { verdict, configs } = report(input('kept', around(100)), input('left', around(100), {}, 0.05));
  expect(verdict.join(' ')).toContain(
    'δ was left by left in 200 of 200 updates (100%), furthest with KL 0.05 in seed 0; kept never left it.',
  );
  expect(configs.map(({ kl }) => kl?.outsideDelta)).toEqual([0, 200]);
  expect(configs[0]?.kl).toMatchObject({ updates: 200, delta: { least: 0.02, greatest: 0.02 } });
});

it('says of the best point of a sweep whether it kept to δ, and which points tie with it', () => {
  const sweep = {
    method: 'grid',
    parameters: [],
    asked: 0,
    points: [],
    rungs: [],
    best: 'b',
    tiedWithBest: ['a', 'c'],
    withoutBest: null,
  } as const;
  const inputs = [input('b', around(9), {}, 0.05), input('a', around(9)), input('c', around(9))];
  const { verdict } = buildReport({ ...FRAME, kind: 'sweep', seeds: around(0), sweep }, inputs);
  expect(verdict).toContain('Best point: b; it left δ in 200 of 200 updates (100%) and ties with a, c.');
  const bestOf = (best: ReportInput): string | undefined =>
    buildReport({ ...FRAME, kind: 'sweep', seeds: around(0), sweep }, [
      best,
      ...inputs.slice(1),
    ]).verdict.find((each) => each.startsWith('Best point'));
  expect(bestOf(failing('b', around(9), 0.05))).toBe(
    'Best point: b; it left δ in 140 of 140 updates of the runs that completed (100%) and ties with a, c.',
  );
  expect(bestOf(failing('b', around(9)))).toBe(
    'Best point: b; it never left δ where it did not fail and ties with a, c.',
  );
});

it('says which points tied where a rung was cut, and what became of them', () => {
  const rung = (steps: number, labels: string[], failedOrStuck: boolean, goOn: boolean) => ({
    ...{ steps, labels },
    tie: { toGoOn: labels.length - 1, labels, failedOrStuck, goOn },
  });
  const sweep = {
    method: 'grid',
    parameters: [],
    asked: 2_048,
    points: [],
    rungs: [
      rung(1000, ['c', 'd', 'e'], true, false),
      rung(3000, ['a', 'b'], false, true),
      { steps: 9000, labels: ['a', 'b'], tie: null },
    ],
    best: 'a',
    tiedWithBest: ['b'],
    withoutBest: null,
  } as const;
  // Of equals the first by name is the best, and pairs are those with it, in whatever order they come.
  const inputs = [input('b', around(9)), input('a', around(9))];
  const { verdict, pairs } = buildReport({ ...FRAME, kind: 'sweep', seeds: around(0), sweep }, inputs);
  expect(verdict.filter((each) => /rung|distinct/.test(each))).toEqual([
    '0 of 2,048 points are distinct; configs that are equal were trained once.',
    'After rung 1 (1,000 steps) 2 points were to go on, and c, d and e tie at that cut, more than a quarter of the runs of each failed or stuck: none of them went on.',
    'After rung 2 (3,000 steps) 1 point was to go on, and a and b tie at that cut: all of them went on.',
  ]);
  expect(pairs.final[0]).toMatchObject({ better: 'a', worse: 'b' });
});

it('where runs tie at an end says how many, and gives an interval only where returns are bounded, never a point', () => {
  const ceiling = [500, 500, 500, 500, 500, 500, 500, 500, 430, 210];
  const unbounded = report(input('a', ceiling));
  expect(unbounded.configs[0]?.final.iqm).toEqual({ value: 500, low: null, high: null });
  expect(unbounded.configs[0]?.final.tied).toEqual({ value: 500, runs: 8 });
  expect(unbounded.verdict[0]).toBe('a ends at 500, 8 of 10 equal (IQM of the return over the last tenth).');
  const bounds = { returnBounds: { least: 0, greatest: 500 } };
  const { final } = report({ ...input('a', ceiling), ...bounds }).configs[0] as ConfigReport;
  expect(final.iqm?.high).toBe(500);
  expect(final.iqm?.low).toBeLessThan(490);
  expect(final.mean?.low).toBeLessThan(final.mean?.value as number);
  expect(final.optimalityGap?.low).toBeLessThan(10);
  expect(final.optimalityGap?.high).toBe(500 - (final.mean?.low as number));
  // All equal: the mean may still be lower, as far as ten runs tell.
  const all = report({ ...input('a', new Array<number>(10).fill(500)), ...bounds })
    .configs[0] as ConfigReport;
  expect(all.final.mean?.low).toBeGreaterThan(300);
  expect(all.final.mean?.low).toBeLessThan(400);
  // Two of ten at the ceiling are no pile.
  expect(report(input('a', [500, 500, ...around(100).slice(2)])).configs[0]?.final.tied).toBeNull();
});

it('says the family, its error and what these seeds find', () => {
  const { family, power, verdict } = report(
    ...[100, 103, 106].map((center) => input(String(center), around(center))),
  );
  expect(family).toEqual({ error: 0.05, method: 'Holm', tests: 6 });
  expect(power).toBeGreaterThan(0.2);
  expect(power).toBeLessThan(0.45);
  expect(verdict.join(' ')).toContain(
    `p is adjusted over 6 tests, every pair of configs by final return and by curve (Holm): where nothing differs at most 5% of such reports say “better” anywhere. 10 seeds find a difference of one standard deviation by one measure in ${Math.round(100 * (power as number))}% of such comparisons.`,
  );
});

it('adjusts over all pairs in a sweep, too, where only those with the best are listed: it was chosen by the same runs', () => {
  const inputs = [100, 102, 104, 106].map((center) => input(String(center), around(center)));
  const all = report(...inputs);
  const sweep = {
    method: 'grid',
    parameters: [],
    asked: 0,
    points: [],
    rungs: [],
    best: '106',
    tiedWithBest: [],
    withoutBest: null,
  } as const;
  const swept = buildReport({ ...FRAME, kind: 'sweep', seeds: around(0), sweep }, inputs);
  expect(swept.pairs.final).toHaveLength(3);
  expect(swept.family).toEqual(all.family);
  const [far] = swept.pairs.final.filter(({ worse }) => worse === '100');
  const same = all.pairs.final.find(({ better, worse }) => better === '106' && worse === '100');
  expect(far?.pValue).toBeCloseTo(same?.pValue as number, 12);
});

it('asks for as many seeds as any outcome can be told from chance by', () => {
  const inputs = Array.from({ length: 20 }, (_, i) => input(String(i), [i, i + 0.5]));
  const sweep = {
    method: 'grid',
    parameters: [],
    asked: 0,
    points: [],
    rungs: [],
    best: '19',
    tiedWithBest: [],
    withoutBest: null,
  } as const;
  const { family, verdict } = buildReport({ ...FRAME, kind: 'sweep', seeds: [0, 1], sweep }, inputs);
  expect(family.tests).toBe(380);
  expect(verdict[0]).toContain('try --seeds 10.');
  const many = Array.from({ length: 101 }, (_, i) => input(String(i), [i, i + 0.5]));
  // 10,100 tests: of ten seeds a side the least p is 2/184,756, which is 0.11 then; of eleven 2/705,432.
  const { verdict: more } = buildReport({ ...FRAME, kind: 'sweep', seeds: [0, 1], sweep }, many);
  expect(more[0]).toContain('try --seeds 11.');
});

const bySeeds = (label: string, returns: readonly number[], kl?: number): ReportInput =>
  input(label, returns, {}, kl);

it('“no worse at a fraction of the KL” is a sentence, where a margin is given', () => {
  const inputs = [bySeeds('near', around(100), 0.001), bySeeds('far', around(101), 0.01)];
  const asked = buildReport({ ...FRAME, seeds: around(0), margin: 20 }, inputs);
  expect(asked.margin).toBe(20);
  expect(asked.family.tests).toBe(4);
  expect(asked.pairs.final[0]?.noWorse).toMatchObject({
    better: { decided: true },
    worse: { decided: true },
  });
  expect(asked.verdict.join(' ')).toMatch(
    /near and far differ in return by less than 20 \(p = [\d.e-]+, p = [\d.e-]+\), at 0\.1 of the KL of far \(0\.001 against 0\.01\)\./,
  );
  expect(asked.verdict.join(' ')).toContain('“better” or “no worse” anywhere where that is false');
  // Lower by 15 may be lower by more than 5.
  const lower = [bySeeds('near', around(100), 0.001), bySeeds('far', around(104), 0.01)];
  const strict = buildReport({ ...FRAME, seeds: around(0), margin: 2 }, lower);
  expect(strict.pairs.final[0]?.noWorse?.worse.decided).toBe(false);
  const above = [bySeeds('near', around(102), 0.001), bySeeds('far', around(100), 0.01)];
  expect(buildReport({ ...FRAME, seeds: around(0), margin: 4 }, above).verdict.join(' ')).toMatch(
    /near is no worse in return than far, by a margin of 4 \(p = [\d.e-]+\), at 0\.1 of the KL of far/,
  );
  const apart = [bySeeds('a', around(100)), bySeeds('b', around(102))];
  expect(buildReport({ ...FRAME, seeds: around(0), margin: 0.1 }, apart).verdict.join(' ')).toContain(
    'None is shown to be no worse than another by a margin of 0.1.',
  );
  expect(report(...inputs).pairs.final[0]?.noWorse).toBeNull();
});

it('a return that is lower by the very margin is not lower by less, however it is rounded', () => {
  expect(0.1 + 0.2).toBeGreaterThan(0.3);
  const inputs = [
    bySeeds('near', new Array<number>(10).fill(0.1)),
    bySeeds('far', new Array<number>(10).fill(0.3)),
  ];
  for (const looks of [undefined, [5, 10]]) {
    const judged = (margin: number) =>
      buildReport({ ...FRAME, seeds: around(0), margin, looks }, inputs).pairs.final[0]?.noWorse?.worse;
    expect(judged(0.2)).toMatchObject({ pValue: 1, decided: false });
    expect(judged(0.2000001)).toMatchObject({ decided: true });
    expect(judged(0.1999999)).toMatchObject({ decided: false });
  }
});

it('five seeds of three configs can be told to be no worse, though not better, and then the family is said', () => {
  const five = [
    ['a', 100],
    ['b', 101],
    ['c', 100.5],
  ] as const;
  const inputs = five.map(([label, from]) => bySeeds(label, around(from).slice(0, 5)));
  const { verdict } = buildReport({ ...FRAME, seeds: around(0).slice(0, 5), margin: 50 }, inputs);
  expect(verdict[0]).toContain('5 seeds cannot tell 3 pairs of configs apart, whatever comes out');
  expect(verdict.join(' ')).toContain('differ in return by less than 50');
  expect(verdict.join(' ')).toContain('p is adjusted over 12 tests');
});

it('where seeds were added says how many runs it took, and what more seeds would do', () => {
  const looks = [5, 10, 15, 20];
  const inputs = [
    bySeeds('a', around(100)),
    bySeeds('b', around(100).reverse()),
    bySeeds('c', around(400).slice(0, 5)),
  ];
  const { untilDecided, power, pairs, verdict } = buildReport({ ...FRAME, seeds: around(0), looks }, inputs);
  expect(untilDecided).toMatchObject({ looks, hopeless: 0.1, runs: 25, mostRuns: 60 });
  expect(power).toBeNull();
  const [open] = pairs.final.filter(({ better, worse }) => [better, worse].sort().join() === 'a,b');
  expect(open?.decided).toBe(false);
  expect(open?.chance).toBeLessThan(0.1);
  expect(verdict.join(' ')).toMatch(
    /10 seeds can't tell a and b apart, and up to 20 would in (less than 1|\d)%: /,
  );
  expect(verdict.join(' ')).toContain(
    'Seeds were added, 5 at a time up to 20, until every pair was decided or had a chance below 10% of being: 5 to 10 each, 25 of 60 runs.',
  );
  expect(verdict.join(' ')).toContain('(Holm) and the 4 looks: where nothing differs at most 5%');
});
