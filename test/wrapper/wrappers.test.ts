import { describe, expect, it } from 'vitest';
import { defineEnvironment } from '../../envs/own-environment.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { configSchema } from '../../src/config/schema.ts';
import { observationWrappersIn } from '../../src/config/wrappers.ts';
import { checkEnvironment } from '../../src/environment-check/check-environment.ts';
import { randomStream } from '../../src/random/random.ts';
import { createCopies } from '../../src/rollout/copies.ts';
import type {
  ActionSpace,
  Environment,
  EnvironmentDefinition,
  Space,
} from '../../src/rollout/environment.ts';
import { observationWrappersOf } from '../../src/run/observation-wrappers.ts';
import { type Wrapper, wrap, wrapperOf, wrappers } from '../../src/wrapper/wrappers.ts';

/** The list as a config has it, defaults filled in. */
const configured = (given: readonly object[]): readonly Wrapper[] =>
  configSchema.parse({ environment: { id: 'E', wrappers: given } }).environment.wrappers;

/** Counts its steps: shows the count, and ten times it; pays the action; ends after `ends`. */
function counter(
  ends = 1000,
  actionSpace: ActionSpace = { kind: 'box', low: [-9], high: [9] },
  observationSpace: Space = { kind: 'box', low: [0, 0], high: [10, 100] },
): EnvironmentDefinition {
  const create = (): Environment => {
    let count = 0;
    const show = (observation: Float32Array): void => {
      if (observationSpace.kind === 'box') observation.set([count, 10 * count]);
      else observation[0] = count;
    };
    return {
      observationSpace,
      actionSpace,
      reset(_random, observation) {
        count = 0;
        show(observation);
      },
      step(action, _random, observation, transition) {
        count++;
        transition.reward = action[0];
        transition.terminated = count === ends;
        show(observation);
      },
      snapshot: () => count,
      restore(state) {
        count = state as number;
      },
    };
  };
  return defineEnvironment({ id: 'Counter', create }) as EnvironmentDefinition;
}

/** What copy 0 shows and is paid for these actions, and the returns of the episodes that ended. */
function played(
  definition: EnvironmentDefinition,
  given: readonly object[],
  actions: readonly number[],
  seed = 0,
) {
  const copies = createCopies(wrap(definition, configured(given)), {}, 1, seed);
  const returns: [number, number][] = [];
  copies.onEpisode = (_, episodeReturn, length) => void returns.push([episodeReturn, length]);
  const steps = actions.map((action) => {
    copies.step(Float32Array.of(action));
    const isCut = copies.truncated[0] === 1;
    const isOver = isCut || copies.terminated[0] === 1;
    return {
      observation: Array.from(isOver ? copies.finalObservations : copies.observations),
      reward: copies.rewards[0],
      isCut,
    };
  });
  return { steps, returns, rewards: steps.map(({ reward }) => reward) };
}

describe('a wrapper', () => {
  it('timeLimit cuts, and does not terminate', () => {
    const { steps, returns } = played(counter(), [{ kind: 'timeLimit', steps: 2 }], [1, 2, 3, 4, 5]);
    expect(steps.map(({ isCut }) => isCut)).toEqual([false, true, false, true, false]);
    expect(returns).toEqual([
      [3, 2],
      [7, 2],
    ]);
  });

  it('scaleReward and clipReward change what is learned from; returns stay those of the environment', () => {
    const limit = { kind: 'timeLimit', steps: 2 };
    const scaled = played(counter(), [limit, { kind: 'scaleReward', factor: 0.5 }], [1, -4]);
    expect([scaled.rewards, scaled.returns]).toEqual([[0.5, -2], [[-3, 2]]]);
    const clipped = played(counter(), [limit, { kind: 'clipReward' }], [0.5, -4]);
    expect([clipped.rewards, clipped.returns]).toEqual([[0.5, -1], [[-3.5, 2]]]);
    const order = [{ kind: 'clipReward' }, { kind: 'scaleReward', factor: 5 }];
    expect(played(counter(), order, [0.5, -4]).rewards).toEqual([2.5, -5]);
    expect(played(counter(), order.toReversed(), [0.5, -4]).rewards).toEqual([1, -1]);
  });

  it('repeatAction sums the rewards and ends with the episode', () => {
    const three = { kind: 'repeatAction', times: 3 };
    const { steps, returns } = played(counter(5), [three], [1, 2, 3]);
    expect(steps.map(({ observation, reward }) => [observation[0], reward])).toEqual([
      [3, 3],
      [5, 4],
      [3, 9],
    ]);
    expect(returns).toEqual([[7, 2]]);
  });

  it('repeatAction and timeLimit: the order says whose steps are counted', () => {
    const three = { kind: 'repeatAction', times: 3 };
    const limit = { kind: 'timeLimit', steps: 4 };
    const inside = played(counter(), [limit, three], [1, 1, 1]);
    expect(inside.steps.map(({ observation, isCut }) => [observation[0], isCut])).toEqual([
      [3, false],
      [4, true],
      [3, false],
    ]);
    const outside = played(counter(), [three, limit], [1, 1, 1, 1]);
    expect(outside.steps.map(({ observation, isCut }) => [observation[0], isCut])).toEqual([
      [3, false],
      [6, false],
      [9, false],
      [12, true],
    ]);
  });

  it('a clipped reward of several steps is clipped where the order says', () => {
    const parts = [{ kind: 'repeatAction', times: 3 }, { kind: 'clipReward' }];
    expect(played(counter(), parts, [0.5])).toMatchObject({ rewards: [1] });
    const whole = played(counter(), [...parts.toReversed(), { kind: 'timeLimit', steps: 1 }], [2]);
    expect([whole.rewards, whole.returns]).toEqual([[3], [[6, 1]]]);
  });

  it('stickyActions does the action before again as often as it says, never in the first step', () => {
    const actions = Array.from({ length: 4000 }, (_, i) => (i % 9) + 1 - 5);
    const sticky = (probability: number) => [
      { kind: 'stickyActions', probability },
      { kind: 'timeLimit', steps: 8 },
    ];
    expect(played(counter(), sticky(0), actions).rewards).toEqual(actions);
    const always = played(counter(), sticky(1), actions).rewards;
    expect(always).toEqual(actions.map((_, i) => actions[i - (i % 8)]));
    const { rewards } = played(counter(), sticky(0.25), actions);
    // A reward is another than what was asked for where the action stuck.
    const isStuck = rewards.map((reward, i) => reward !== actions[i]);
    expect(isStuck.filter((_, i) => i % 8 === 0)).not.toContain(true);
    const share = isStuck.filter(Boolean).length / (actions.length * (7 / 8));
    expect(Math.abs(share - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 3500));
    isStuck.forEach((stuck, i) => void (stuck && expect(rewards[i]).toBe(rewards[i - 1])));
  });

  it('clipAction narrows the bounds', () => {
    const definition = wrap(counter(), configured([{ kind: 'clipAction', low: -2, high: 30 }]));
    const { actionSpace } = definition.create({}, randomStream(0, 'task'));
    expect(actionSpace).toEqual({ kind: 'box', low: [-2], high: [9] });
    expect(played(counter(), [{ kind: 'clipAction' }], [-5, 0.5, 7]).rewards).toEqual([-1, 0.5, 1]);
  });

  it('flattenObservation shows 1 at the place, and a box as it is', () => {
    const discrete = counter(1000, undefined, { kind: 'discrete', n: 4 });
    const { steps } = played(discrete, [{ kind: 'flattenObservation' }], [1, 1]);
    expect(steps.map(({ observation }) => observation)).toEqual([
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ]);
    const [box] = played(counter(), [{ kind: 'flattenObservation' }], [1]).steps;
    expect(box.observation).toEqual([1, 10]);
  });

  it('stackObservations shows the last, the oldest first, and an episode begins with its first', () => {
    const stack = [{ kind: 'stackObservations', frames: 3 }];
    const { steps } = played(counter(3), stack, [1, 1, 1, 1]);
    expect(steps.map(({ observation }) => observation)).toEqual([
      [0, 0, 0, 0, 1, 10],
      [0, 0, 1, 10, 2, 20],
      [1, 10, 2, 20, 3, 30],
      [0, 0, 0, 0, 1, 10],
    ]);
  });

  it('rescaleObservation maps the bounds', () => {
    const [unit] = played(counter(), [{ kind: 'rescaleObservation', low: 0 }], [1]).steps;
    expect(unit.observation).toEqual([Math.fround(0.1), Math.fround(0.1)]);
    expect(played(counter(), [{ kind: 'rescaleObservation' }], [1, 1, 1, 1, 1]).steps[4].observation).toEqual(
      [0, 0],
    );
  });
});

/** What each is tried with, and where. */
const CASES: Record<(typeof wrappers)[number]['kind'], [id: string, settings: object, before?: object[]]> = {
  timeLimit: ['CartPole-v1', { steps: 30 }],
  repeatAction: ['CartPole-v1', { times: 4 }],
  stickyActions: ['MountainCarContinuous-v0', { probability: 0.5 }],
  clipAction: ['Pendulum-v1', {}],
  scaleReward: ['Pendulum-v1', { factor: 0.1 }],
  clipReward: ['Pendulum-v1', {}],
  flattenObservation: ['FrozenLake-v1', {}],
  rescaleObservation: ['Pendulum-v1', {}],
  stackObservations: ['FrozenLake-v1', { frames: 3 }, [{ kind: 'flattenObservation' }]],
};

describe.each(wrappers.map(({ kind }) => kind))('%s', (kind) => {
  const [id, settings, before = []] = CASES[kind];
  const given = [...before, { kind, ...settings }];
  const definition = wrap(findEnvironment(id), configured(given));

  it('keeps the contract: snapshot, reset, copies, determinism', () => {
    const options = findEnvironment(id).options.parse({});
    expect(checkEnvironment(definition, options, { steps: 600, seed: 1, now: clock() }).findings).toEqual([]);
  });

  it('says whether the networks see a state otherwise than without it', () => {
    const without = wrap(findEnvironment(id), configured(before));
    const [seen, plain] = [definition, without].map((each) => createCopies(each, {}, 3, 1));
    const { changesObservations } = wrapperOf(kind);
    expect(Buffer.from(seen.observations.buffer).equals(Buffer.from(plain.observations.buffer))).toBe(
      !changesObservations,
    );
    const own = configured(given).filter((each) => each.kind === kind);
    expect(observationWrappersOf(seen.observationSpace)).toEqual(changesObservations ? own : []);
    expect(observationWrappersIn(configured(given))).toEqual(changesObservations ? own : []);
  });

  it('restores in the middle of an episode, in new copies', () => {
    const [one, other] = [3, 3].map((seed) => createCopies(definition, {}, 3, seed));
    const random = randomStream(5, 'action');
    const act = (): Float32Array =>
      Float32Array.from({ length: 3 }, () =>
        one.actionSpace.kind === 'discrete' ? random.integer(one.actionSpace.n) : random.normal(),
      );
    const step = (copies: typeof one, actions: Float32Array) => {
      copies.step(actions);
      return [copies.observations, copies.rewards, copies.terminated, copies.truncated].map((each) =>
        each.slice(),
      );
    };
    for (let t = 0; t < 17; t++) one.step(act());
    other.restore(one.snapshot());
    for (let t = 0; t < 60; t++) {
      const actions = act();
      expect(step(other, actions)).toEqual(step(one, actions));
    }
  });
});

it('a space says all wrappers of its observations, the first innermost, whatever stands between them', () => {
  const rescaled = { kind: 'rescaleObservation', low: 0, high: 1 };
  const stacked = { kind: 'stackObservations', frames: 2 };
  const list = [rescaled, { kind: 'scaleReward', factor: 2 }, stacked, { kind: 'repeatAction', times: 2 }];
  for (const given of [list, list.toReversed()]) {
    const { observationSpace } = createCopies(wrap(counter(), configured(given)), {}, 1, 0);
    expect(observationWrappersOf(observationSpace)).toEqual(given.filter(({ kind }) => /Obs/.test(kind)));
  }
});

describe('what is known of an environment', () => {
  const lake = findEnvironment('FrozenLake-v1');
  const options = lake.options.parse({});
  const within = (...given: object[]) => wrap(lake, configured(given));

  it('is the environment itself without wrappers', () => expect(wrap(lake, configured([]))).toBe(lake));

  it('stays where returns and what can be done stay the same', () => {
    const seen = within({ kind: 'flattenObservation' }, { kind: 'scaleReward', factor: 3 });
    expect(seen.bestReturn(options)).toEqual(lake.bestReturn(options));
    expect(seen.timeLimit(options)).toBe(100);
    expect(seen.enumerate).toBeUndefined();
  });

  it('falls away where it need not be true any more', () => {
    expect(within({ kind: 'stickyActions' }).bestReturn(options)).toBeUndefined();
    const cut = within({ kind: 'timeLimit', steps: 7 });
    expect([cut.bestReturn(options), cut.timeLimit(options)]).toEqual([undefined, 7]);
    expect(cut.enumerate?.(options, randomStream(0, 'task'))?.kind).toBe('table');
    const task = randomStream(0, 'task');
    expect(within({ kind: 'repeatAction', times: 3 }).timeLimit(options)).toBe(34);
    expect(within({ kind: 'stickyActions' }).create(options, task).tabular).toBeUndefined();
    expect(cut.create(options, task).tabular).toBeDefined();
  });

  it('figures, best actions and pictures are passed on', () => {
    const bandit = findEnvironment('BernoulliBandit');
    const wrapped = wrap(bandit, configured([{ kind: 'scaleReward', factor: 2 }]));
    const copies = createCopies(wrapped, {}, 2, 0);
    copies.step(Float32Array.of(0, 1));
    expect(copies.optimalActions).toBeDefined();
    expect(copies.drainFigures()).toEqual({ regret: expect.any(Number) });
    expect(within({ kind: 'stickyActions' }).create(options, randomStream(0, 'task')).render).toBeTypeOf(
      'function',
    );
  });

  it('masks are passed on, but for what does an action again', () => {
    const masked = { ...counter(1000, { kind: 'discrete', n: 2 }) };
    const { create } = masked;
    masked.create = (given, task) =>
      Object.assign(create(given, task), { actionMask: (mask: Uint8Array) => void mask.set([0]) });
    const made = (...list: object[]) => createCopies(wrap(masked, configured(list)), {}, 1, 0);
    expect(made({ kind: 'scaleReward', factor: 2 }).actionMasks).toEqual(Uint8Array.of(0, 1));
    for (const again of [{ kind: 'stickyActions' }, { kind: 'repeatAction', times: 2 }])
      expect(() => made(again)).toThrow(
        'does actions again, and the environment rules some out (actionMask)',
      );
  });

  it('sequences are whole only where nothing cuts them', () => {
    const tokens = findEnvironment('TokenTask');
    const given = tokens.options.parse({
      vocabulary: ['a', 'b'],
      length: 4,
      reward: { rule: { kind: 'distinct' } },
    });
    const length = (...list: object[]) => wrap(tokens, configured(list)).episodeLength?.(given);
    expect(length()).toBe(4);
    expect(length({ kind: 'scaleReward', factor: 2 })).toBe(4);
    expect(length({ kind: 'timeLimit', steps: 3 })).toBeUndefined();
    expect(length({ kind: 'timeLimit', steps: 9 })).toBe(4);
    expect(length({ kind: 'repeatAction', times: 3 })).toBe(2);
  });
});

function clock(): () => number {
  let now = 0;
  return () => {
    now += 100;
    return now;
  };
}
