import { expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { stepsToThreshold } from '../../src/experiment/learning-curve.ts';
import { sharedCurveSteps } from '../../src/experiment/performance.ts';
import { randomStream } from '../../src/random/random.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { mannWhitneyPValue } from '../../src/statistics/mann-whitney.ts';
import { type Shape, untrainedRun } from '../rollout/untrained.ts';

it('an untrained policy gets to no threshold above its return sooner in one copy than in 16', () => {
  // By the first window of a twentieth that is at the threshold, after any rollout, 78% call one copy sooner.
  const options = findEnvironment('GridWorld').options.parse({
    map: ['G.S.....H'],
    holeReward: -1,
    stepCost: 0.01,
    timeLimit: 300,
  });
  const runOf = (shape: Shape, seed: number): MetricsRow[] =>
    untrainedRun('GridWorld', options, shape, seed) as unknown as MetricsRow[];
  let sooner = 0;
  for (let comparison = 0; comparison < 6; comparison++) {
    const sides = [[1, 64, 400] as const, [16, 64, 25] as const].map((shape, side) =>
      Array.from({ length: 10 }, (_, i) => runOf(shape, (2 * comparison + side) * 10 + i)),
    );
    const until = sharedCurveSteps(sides.flat());
    const [one, many] = sides.map((runs) =>
      Float64Array.from(runs, (rows) => {
        const time = stepsToThreshold(rows, 0.5, 1280, until);
        return typeof time === 'number' ? time : Number.POSITIVE_INFINITY;
      }),
    );
    if (mannWhitneyPValue(one, many, randomStream(0, 'mann-whitney')) < 0.05) sooner += 1;
  }
  expect(sooner).toBe(0);
});
