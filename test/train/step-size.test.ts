import { describe, expect, it } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { resolveConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { categoricalHead } from '../../src/policy/categorical.ts';
import { createStepSize } from '../../src/train/step-size.ts';
import { createTraining, type Training } from '../../src/train/training.ts';
import type { RateRule } from '../../src/trust-region/adapt-rate.ts';
import { secondThread } from './second-thread.ts';

const rule: RateRule = {
  ...{ from: 1e-3, target: 0.01, measure: 'exact', direction: 'oldNew', cadence: 'beforeStep' },
  ...{ margin: 2, factor: 1.5, atZero: 'leave', min: 1e-5, max: 1e-2 },
};
const head = categoricalHead(2);

/** One state, from (½, ½) to (p, 1 − p), the first action having been taken. */
function batchAt(p: number) {
  const logs = (q: number) => Float64Array.of(Math.log(q), Math.log(1 - q));
  return {
    ...{ size: 1, oldDistributions: logs(0.5), distributions: logs(p), kl: new Float64Array(1) },
    ...{ oldLogProbs: Float64Array.of(Math.log(0.5)), logProbs: Float64Array.of(Math.log(p)) },
  };
}

describe('within an update', () => {
  it('beforeStep moves for the step at hand, afterStep for the next, epoch after the epoch', () => {
    // KL((½, ½)‖(0.7, 0.3)) = 0.0872 > 2·0.01
    const rates = (cadence: RateRule['cadence']) => {
      const size = createStepSize({ ...rule, cadence }, 1e-3);
      const seen: number[] = [];
      for (let step = 0; step < 2; step++) {
        size.before(head, batchAt(0.7));
        seen.push(size.now);
        size.after();
      }
      size.afterEpoch();
      return [...seen, size.now];
    };
    const [once, twice] = [1e-3 / 1.5, 1e-3 / 1.5 / 1.5];
    expect(rates('beforeStep')).toEqual([once, twice, twice]);
    expect(rates('afterStep')).toEqual([1e-3, once, twice]);
    expect(rates('epoch')).toEqual([1e-3, 1e-3, once]);
  });

  it('epoch takes the mean of its minibatches, and begins anew with the next epoch', () => {
    // KL((½, ½)‖(0.6, 0.4)) = 0.0204 and 0: their mean 0.0102 is within the margins.
    const size = createStepSize({ ...rule, cadence: 'epoch' }, 1e-3);
    for (const p of [0.6, 0.5]) {
      size.before(head, batchAt(p));
      size.after();
    }
    size.afterEpoch();
    expect(size.now).toBe(1e-3);
    size.before(head, batchAt(0.6));
    size.after();
    size.afterEpoch();
    expect(size.now).toBe(1e-3 / 1.5);
  });

  it.each<[RateRule['measure'], RateRule['direction'], number, number]>([
    // From (½, ½) to (0.9, 0.1): KL one way 0.5108, the other 0.3681; log ratio 0.5878, k1 −0.5878, k2 0.1727, k3 0.2122.
    ['exact', 'oldNew', 0.24, 1 / 1.5],
    ['exact', 'newOld', 0.24, 1],
    ['exact', 'newOld', 0.18, 1 / 1.5],
    ['k1', 'oldNew', 1e-6, 1],
    ['k2', 'oldNew', 0.08, 1 / 1.5],
    ['k2', 'oldNew', 0.09, 1],
    ['k3', 'oldNew', 0.1, 1 / 1.5],
    ['k3', 'oldNew', 0.11, 1],
  ])('measures %s %s: beyond twice %f or not', (measure, direction, target, by) => {
    const size = createStepSize({ ...rule, measure, direction, target }, 1e-3);
    size.before(head, batchAt(0.9));
    expect(size.now).toBeCloseTo(1e-3 * by, 12);
    expect(size.readsDistributions).toBe(measure === 'exact');
  });

  it('without a rule it stays, and nothing is said of bounds', () => {
    const size = createStepSize(undefined, 0.5);
    size.before(head, batchAt(0.9));
    size.after();
    size.afterEpoch();
    expect(size.report()).toEqual({ learningRate: 0.5 });
  });
});

const engine = await loadEngine('auto');
const written = (learningRate: object, rest: object = {}) => ({
  environment: { id: 'CartPole-v1', copies: 2 },
  rollout: { steps: 64 },
  network: { policy: { hidden: [8] }, value: { hidden: [8] } },
  ppo: { epochs: 3, minibatchSize: 32 },
  trustRegion: { stop: null },
  optimizer: { learningRate: { schedule: 'klAdaptive', ...learningRate } },
  steps: 10 * 128,
  ...rest,
});

function trainingOf(config: object, threads: 1 | 2 = 1): Training {
  return createTraining(
    configSchema.parse(config),
    findEnvironment('CartPole-v1'),
    engine,
    secondThread(threads),
  );
}

describe('in training', () => {
  it('goes on from update to update, and holds the KL nearer to its target than where it began', () => {
    const training = trainingOf(written({ from: 1e-5, min: 1e-6, target: 0.002 }));
    const rows = Array.from({ length: 10 }, () => training.update());
    training.dispose();
    const rates = rows.map(({ learningRate }) => learningRate);
    expect(rates[0]).toBeGreaterThan(1e-5);
    expect(Math.max(...rates)).toBeGreaterThan(1e-4);
    expect(rows[9].klOldNewMean).toBeGreaterThan(10 * rows[0].klOldNewMean);
  });

  it('says in the row that a bound held it back', () => {
    const training = trainingOf(written({ from: 1e-4, target: 10, max: 1e-4 }));
    expect(training.update()).toMatchObject({ learningRate: 1e-4, learningRateSaturated: true });
    training.dispose();
  });

  it('is a state: a training restored after update 4 goes on to the same rows, on one thread and two', () => {
    const config = written({ target: 0.005, cadence: 'epoch' });
    const whole = trainingOf(config);
    const rows = Array.from({ length: 10 }, () => whole.update());
    whole.dispose();
    const first = trainingOf(config, 2);
    for (let update = 0; update < 4; update++) first.update();
    const snapshot = first.snapshot();
    first.dispose();
    expect(snapshot.learningRate).toBeGreaterThan(0);
    const second = trainingOf(config);
    second.restore(structuredClone(snapshot));
    expect(Array.from({ length: 6 }, () => second.update())).toEqual(rows.slice(4));
    second.dispose();
  });

  it('of another config it is no state', () => {
    const training = trainingOf({ ...written({}), optimizer: { learningRate: 1e-3 } });
    training.update();
    expect(training.snapshot()).not.toHaveProperty('learningRate');
    training.dispose();
  });
});

describe('bad input', () => {
  it.each<[object, string]>([
    [{ target: 0 }, 'optimizer.learningRate.target must be in (0, 100], got 0 (x.json)'],
    [{ min: 1e-3, max: 1e-4 }, 'optimizer.learningRate.min must be at most max 0.0001, got 0.001 (x.json)'],
    [
      { from: 1 },
      'optimizer.learningRate.from must be in [0.00001, 0.01], the bounds of this schedule, got 1 (x.json)',
    ],
    [
      { direction: 'newOld', measure: 'k3' },
      'optimizer.learningRate.direction must be "oldNew" with measure k3, which estimates that, got "newOld" (x.json)',
    ],
    [{ margin: 1 }, 'optimizer.learningRate.margin must be in (1, 100], got 1 (x.json)'],
    [{ factor: 0.5 }, 'optimizer.learningRate.factor must be in (1, 100], got 0.5 (x.json)'],
    [
      { cadence: 'step' },
      'optimizer.learningRate.cadence must be "beforeStep", "afterStep" or "epoch", got "step" (x.json)',
    ],
    [
      { to: 0 },
      'optimizer.learningRate.to is of another kind of optimizer.learningRate than this one (x.json)',
    ],
    [
      { schedule: 'klAdaptiv' },
      'optimizer.learningRate.schedule must be "linear" or "cosine" or "klAdaptive", got "klAdaptiv"; did you mean "klAdaptive"? (x.json)',
    ],
  ])('%j is one clear line', (learningRate, line) => {
    expect(resolveConfig(written(learningRate), 'x.json', [], environmentOptions).problems).toEqual([line]);
  });
});
