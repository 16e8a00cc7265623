import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Acrobot } from '../../envs/acrobot.ts';
import { CartPole } from '../../envs/cart-pole.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { taxi } from '../../envs/taxi.ts';
import { gymnasiumEnvironment } from '../../src/node/gymnasium.ts';
import { randomStream } from '../../src/random/random.ts';
import { createVector } from '../../src/rollout/copies.ts';
import type { Environment } from '../../src/rollout/environment.ts';
import type { VectorEnvironment } from '../../src/rollout/vector-environment.ts';
import { randomActions } from '../envs/random-actions.ts';
import { NEEDS, pythonWithGymnasium } from './python.ts';

/* The bridge with a real Python. Without one: test/cli/gymnasium.test.ts. */

const python = pythonWithGymnasium();

beforeAll(() => {
  if (python !== undefined) vi.stubEnv('LEASH_PYTHON', python);
  vi.stubEnv('PYTHONPATH', dirname(fileURLToPath(import.meta.url)));
});
afterAll(() => void vi.unstubAllEnvs());

async function open(id: string, options: object = {}, copies = 2, seed = 0): Promise<VectorEnvironment> {
  return createVector(await gymnasiumEnvironment(id, 'test'), options, copies, seed);
}

const STATES = 10_000;
const COPIES = 1000;

describe.skipIf(python === undefined)(NEEDS, () => {
  const classics: [string, () => Environment & { readonly state: Float64Array }][] = [
    ['CartPole-v1', () => new CartPole()],
    ['Acrobot-v1', () => new Acrobot()],
    ['Pendulum-v1', () => new Pendulum()],
  ];
  it.each(classics)('%s steps as leash’s own from 10,000 states', async (id, create) => {
    const vector = await open(`gym:leash_worlds:Injected${id}`, {}, COPIES);
    const own = create();
    const S = own.state.length;
    const D = vector.features;
    const random = randomStream(1, 'actions');
    const observation = new Float32Array(D - S);
    const transition = { reward: 0, terminated: false };
    let ended = 0;
    let worst = 0;
    let others = 0;
    for (let round = 0; round < STATES / COPIES; round++) {
      const before = vector.observations.slice();
      const actions = Float32Array.from({ length: COPIES }, () =>
        vector.actionSpace.kind === 'discrete'
          ? random.integer(vector.actionSpace.n)
          : Math.fround(4 * random.uniform() - 2),
      );
      vector.step(actions);
      for (let i = 0; i < COPIES; i++) {
        own.state.set(before.subarray(i * D, i * D + S));
        own.step(actions.subarray(i, i + 1), random, observation, transition);
        const wanted = [...own.state, ...observation];
        for (let d = 0; d < D; d++) {
          const off = Math.abs(vector.finalObservations[i * D + d] - wanted[d]);
          worst = Math.max(worst, off / Math.max(1, Math.abs(wanted[d])));
        }
        worst = Math.max(worst, Math.abs(vector.rewards[i] - transition.reward));
        others += (vector.terminated[i] === 1) === transition.terminated ? 0 : 1;
        others += vector.truncated[i] + vector.terminated[i] === 1 ? 0 : 1;
        ended += vector.terminated[i];
      }
    }
    expect(worst).toBeLessThanOrEqual(1e-6);
    expect(others).toBe(0);
    if (id !== 'Pendulum-v1') expect(ended).toBeGreaterThan(100);
    vector.dispose?.();
  });

  it('Taxi-v4 steps as leash’s own from 10,000 of its states', async () => {
    const vector = await open('gym:leash_worlds:AnyTaxi-v0', {}, COPIES);
    const own = taxi.create(taxi.options.parse({}), randomStream(0, 'task'));
    const random = randomStream(1, 'actions');
    const observation = new Float32Array(1);
    const transition = { reward: 0, terminated: false };
    for (let round = 0; round < STATES / COPIES; round++) {
      const before = vector.observations.slice();
      const actions = Float32Array.from({ length: COPIES }, () => random.integer(6));
      vector.step(actions);
      for (let i = 0; i < COPIES; i++) {
        own.restore?.(before.subarray(i * 500, (i + 1) * 500).indexOf(1));
        own.step(actions.subarray(i, i + 1), random, observation, transition);
        expect(vector.finalObservations.subarray(i * 500, (i + 1) * 500).indexOf(1)).toBe(observation[0]);
        expect(vector.rewards[i]).toBe(transition.reward);
        expect(vector.terminated[i] === 1).toBe(transition.terminated);
      }
    }
    vector.dispose?.();
  });

  it('more copies change nothing for the first ones, and the same seed gives the same again', async () => {
    const [few, many, again, other] = [
      await open('gym:CartPole-v1', {}, 2),
      await open('gym:CartPole-v1', {}, 5),
      await open('gym:CartPole-v1', {}, 2),
      await open('gym:CartPole-v1', {}, 2, 1),
    ];
    for (let t = 0; t < 200; t++) {
      const actions = Float32Array.from({ length: 5 }, (_, i) => (t * 7 + i * 3) % 2);
      expect(many.observations.subarray(0, 8)).toEqual(few.observations);
      expect(again.observations).toEqual(few.observations);
      expect(other.observations).not.toEqual(few.observations);
      for (const each of [few, again, other]) each.step(actions.subarray(0, 2));
      many.step(actions);
      expect(many.rewards.subarray(0, 2)).toEqual(few.rewards);
    }
    expect(few.drainEpisodes().count).toBeGreaterThan(5);
  });

  it.each([
    ['dict', { kind: 'box', features: 4 + 5 + 5 }],
    ['discrete', { kind: 'discrete', features: 4 }],
    ['box', { kind: 'box', features: 2 }],
    ['bits', { kind: 'box', features: 3 }],
    ['choices', { kind: 'box', features: 5 }],
    ['scalar', { kind: 'box', features: 1 }],
  ])('observations of %s are flattened', async (shows, { kind, features }) => {
    const vector = await open('gym:leash_worlds:Spaces-v0', { shows });
    expect(vector.observationSpace.kind).toBe(kind);
    expect(vector.features).toBe(features);
    const { low, high } =
      vector.observationSpace.kind === 'box' ? vector.observationSpace : { low: [0], high: [1] };
    for (let t = 0; t < 20; t++) {
      vector.observations.forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual(low[i % low.length]);
        expect(value).toBeLessThanOrEqual(high[i % high.length]);
      });
      vector.step(new Float32Array(2));
      // Both are said: the MDP ended.
      if (vector.terminated[0] === 1) expect(vector.truncated[0]).toBe(0);
    }
    // Dict: keys in the order of the alphabet, a tuple in it: one-hot, bits; a box; choices one-hot.
    if (shows === 'dict') {
      const row = [...vector.observations.subarray(0, features)];
      expect(row.slice(0, 3).reduce((a, b) => a + b)).toBe(1);
      expect(row.slice(9, 11).reduce((a, b) => a + b)).toBe(1);
      expect(row.slice(11, 14).reduce((a, b) => a + b)).toBe(1);
    }
  });

  it.each([
    ['discrete', 'discrete', -2 - 1 + 0 + 1],
    ['box', 'box', undefined],
    ['bits', 'multiBinary', undefined],
    ['choices', 'multiDiscrete', undefined],
  ])('actions of %s are of their space there', async (takes, kind, sum) => {
    const vector = await open('gym:leash_worlds:Spaces-v0', { takes }, 4);
    expect(vector.actionSpace.kind).toBe(kind);
    if (sum !== undefined) {
      vector.step(Float32Array.of(0, 1, 2, 3));
      expect([...vector.rewards]).toEqual([-2, -1, 0, 1]);
    }
    const random = randomStream(2, 'actions');
    for (let t = 0; t < 20; t++) {
      vector.step(randomActions(vector, random, () => 50 * random.normal()));
      for (const reward of vector.rewards) expect(reward).toBeGreaterThan(-1000);
    }
  });

  it.each(
    ['discrete', 'choices', 'bits'].flatMap((takes) =>
      ['sample', 'flat'].map((how) => [takes, how] as const),
    ),
  )('masks of %s in info are those of actions here, as %s says them', async (takes, how) => {
    const vector = await open('gym:leash_worlds:Masked-v0', { takes, how }, 3);
    const masks = { discrete: [1, 0, 0, 1], choices: [1, 0, 1, 0, 1], bits: [1, 0, 1, 1, 0, 1] }[takes];
    expect([...(vector.actionMasks ?? [])]).toEqual([masks, masks, masks].flat());
    const random = randomStream(3, 'actions');
    // The environment takes nothing else.
    for (let t = 0; t < 60; t++) vector.step(randomActions(vector, random, () => 0));
    expect(vector.drainEpisodes().count).toBe(3 * Math.floor(60 / 7));
  });

  it('says none where info has none, nor for a box', async () => {
    expect((await open('gym:CartPole-v1')).actionMasks).toBeUndefined();
    expect((await open('gym:Pendulum-v1')).actionMasks).toBeUndefined();
  });

  it('an image is a row of its pixels, said to be one', async () => {
    const { observationSpace, features } = await open('gym:leash_worlds:Spaces-v0', { shows: 'image' });
    expect(observationSpace).toMatchObject({
      ...{ kind: 'box', shape: [8, 9, 3], image: '8 × 9 × 3 of uint8' },
    });
    expect(features).toBe(216);
  });

  it.each([
    ['missing', 'info has no action_mask, which it had when the environment was made'],
    ['short', "info's action_mask has 1 numbers, of MultiBinary(3) it must have 3"],
    ['nothing', 'action_mask of copy 0 of gym:leash_worlds:Masked-v0 rules out every value of bit 0'],
  ])('a mask that is %s is refused in one line', async (how, why) => {
    const vector = await open('gym:leash_worlds:Masked-v0', { takes: 'bits', how });
    const random = randomStream(3, 'actions');
    expect(() => {
      for (let t = 0; t < 60; t++) vector.step(randomActions(vector, random, () => 0));
    }).toThrow(why);
  });

  it.each([
    [{ shows: 'text' }, 'its observations are Text('],
    [{ shows: 'graph' }, 'its observations are Graph('],
    [{ takes: 'whole' }, 'whole numbers in a box have no distribution'],
    [{ takes: 'dict' }, 'of which leash has no distribution'],
    [{ colour: 'red' }, "unexpected keyword argument 'colour'"],
  ])('%j is refused in one line', async (options, why) => {
    await expect(open('gym:leash_worlds:Spaces-v0', options)).rejects.toThrow(why);
  });

  it.each([
    ['throws', 'ValueError: no way, thrown when asked to step gym:leash_worlds:Faulty-v0 (copy 0)'],
    ['exits', 'SystemExit: enough'],
    ['shape', 'an observation has shape (3,), its space says (2,)'],
    ['asks', 'EOFError'],
    ['crashes', 'was ended by SIGSEGV'],
    ['hangs', 'did not answer within 8 s'],
  ])('an environment that %s in a step', async (how, why) => {
    vi.stubEnv('LEASH_PYTHON_TIMEOUT', how === 'hangs' ? '8' : '60');
    // Another id, another Python: the one of before may have another limit.
    const vector = await open(how === 'hangs' ? 'gym:leash_worlds:Faulty' : 'gym:leash_worlds:Faulty-v0', {
      how,
    });
    const step = (): void => {
      for (let t = 0; t < 5; t++) vector.step(new Float32Array(2));
    };
    expect(step).toThrow(why);
    if (how === 'throws')
      try {
        step();
      } catch (error) {
        expect(((error as Error).cause as Error | undefined)?.stack).toMatch(
          /^ValueError: no way\n {4}at walk \(.*leash_worlds\.py:\d+\)\n/,
        );
      }
  });

  it.each([
    ['gym:CartPoel-v1', 'did you mean gym:CartPole-v1?'],
    ['gym:CartPole-v7', 'CartPole'],
    ['gym:no_such_module:World-v0', 'no_such_module'],
    ['gym:', 'no such environment'],
  ])('%s is refused in one line', async (id, why) => {
    await expect(gymnasiumEnvironment(id, 'a.json')).rejects.toThrow(why);
    await expect(gymnasiumEnvironment(id, 'a.json')).rejects.toThrow(/^[^\n]*\(a\.json\)$/);
  });
});
