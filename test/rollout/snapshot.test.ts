import { describe, expect, it, test } from 'vitest';
import { environments, findEnvironment, parseOptions } from '../../envs/registry.ts';
import { RunningMean } from '../../src/elementary/mean.ts';
import type { Stateful, StateValue } from '../../src/elementary/state.ts';
import { Adam, type VectorArithmetic } from '../../src/optimizer/adam.ts';
import { randomActions } from '../envs/random-actions.ts';
import { randomStream } from '../../src/random/random.ts';
import { Copies, createCopies } from '../../src/rollout/copies.ts';
import type { Environment } from '../../src/rollout/environment.ts';
import { ObservationNormalizer, RewardNormalizer } from '../../src/rollout/normalize.ts';
import { ReturnCurve } from '../../src/rollout/return-curve.ts';

/**
 * What comes after a snapshot comes again after restoring it: in the same object, and in another one that has a history of
 * its own, from a state that went through a copy.
 * @param make one as a run makes it, alike but for the seed
 * @param act what it does next, as numbers
 */
function expectRestores<State extends StateValue>(
  make: (seed: number) => Stateful<State> & object,
  act: (object: never) => unknown,
  changes = true,
): void {
  const one = make(1);
  act(one as never);
  const state = one.snapshot();
  const before = structuredClone(state);
  const next = act(one as never);
  if (changes) expect(one.snapshot(), 'its state changes').not.toEqual(before);
  expect(state, 'a snapshot does not').toEqual(before);
  one.restore(state);
  expect(one.snapshot()).toEqual(before);
  expect(act(one as never)).toEqual(next);
  expect(state, 'nor by going on from it').toEqual(before);
  const other = make(2);
  act(other as never);
  other.restore(structuredClone(before));
  expect(other.snapshot()).toEqual(before);
  expect(act(other as never)).toEqual(next);
}

/** Options where an environment asks for some, and a time limit that cuts episodes in the middle. */
function optionsOf(id: string, definition: (typeof environments)[number]): unknown {
  const given =
    id === 'GridWorld'
      ? { map: ['S.C.', '.#HG', 'S..x'], slip: 0.3, terminals: { x: 2 } }
      : id === 'TokenTask'
        ? {
            vocabulary: ['a', 'b', '.'],
            prompts: ['', 'a b', 'b'],
            length: 4,
            end: '.',
            reward: { rule: { kind: 'copy' } },
          }
        : {};
  return parseOptions(definition, given, () => 'test');
}

describe.each(environments.map((definition) => ({ id: definition.id, definition })))(
  '$id',
  ({ id, definition }) => {
    it('takes the same thousand steps after a snapshot', () => {
      const options = optionsOf(id, definition);
      const make = (seed: number): Copies => createCopies(definition, options, 3, seed, { taskSeed: 1 });
      expectRestores(
        make,
        (vector: Copies) => {
          const random = randomStream(8, 'test');
          const seen: unknown[] = [];
          vector.onEpisode = (...episode) => seen.push(episode);
          for (let t = 0; t < 1000; t++) {
            vector.step(randomActions(vector, random, () => 3 * random.normal()));
            const { observations, rewards, terminated, truncated, optimalActions } = vector;
            seen.push([...observations, ...rewards, ...terminated, ...truncated, ...(optimalActions ?? [])]);
            // An odd number of steps: running episodes and figures are left for the next snapshot.
            if (t % 333 === 0) seen.push(vector.drainEpisodes(), vector.drainFigures());
          }
          return seen;
          // There every episode is one step, and nothing is drawn.
        },
        id !== 'GaussianMicroscope',
      );
    });
  },
);

test('an environment without snapshots steps all the same, and says what it cannot', () => {
  const definition = findEnvironment('CartPole-v1');
  const silent = (): Environment => {
    const { observationSpace, actionSpace, ...rest } = definition.create(
      parseOptions(definition, {}, () => 'test'),
      randomStream(0, 'task'),
    );
    return {
      observationSpace,
      actionSpace,
      ...rest,
      reset: (_random, observation) => void observation.fill(0),
      step: (_action, _random, observation, transition) => {
        observation.fill(1);
        transition.reward = 1;
        transition.terminated = false;
      },
    };
  };
  const copies = new Copies('Silent', 5, [silent()], [randomStream(0, 'a')]);
  expect(copies.canSnapshot).toBe(false);
  expect(createCopies(definition, {}, 2, 0).canSnapshot).toBe(true);
  copies.step(Float32Array.of(1));
  expect(copies.observations[0]).toBe(1);
  expect(() => copies.snapshot()).toThrow('Silent has no snapshot and restore');
  const state = createCopies(definition, {}, 1, 0).snapshot();
  expect(() => copies.restore(state)).toThrow('Silent has no snapshot and restore');
});

describe('what a rollout keeps beside the environment', () => {
  test('a running mean', () => {
    expectRestores(
      () => new RunningMean(),
      (mean: RunningMean) => {
        for (const value of [0.1, -3, 7]) mean.add(value + mean.weight, 2);
        return [mean.value, mean.least, mean.greatest];
      },
    );
  });

  test('observation moments', () => {
    expectRestores(
      () => new ObservationNormalizer(2),
      (normalizer: ObservationNormalizer) => {
        const { mean } = normalizer.scale();
        const observations = Float32Array.of(1, 2 + mean[0], -3, 0.1);
        normalizer.update(observations, 2);
        const out = new Float32Array(4);
        normalizer.apply(observations, 2, out);
        return out;
      },
    );
  });

  test('reward moments and discounted returns', () => {
    let step = 0;
    expectRestores(
      () => new RewardNormalizer(2, 0.9),
      (normalizer: RewardNormalizer) => {
        const out = new Float64Array(6);
        for (let t = 0; t < 3; t++) {
          step = (step + 1) % 3;
          normalizer.apply(Float64Array.of(1, -0.5), (copy) => copy === step, out, 2 * t);
        }
        return out;
      },
    );
  });

  test('the curve of returns, with episodes under way', () => {
    expectRestores(
      () => new ReturnCurve(2, 4),
      (curve: ReturnCurve) => {
        const points = [];
        for (let update = 0; update < 5; update++) {
          curve.ended(0, update / 7, 3);
          if (update % 2 === 0) curve.ended(1, update, 5);
          points.push(curve.drain());
        }
        return points;
      },
    );
  });

  test('Adam, whose bias correction depends on its steps', () => {
    const arithmetic = {
      allocate: () => new Float32Array(2),
      adamStep: (...[parameters, gradient, m, v, step]: Parameters<VectorArithmetic['adamStep']>) => {
        for (let i = 0; i < 2; i++) {
          m[i] = step.beta1 * m[i] + (1 - step.beta1) * gradient[i];
          v[i] = step.beta2 * v[i] + (1 - step.beta2) * gradient[i] ** 2;
          parameters[i] -= (m[i] / step.biasCorrection1 / Math.sqrt(v[i])) * step.biasCorrection2;
        }
      },
    };
    const settings = { adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-5 };
    expectRestores(
      () => new Adam(arithmetic, settings),
      (adam: Adam) => {
        const parameters = Float32Array.of(1, 2);
        for (let i = 0; i < 5; i++) adam.step(parameters, Float32Array.of(1, -2), 1, 0.1);
        return [...parameters, adam.steps];
      },
    );
  });
});
