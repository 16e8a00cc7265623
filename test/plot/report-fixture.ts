import { configSchema } from '../../src/config/schema.ts';
import { INTERVALS } from '../../src/experiment/performance.ts';
import type { ConfigReport, Performance, ReportData, ReportRun } from '../../src/experiment/report-data.ts';
import { randomStream } from '../../src/random/random.ts';
import { ordinaryRow } from './runs-on-disk.ts';

/** A report of `labels.length` configs with so many seeds, and their rows. */
export function reportOf(
  labels: readonly string[],
  seedCount: number,
  updates: number,
): { data: ReportData; runs: ReportRun[] } {
  const seeds = Array.from({ length: seedCount }, (_, seed) => seed);
  const noise = randomStream(1, 'report');
  const estimate = (value: number) =>
    seedCount === 1 ? { value, low: null, high: null } : { value, low: value - 0.1, high: value + 0.1 };
  const performance = (value: number): Performance => ({
    perSeed: seeds.map((seed) => value + 0.01 * seed),
    mean: estimate(value),
    median: estimate(value),
    iqm: estimate(value),
    optimalityGap: estimate(1 - value),
    tied: null,
  });
  const configs = labels.map((label, at): ConfigReport => {
    const environment = { id: 'FrozenLake-v1', options: { slippery: true } };
    return {
      label,
      config: configSchema.parse({ environment, objective: { clipRange: 0.1 * (at + 1) } }),
      bestReturn: { value: 1, how: 'by hand' },
      runs: seeds.map((seed) => ({
        seed,
        path: `${label}/seed-${seed}`,
        status: 'completed',
        failure: null,
        updates,
      })),
      stuck: [],
      curveSteps: 0,
      success: at === 0 ? { value: 0.7, low: 0.61, high: 0.78 } : null,
      withoutCurve: [],
      branches: [],
      final: performance(0.3 + 0.1 * at),
      curve: performance(0.2 + 0.1 * at),
      stepsToThreshold: {
        threshold: 0.9,
        perSeed: seeds.map(() => null),
        reached: 0,
        notYetKnown: 0,
        median: null,
        isMedianKnown: true,
      },
      kl: {
        ...{ mean: 0.011, p95: 0.019, shareOutsideDelta: 0.0312, outsideDelta: 39, updates: 1250 },
        delta: { least: 0.0004, greatest: 0.02 },
        largest: { value: 0.31, seed: 3 },
      },
      drift: null,
      gradientSteps: { planned: 12_000, applied: 11_000 },
      stopReasons: { completed: 90, stopped: 10 },
    };
  });
  const pair = {
    better: labels[1] ?? labels[0],
    worse: labels[0],
    improvement: estimate(0.8),
    difference: estimate(0.1),
    pValue: seedCount === 1 ? null : 0.0421,
    decided: seedCount > 1,
    chance: null,
    noWorse: null,
    same: null,
  };
  const data: ReportData = {
    format: 'leash-report-1',
    kind: 'compare',
    name: 'a study',
    description: 'What <this> is for.',
    command: 'leash compare a.json b.json --seeds 10',
    versions: { leash: '0.1.0', node: 'v20.20.2' },
    seeds,
    intervals: INTERVALS,
    configs,
    differences: [{ path: 'objective.clipRange', values: labels.map((_, at) => 0.1 * (at + 1)) }],
    pairs: { final: [pair], curve: [pair] },
    family: { error: 0.05, method: 'Holm', tests: 2 },
    margin: null,
    across: null,
    untilDecided: null,
    power: 0.4,
    profile: {
      thresholds: [0, 0.25, 0.5, 0.75, 1],
      configs: labels.map((label) => ({ label, share: [1, 0.8, 0.4, 0.1, 0], low: null, high: null })),
    },
    verdict: ['b is above a.', '10 seeds cannot tell c & d apart.'],
    calibration: null,
    sweep: null,
  };
  const runs = labels.flatMap((label, at) =>
    seeds.map(
      (seed): ReportRun => ({
        label,
        seed,
        rows: Array.from({ length: updates }, (_, u) => {
          const klOldNewMean = 0.03 * noise.uniform();
          return ordinaryRow(u + 1, {
            returnMean: ((at + 1) * u) / updates / 8 + 0.1 * noise.uniform(),
            klOldNewMean,
            deltaViolated: klOldNewMean > 0.02,
            stopReason: klOldNewMean > 0.02 ? 'stopped' : 'completed',
            entropy: 1.4 - u / updates + 0.01 * noise.uniform(),
            clipFraction: 0.2 * noise.uniform(),
            beta: noise.uniform(),
          });
        }),
      }),
    ),
  );
  return { data, runs };
}
