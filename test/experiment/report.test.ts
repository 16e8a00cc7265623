import { expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/load.ts';
import { environmentOptions } from '../../src/cli/environments.ts';
import { buildReport, type ReportFrame, type ReportInput } from '../../src/experiment/report.ts';
import type { ReportData } from '../../src/experiment/report-data.ts';
import { rowsOf } from './run-rows.ts';

function configOf(over: object = {}) {
  const { loaded } = resolveConfig(
    { environment: { id: 'CartPole-v1' }, ...over },
    'test',
    [],
    environmentOptions,
  );
  if (loaded === undefined) throw new Error('the config of this test is wrong');
  return loaded.config;
}

/** One run per return, each of 20 updates at that return; null: a failed run. */
function input(
  label: string,
  returns: readonly (number | null)[],
  over: object = {},
  kl = 0.01,
): ReportInput {
  return {
    label,
    config: configOf(over),
    bestReturn: { value: 500, how: 'by definition' },
    runs: returns.map((each, seed) => ({
      seed,
      path: `${label}/seed-${seed}`,
      status: each === null ? 'failed' : 'completed',
      failure: each === null ? 'update 3: policyLoss is NaN' : null,
      updates: 20,
      rows: rowsOf(new Array<number | null>(20).fill(each), {
        klOldNewMean: kl,
        deltaViolated: kl > 0.02,
        stopReason: kl > 0.02 ? 'stopped' : 'completed',
      }),
    })),
  };
}

function report(...inputs: ReportInput[]): ReportData {
  const seeds = (inputs[0] as ReportInput).runs.map(({ seed }) => seed);
  const frame: ReportFrame = {
    kind: 'compare',
    name: 'test',
    description: '',
    command: 'leash compare a.json',
    seeds,
    calibration: null,
    sweep: null,
  };
  return buildReport(frame, inputs);
}

const around = (center: number): number[] => Array.from({ length: 10 }, (_, i) => center + i);

it('says which is better where ten seeds a side do not overlap', () => {
  const { pairs, verdict } = report(input('low', around(100)), input('high', around(400)));
  expect(pairs.final).toHaveLength(1);
  expect(pairs.final[0]).toMatchObject({ better: 'high', worse: 'low', decided: true });
  expect(pairs.final[0]?.improvement).toEqual({ value: 1, low: 1, high: 1 });
  expect(pairs.final[0]?.difference.value).toBe(300);
  expect(verdict[0]).toMatch(/^high is better than low: its final return is higher by 300 \[/);
});

it('says that the seeds cannot tell two equal configs apart', () => {
  const { pairs, verdict } = report(input('a', around(100)), input('b', around(100)));
  expect(pairs.final[0]?.decided).toBe(false);
  expect(pairs.final[0]?.improvement.value).toBe(0.5);
  expect(verdict[0]).toContain("10 seeds can't tell a and b apart");
});

it('does not believe three seeds, though their bootstrap interval excludes one half', () => {
  const { pairs, verdict } = report(input('a', [1, 2, 3]), input('b', [400, 401, 402]));
  expect(pairs.final[0]?.improvement).toEqual({ value: 1, low: 1, high: 1 });
  expect(pairs.final[0]?.decided).toBe(false);
  expect(verdict[0]).toBe('3 seeds cannot tell two configs apart, whatever comes out; try --seeds 10.');
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
    median: 100,
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

it('compares returns within an environment only', () => {
  const other = input('b', around(100), { environment: { id: 'CartPole-v1', options: { timeLimit: 200 } } });
  const { pairs, profile, verdict } = report(input('a', around(100)), other);
  expect(pairs.final).toEqual([]);
  expect(profile).toBeNull();
  expect(verdict[0]).toBe('No two configs share an environment: returns are not compared.');
});
