import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ContextualBandit } from '../../envs/contextual-bandit.ts';
import { findEnvironment, parseOptions } from '../../envs/registry.ts';
import { defineEnvironment } from '../../envs/own-environment.ts';
import { type Random, randomStream } from '../../src/random/random.ts';
import {
  type ActionSpace,
  type BoxSpace,
  type Environment,
  NonFiniteError,
  type Space,
  type Transition,
} from '../../src/rollout/environment.ts';
import { Copies, createCopies } from '../../src/rollout/copies.ts';

/** Counts its steps from 100·episode on; terminates after `length` of them; the reward is the action. */
class Counter implements Environment {
  readonly observationSpace: Space;
  readonly actionSpace: BoxSpace = { kind: 'box', low: [-1, -2], high: [1, 2] };
  readonly seen: number[][] = [];
  readonly figureNames = ['steps'];
  readonly figures = new Float64Array(1);
  private readonly length: number;
  private count = 0;
  private episode = 0;

  constructor(length: number, observationSpace: Space = { kind: 'box', low: [0], high: [1000] }) {
    this.length = length;
    this.observationSpace = observationSpace;
  }
  reset(_random: Random, observation: Float32Array): void {
    this.count = 0;
    observation[0] = this.observationSpace.kind === 'box' ? 100 * ++this.episode : 0;
  }
  step(action: Float32Array, _random: Random, observation: Float32Array, transition: Transition): void {
    this.seen.push(Array.from(action));
    observation[0] = (this.observationSpace.kind === 'box' ? 100 * this.episode : 0) + ++this.count;
    transition.reward = action[0];
    transition.terminated = this.count === this.length;
    this.figures[0] = this.count;
  }
}

const stream = randomStream(0, 'unused');
const one = (environment: Environment, timeLimit?: number): Copies =>
  new Copies('Counter', timeLimit, [environment], [stream]);
const still = Float32Array.of(1, 0);

function make(id: string, options: unknown, copies: number, seed: number): Copies {
  const definition = findEnvironment(id);
  return createCopies(
    definition,
    parseOptions(definition, options, () => 'test'),
    copies,
    seed,
  );
}

describe('autoreset in the same step', () => {
  test('observations hold the next episode’s first, finalObservations the ended one’s last', () => {
    const vector = one(new Counter(2));
    expect(Array.from(vector.observations)).toEqual([100]);
    vector.step(still);
    expect([vector.observations[0], vector.terminated[0], vector.truncated[0]]).toEqual([101, 0, 0]);
    vector.step(still);
    expect([vector.observations[0], vector.terminated[0], vector.truncated[0]]).toEqual([200, 1, 0]);
    expect(vector.finalObservations[0]).toBe(102);
    vector.step(still);
    expect([vector.observations[0], vector.terminated[0]]).toEqual([201, 0]);
  });

  test('a time limit truncates, and the final observation is kept', () => {
    const vector = one(new Counter(10), 3);
    for (let n = 0; n < 3; n++) vector.step(still);
    expect([vector.terminated[0], vector.truncated[0]]).toEqual([0, 1]);
    expect([vector.finalObservations[0], vector.observations[0]]).toEqual([103, 200]);
    vector.step(still);
    expect(vector.truncated[0]).toBe(0);
  });

  test('terminating in the last allowed step is no truncation', () => {
    const vector = one(new Counter(3), 3);
    for (let n = 0; n < 3; n++) vector.step(still);
    expect([vector.terminated[0], vector.truncated[0]]).toEqual([1, 0]);
  });

  test('a discrete observation is one-hot, the final one too', () => {
    const vector = one(new Counter(2, { kind: 'discrete', n: 4 }));
    expect(Array.from(vector.observations)).toEqual([1, 0, 0, 0]);
    vector.step(still);
    expect(Array.from(vector.observations)).toEqual([0, 1, 0, 0]);
    vector.step(still);
    expect(Array.from(vector.observations)).toEqual([1, 0, 0, 0]);
    expect(Array.from(vector.finalObservations)).toEqual([0, 0, 1, 0]);
  });

  test('one copy’s end leaves the others alone', () => {
    const vector = new Copies('Counter', 50, [new Counter(1), new Counter(9)], [stream, stream]);
    vector.step(Float32Array.of(0, 0, 0, 0));
    expect(Array.from(vector.terminated)).toEqual([1, 0]);
    expect(Array.from(vector.observations)).toEqual([200, 101]);
    expect(vector.finalObservations[0]).toBe(101);
  });
});

describe('actions', () => {
  test('box actions are clipped for the environment, and the caller’s array is untouched', () => {
    const counter = new Counter(9);
    const actions = Float32Array.of(-7, 1.5);
    one(counter).step(actions);
    expect(counter.seen).toEqual([[-1, 1.5]]);
    expect(Array.from(actions)).toEqual([-7, 1.5]);
  });
  test.each([2, -1, 0.5, Number.NaN])('the discrete action %d of two is an error', (action) => {
    const vector = make('CartPole-v1', {}, 2, 0);
    expect(() => vector.step(Float32Array.of(0, action))).toThrow(
      `action must be an integer in [0, 1], got ${action} for copy 1 of CartPole-v1`,
    );
  });
});

describe('what is logged', () => {
  test('drainEpisodes sums up what ended since the last time', () => {
    const vector = one(new Counter(3), 2);
    for (const reward of [0.5, 1, 0.25, -1, 1]) vector.step(Float32Array.of(reward, 0));
    const [returnMean, returnMin, returnMax] = [0.375, -0.75, 1.5];
    expect(vector.drainEpisodes()).toEqual({ count: 2, returnMean, returnMin, returnMax, lengthMean: 2 });
    vector.step(still);
    expect(vector.drainEpisodes()).toEqual({
      count: 1,
      returnMean: 2,
      returnMin: 2,
      returnMax: 2,
      lengthMean: 2,
    });
  });
  test('equal returns have exactly that mean', () => {
    const counter = new Counter(1);
    const step = counter.step.bind(counter);
    counter.step = (action, random, observation, transition) => {
      step(action, random, observation, transition);
      transition.reward = 0.1;
    };
    const vector = one(counter);
    for (let n = 0; n < 50; n++) vector.step(still);
    expect(vector.drainEpisodes()).toEqual({
      count: 50,
      returnMean: 0.1,
      returnMin: 0.1,
      returnMax: 0.1,
      lengthMean: 1,
    });
  });
  test('without an ended episode there is nothing to sum up', () =>
    expect(one(new Counter(3)).drainEpisodes()).toEqual({
      count: 0,
      returnMean: null,
      returnMin: null,
      returnMax: null,
      lengthMean: null,
    }));
  test('figures are means over the steps since the last drain', () => {
    const vector = one(new Counter(9));
    for (let n = 0; n < 4; n++) vector.step(still);
    expect(vector.drainFigures()).toEqual({ steps: 2.5 });
    vector.step(still);
    expect(vector.drainFigures()).toEqual({ steps: 5 });
  });
  test('optimalActions belong to the current observations', () => {
    const theta = [[1], [-1]];
    const vector = make('ContextualBandit', { theta }, 8, 3);
    const seen = new Set<number>();
    for (let n = 0; n < 5; n++) {
      vector.optimalActions?.forEach((action, i) => {
        seen.add(action);
        expect(action).toBe(vector.observations[i] >= 0 ? 0 : 1);
      });
      vector.step(new Float32Array(8));
    }
    expect(seen.size).toBe(2);
    expect(make('CartPole-v1', {}, 2, 0).optimalActions).toBeUndefined();
  });
});

describe('numbers that are not finite', () => {
  test.each([
    ['reward', 'reward is NaN in copy 0 of Counter'],
    ['observation[0]', 'observation[0] is Infinity in copy 0 of Counter'],
    ['action[0]', 'action[0] is NaN in copy 0 of Counter'],
  ])('%s is an error that names quantity, copy and environment', (quantity, message) => {
    const counter = new Counter(9);
    const step = counter.step.bind(counter);
    counter.step = (action, random, observation, transition) => {
      step(action, random, observation, transition);
      if (quantity === 'reward') transition.reward = Number.NaN;
      if (quantity === 'observation[0]') observation[0] = Number.POSITIVE_INFINITY;
    };
    const actions = quantity === 'action[0]' ? Float32Array.of(Number.NaN, 0) : still;
    let caught: unknown;
    try {
      one(counter).step(actions);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(NonFiniteError);
    expect(caught).toMatchObject({ quantity, message });
  });
});

test.each<[ActionSpace, number[], string]>([
  [{ kind: 'discrete', n: 3 }, [3], 'action must be an integer in [0, 2], got 3'],
  [{ kind: 'multiDiscrete', n: [3, 2] }, [2, 2], 'action[1] must be an integer in [0, 1], got 2'],
  [{ kind: 'multiDiscrete', n: [3, 2] }, [0.5, 0], 'action[0] must be an integer in [0, 2], got 0.5'],
  [{ kind: 'multiBinary', n: 2 }, [1, -1], 'action[1] must be an integer in [0, 1], got -1'],
  [{ kind: 'multiBinary', n: 2 }, [Number.NaN, 0], 'action[0] must be an integer in [0, 1], got NaN'],
])('an action of %o that is none is refused', (actionSpace, action, message) => {
  const taken: number[][] = [];
  const world = defineEnvironment({
    id: 'Told',
    create: () => ({
      observationSpace: { kind: 'discrete', n: 1 },
      actionSpace,
      reset: (_, observation) => void observation.fill(0),
      step: (given) => void taken.push([...given]),
    }),
  });
  const vector = createCopies(world, {}, 2, 0);
  const first = new Array(action.length).fill(0).map((_, a) => (a === 0 ? 1 : 0));
  vector.step(Float32Array.from([...first, ...first]));
  expect(taken).toEqual([first, first]);
  expect(() => vector.step(Float32Array.from([...first, ...action]))).toThrow(
    `${message} for copy 1 of Told`,
  );
});

describe('seeds', () => {
  /** Every array of the first `kept` copies over `steps` steps of random actions. */
  function record(vector: Copies, kept: number, steps: number): number[] {
    const n = vector.actionSpace.kind === 'discrete' ? vector.actionSpace.n : 1;
    const streams = Array.from({ length: vector.copies }, (_, i) => randomStream(7, `test/${i}`));
    const D = vector.features;
    const out: number[] = [...vector.observations.subarray(0, kept * D)];
    for (let t = 0; t < steps; t++) {
      vector.step(Float32Array.from(streams, (random) => random.integer(n)));
      out.push(
        ...vector.observations.subarray(0, kept * D),
        ...vector.finalObservations.subarray(0, kept * D),
      );
      out.push(...vector.rewards.subarray(0, kept), ...(vector.optimalActions?.subarray(0, kept) ?? []));
      out.push(...vector.terminated.subarray(0, kept), ...vector.truncated.subarray(0, kept));
    }
    return out;
  }
  const ids = ['CartPole-v1', 'FrozenLake-v1', 'BernoulliBandit', 'GaussianBandit', 'ContextualBandit'];

  test('the same seed repeats every number, and further copies change none of the first', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ids),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 1, max: 4 }),
        (id, seed, copies) => {
          const first = record(make(id, {}, copies, seed), copies, 60);
          expect(record(make(id, {}, copies, seed), copies, 60)).toEqual(first);
          expect(record(make(id, {}, copies + 3, seed), copies, 60)).toEqual(first);
        },
      ),
      { numRuns: 25, seed: 1 },
    );
  });
  test('another seed, and another copy, see something else', () => {
    const vector = make('CartPole-v1', {}, 2, 1);
    expect(vector.observations.subarray(0, 4)).not.toEqual(vector.observations.subarray(4, 8));
    expect(make('CartPole-v1', {}, 2, 2).observations).not.toEqual(vector.observations);
  });
  test('all copies of a bandit share its means', () => {
    const vector = make('GaussianBandit', {}, 5, 1);
    expect(new Set(vector.optimalActions).size).toBe(1);
  });
  test('an evaluation plays other episodes of the same task', () => {
    const definition = findEnvironment('ContextualBandit');
    const options = parseOptions(definition, { sd: 0 }, () => 'test');
    const training = createCopies(definition, options, 1, 1);
    const evaluation = createCopies(definition, options, 1, 1, { prefix: 'evaluation' });
    expect(evaluation.observations).not.toEqual(training.observations);
    const other = createCopies(definition, options, 1, 2, { taskSeed: 1 });
    expect(other.observations).not.toEqual(training.observations);
    const task = (vector: Copies) => (vector.environments[0] as ContextualBandit).theta;
    expect(task(evaluation)).toEqual(task(training));
    expect(task(other)).toEqual(task(training));
    expect(task(createCopies(definition, options, 1, 2))).not.toEqual(task(training));
  });
});
