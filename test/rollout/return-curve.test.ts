import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { randomStream } from '../../src/random/random.ts';
import { ReturnCurve } from '../../src/rollout/return-curve.ts';
import { expectedReturn } from '../../src/rollout/dynamic-programming.ts';
import { type Shape, untrainedRun } from './untrained.ts';

describe('the value of an update is the mean over its steps of the return of the first episode begun then or later', () => {
  it('episodes of one step are known at once', () => {
    const curve = new ReturnCurve(1, 2);
    curve.ended(0, 5, 1);
    curve.ended(0, 8, 1);
    expect(curve.drain()).toEqual({ curveUpdates: 1, curveReturn: 6.5 });
  });

  it('an episode counts for every step since the one before it began, in the updates these belong to', () => {
    const curve = new ReturnCurve(1, 2);
    // Episodes of 1, 3, 1, 1 … steps: begun at 0, 1, 4, 5, …; R(t) = 10, 20, 30, 30, 30, 40, 50, …
    curve.ended(0, 10, 1);
    expect(curve.drain()).toEqual({ curveUpdates: 0, curveReturn: null });
    curve.ended(0, 20, 3);
    // R(1) was waited for from step 1 to 4, so R is shown up to t = 4 − 3.
    expect(curve.drain()).toEqual({ curveUpdates: 1, curveReturn: (10 + 20) / 2 });
    curve.ended(0, 30, 1);
    curve.ended(0, 40, 1);
    expect(curve.drain()).toEqual({ curveUpdates: 2, curveReturn: 30 });
    curve.ended(0, 50, 1);
    curve.ended(0, 60, 1);
    expect(curve.drain()).toEqual({ curveUpdates: 3, curveReturn: (30 + 40) / 2 });
  });

  it('one copy that never ends an episode keeps the curve unknown', () => {
    const curve = new ReturnCurve(2, 1);
    for (let u = 0; u < 50; u++) {
      curve.ended(0, 1, 1);
      expect(curve.drain()).toEqual({ curveUpdates: 0, curveReturn: null });
    }
    curve.ended(1, 3, 50);
    curve.ended(0, 1, 1);
    // Waited for 50 steps at step 0 of copy 1: known up to step 51 − 50.
    expect(curve.drain()).toEqual({ curveUpdates: 1, curveReturn: 2 });
  });

  it('equal returns make a curve of exactly that return', () => {
    const curve = new ReturnCurve(3, 7);
    let last = curve.drain();
    for (let t = 1; t < 70; t++) {
      for (let copy = 0; copy < 3; copy++) if (t % (copy + 2) === 0) curve.ended(copy, 0.1, copy + 2);
      if (t % 7 === 0) {
        last = curve.drain();
        if (last.curveReturn !== null) expect(last.curveReturn).toBe(0.1);
      }
    }
    expect(last.curveUpdates).toBeGreaterThan(5);
  });
});

describe('a policy that never changes', () => {
  const options = { map: ['G.S.....H'], holeReward: -1, stepCost: 0.01, timeLimit: 300 };
  const definition = findEnvironment('GridWorld');
  const parsed = definition.options.parse(options);
  const { tabular } = definition.create(parsed, randomStream(0, 'environment/task'));
  if (tabular === undefined) throw new Error('GridWorld is a table');
  const truth = expectedReturn(tabular, new Float64Array(tabular.states * 4).fill(0.25), 300) ?? Number.NaN;

  it.each<[Shape, number]>([
    [[4, 128, 20], 600],
    [[32, 16, 20], 600],
    [[1, 64, 40], 1200],
  ])('has the expected return, as by dynamic programming, wherever its curve is shown: %j', (shape, runs) => {
    const sums = new Float64Array(shape[2]);
    const counts = new Float64Array(shape[2]);
    let ended = 0;
    let endedRows = 0;
    for (let seed = 0; seed < runs; seed++) {
      let shown = 0;
      for (const { curveUpdates, curveReturn, returnMean } of untrainedRun(
        'GridWorld',
        parsed,
        shape,
        seed,
      )) {
        for (; shown < curveUpdates; shown++) {
          sums[shown] += curveReturn ?? Number.NaN;
          counts[shown] += 1;
        }
        if (returnMean !== null) [ended, endedRows] = [ended + returnMean, endedRows + 1];
      }
    }
    const often = [...counts.keys()].filter((u) => counts[u] > runs / 2);
    expect(often.length).toBeGreaterThan(4);
    const total = sums.reduce((sum, each) => sum + each, 0) / counts.reduce((sum, each) => sum + each, 0);
    expect(truth).toBeCloseTo(0.26, 4);
    expect(Math.abs(total - truth)).toBeLessThan(0.02);
    // Each update by itself within the noise of so many runs: a return's standard deviation is below 1.
    for (const u of often) {
      expect(Math.abs(sums[u] / counts[u] - truth)).toBeLessThan(0.02 + 4 / Math.sqrt(counts[u] * shape[0]));
    }
    if (shape[0] === 1) expect(Math.abs(ended / endedRows - truth)).toBeGreaterThan(0.1);
  });
});
