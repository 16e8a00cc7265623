import { describe, expect, it } from 'vitest';
import { environments } from '../../envs/registry.ts';
import { defineEnvironment } from '../../envs/own-environment.ts';
import { checkEnvironment } from '../../src/environment-check/check-environment.ts';
import { checkNames } from '../../src/environment-check/hints.ts';
import type {
  ActionSpace,
  Environment,
  EnvironmentDefinition,
  TabularModel,
} from '../../src/rollout/environment.ts';
import { identityWorld } from '../train/identity-world.ts';

let clock = 0;
/** Goes on by a fifth of a second each time it is asked: speeds are not what is tested. */
const now = (): number => {
  clock += 100;
  return clock;
};
const check = (definition: EnvironmentDefinition, steps = 600) =>
  checkEnvironment(definition, definition.options.parse(definition.example ?? {}), { steps, seed: 3, now });

describe('every built-in environment is fine', () => {
  it.each(environments.map((each) => [each.id, each] as const))('%s', (_, definition) => {
    const { findings, stepsPerSecond, episodes } = check(definition, 1500);
    expect(findings).toEqual([]);
    expect(stepsPerSecond).toBeGreaterThan(0);
    expect(episodes).toBeGreaterThan(0);
  });
});

it.each<ActionSpace>([
  { kind: 'multiDiscrete', n: [3, 2] },
  { kind: 'multiBinary', n: 2 },
])('a world of actions %o is played on all of them', (space) => {
  expect(check(identityWorld(space) as EnvironmentDefinition)).toMatchObject({
    findings: [],
    episodes: expect.any(Number),
  });
  const same = identityWorld({ kind: 'multiDiscrete', n: [1, 1] });
  expect(check(same as EnvironmentDefinition).findings).toEqual([]);
});

/** What a corridor of six cells with a velocity is made of; each broken one changes a part. */
interface World {
  cell: number;
  speed: number;
}
function corridor(
  change: (
    fine: Environment,
    world: World,
  ) => { [K in keyof Environment]?: Environment[K] | undefined } = () => ({}),
): Environment {
  const world: World = { cell: 0, speed: 0 };
  const show = (observation: Float32Array): void => observation.set([world.cell / 5, world.speed]);
  const fine: Environment = {
    observationSpace: { kind: 'box', low: [0, -1], high: [1, 1] },
    actionSpace: { kind: 'discrete', n: 2 },
    reset(random, observation) {
      world.cell = random.integer(3);
      world.speed = 0;
      show(observation);
    },
    step(action, _random, observation, transition) {
      world.speed = action[0] === 1 ? Math.min(1, world.speed + 0.5) : Math.max(-1, world.speed - 0.5);
      world.cell = Math.min(5, Math.max(0, world.cell + Math.round(world.speed)));
      transition.terminated = world.cell === 5;
      transition.reward = transition.terminated ? 1 : -0.1;
      show(observation);
    },
    snapshot: () => ({ ...world }),
    restore: (state) => void Object.assign(world, state),
  };
  return { ...fine, ...change(fine, world) } as Environment;
}
type Change = Parameters<typeof corridor>[0];

type Way = TabularModel['transitions'];
/** Four states in a row, the last of which ends an episode, as they are. */
const walk: Way = (state, action) => {
  if (state === 3) return [];
  const next = action === 1 ? state + 1 : Math.max(0, state - 1);
  return [{ probability: 1, next, reward: 0, terminated: next === 3 }];
};
/** That walk, with what it says of itself. */
function states(
  transitions: Way,
  table: Partial<TabularModel> = {},
  actionMask?: Environment['actionMask'],
): EnvironmentDefinition {
  return defineEnvironment({
    id: 'Walk',
    timeLimit: () => 20,
    enumerate: () => ({
      kind: 'table',
      table: { states: 4, actions: 2, initial: Float64Array.of(1, 0, 0, 0), transitions, ...table },
    }),
    create() {
      let state = 0;
      return {
        observationSpace: { kind: 'discrete', n: 4 },
        actionSpace: { kind: 'discrete', n: 2 },
        ...(actionMask && { actionMask }),
        reset(_, observation) {
          state = 0;
          observation[0] = state;
        },
        step(action, _, observation, transition) {
          const [way] = walk(state, action[0] as number);
          state = way?.next ?? 0;
          observation[0] = state;
          transition.reward = 0.01 * state;
          transition.terminated = way?.terminated ?? false;
        },
        snapshot: () => state,
        restore: (kept) => {
          state = kept as number;
        },
      };
    },
  }) as EnvironmentDefinition;
}

it('a table that says what is done is fine', () => {
  expect(check(states(walk)).findings).toEqual([]);
});
const define = (change?: Change, parts: object = {}): EnvironmentDefinition =>
  defineEnvironment({
    id: 'Corridor',
    create: () => corridor(change),
    timeLimit: () => 30,
    ...parts,
  }) as EnvironmentDefinition;
/** The step of the fine one, and something after it. */
const after =
  (
    more: (
      world: World,
      observation: Float32Array,
      transition: { reward: unknown; terminated: unknown },
      action: Float32Array,
    ) => void,
  ): Change =>
  (fine, world) => ({
    step(action, random, observation, transition) {
      fine.step(action, random, observation, transition);
      more(world, observation, transition, action);
    },
  });

let shared = 0;
const broken: Record<(typeof checkNames)[number], [string, EnvironmentDefinition, RegExp][]> = {
  create: [
    [
      'throws',
      define(() => {
        throw new TypeError('no luck');
      }),
      /^create fails: TypeError: no luck/,
    ],
    [
      'a limit of half a step',
      define(undefined, { timeLimit: () => 2.5 }),
      /^create fails: timeLimit of Corridor must give a whole number ≥ 1, or undefined, got 2.5$/,
    ],
  ],
  options: [
    [
      'that take anything',
      define(undefined, { options: environments[0] && looseOptions() }),
      /take what they do not know/,
    ],
  ],
  throws: [
    [
      'in step',
      define(
        after(({ cell }) => {
          if (cell === 4) throw new RangeError('off the map');
        }),
      ),
      /^it throws: RangeError: off the map \(.*check-environment\.test\.ts:\d+:\d+\)$/,
    ],
    [
      'in reset',
      define(() => ({
        reset() {
          throw new Error('never');
        },
      })),
      /^it throws: Error: never/,
    ],
  ],
  length: [
    [
      'beyond',
      define(
        after((_, observation) => {
          observation[2] = 1;
        }),
      ),
      /^step writes observation\[2\]; an observation has 2 numbers/,
    ],
    [
      'unwritten',
      define((_, world) => ({
        reset(_random, observation) {
          world.cell = 0;
          world.speed = 0;
          observation[0] = 0;
        },
      })),
      /^reset leaves observation\[1\] unwritten/,
    ],
  ],
  bounds: [
    [
      'above',
      define(
        after(({ cell }, observation) => {
          observation[0] = cell;
        }),
      ),
      /^step writes observation\[0\] = \d, observationSpace has it in \[0, 1\]$/,
    ],
    [
      'a state that there is not',
      define(() => ({
        observationSpace: { kind: 'discrete', n: 3 },
        reset: (_, o) => {
          o[0] = 3;
        },
        step: (_, __, o, t) => {
          o[0] = 0;
          t.reward = 0;
          t.terminated = false;
        },
      })),
      /^reset writes the observation 3, observationSpace has the integers 0 to 2$/,
    ],
  ],
  finite: [
    [
      'NaN',
      define(
        after(({ speed }, observation) => {
          if (speed === 1) observation[1] = 0 / 0;
        }),
      ),
      /^step writes observation\[1\] = NaN$/,
    ],
    [
      'an infinite reward',
      define(
        after(({ speed }, _, transition) => {
          if (speed === 1) transition.reward = 1 / 0;
        }),
      ),
      /^step gives the reward Infinity$/,
    ],
  ],
  reward: [
    [
      'left alone',
      define((fine) => ({
        step(a, r, o, t) {
          const kept = t.reward;
          fine.step(a, r, o, t);
          t.reward = kept;
        },
      })),
      /^step leaves transition\.reward as it was$/,
    ],
    [
      'a text',
      define(
        after((_, __, transition) => {
          transition.reward = '1';
        }),
      ),
      /^step sets transition\.reward to "1"$/,
    ],
  ],
  terminated: [
    [
      'left alone',
      define((fine) => ({
        step(a, r, o, t) {
          const kept = t.terminated;
          fine.step(a, r, o, t);
          t.terminated = kept;
        },
      })),
      /^step leaves transition\.terminated as it was$/,
    ],
    [
      'a number',
      define(
        after((_, __, transition) => {
          transition.terminated = transition.terminated ? 1 : 0;
        }),
      ),
      /^step sets transition\.terminated to 0$/,
    ],
    [
      'truncated beside it',
      define(
        after((_, __, transition) => {
          (transition as { truncated?: boolean }).truncated = true;
        }),
      ),
      /^step sets transition\.truncated, which nobody reads$/,
    ],
  ],
  action: [
    [
      'changed',
      define(
        after((_, __, ___, action) => {
          action[0] = 0;
        }),
      ),
      /^step changes the action/,
    ],
  ],
  clock: [
    [
      'a random number',
      define(after(() => void Math.random())),
      /^it asks Math\.random \(.*check-environment\.test\.ts:\d+:\d+\)$/,
    ],
    [
      'the time',
      define(after(() => void Date.now())),
      /^it asks Date\.now \(.*check-environment\.test\.ts:\d+:\d+\)$/,
    ],
    [
      'a date',
      define(after(() => void new Date())),
      /^it asks new Date\(\) \(.*check-environment\.test\.ts:\d+:\d+\)$/,
    ],
    ['a random text', define(after(() => void crypto.randomUUID())), /^it asks crypto\.randomUUID/],
    ['how long it runs', define(after(() => void process.uptime())), /^it asks process\.uptime/],
    [
      'a timer',
      define(after(() => void setTimeout(() => {}, 0))),
      /^it asks setTimeout \(.*check-environment\.test\.ts:\d+:\d+\)$/,
    ],
    ['nanoseconds', define(after(() => void process.hrtime.bigint())), /^it asks process\.hrtime\.bigint/],
    [
      'in create',
      defineEnvironment({
        id: 'C',
        create: () => {
          Math.random();
          return corridor();
        },
        timeLimit: () => 30,
      }) as EnvironmentDefinition,
      /^it asks Math\.random/,
    ],
    [
      'the process',
      define(after(() => void performance.now())),
      /^it asks performance\.now \(.*check-environment\.test\.ts:\d+:\d+\)$/,
    ],
  ],
  determinism: [
    [
      'a variable of the module',
      define(
        after((_, __, transition) => {
          shared += 1;
          transition.reward = shared;
        }),
      ),
      /^a new copy with the same streams and actions plays otherwise: the reward is 1 and \d+ in step 1 of an episode$/,
    ],
  ],
  promise: [
    [
      'of step',
      define((fine) => ({
        step: (async (...given: Parameters<Environment['step']>) => fine.step(...given)) as never,
      })),
      /^step returns a promise, which nobody waits for$/,
    ],
    [
      'of reset that fails',
      define((fine) => ({
        reset: (async (...given: Parameters<Environment['reset']>) => {
          fine.reset(...given);
          throw new Error('late');
        }) as never,
      })),
      /^reset returns a promise/,
    ],
  ],
  mask: [
    [
      'that rules out everything',
      define(() => ({ actionMask: (mask) => void mask.fill(0) })),
      /^actionMask rules out every action$/,
    ],
    [
      'of a box',
      define(() => ({ actionSpace: { kind: 'box', low: [0], high: [1] }, actionMask: () => {} })),
      /^actionMask is there, and actions are a box: nothing of it can be ruled out$/,
    ],
    [
      'beyond its end',
      define(() => ({
        actionMask(mask) {
          mask[2] = 0;
        },
      })),
      /^actionMask writes mask\[2\], a mask has 2 numbers$/,
    ],
    [
      'of other numbers',
      define(() => ({ actionMask: (mask) => mask.fill(3) })),
      /^actionMask writes 3; a mask has 0 and 1$/,
    ],
    [
      'half of it',
      define(() => ({
        actionMask(mask) {
          mask[1] = 0.5;
        },
      })),
      /^actionMask writes 0\.5; a mask has 0 and 1$/,
    ],
    [
      'that is returned',
      define(() => ({ actionMask: () => [1, 0] as never })),
      /^actionMask returns \[1,0\], which nobody reads: it writes in place$/,
    ],
  ],
  figures: [
    [
      'without a name',
      define(() => ({ figures: new Float64Array(1) })),
      /^figureNames has 0 names, figures 1 numbers$/,
    ],
    [
      'that is NaN',
      define(() => ({ figureNames: ['speed'], figures: Float64Array.of(Number.NaN) })),
      /^figures\[0\] \(speed\) is NaN$/,
    ],
    [
      'of the best action',
      define(() => ({ optimalAction: () => 2 })),
      /^optimalAction gives 2, actions are 0 to 1$/,
    ],
  ],
  reset: [
    [
      'that forgets',
      define((fine, world) => ({
        reset(random, observation) {
          const { speed } = world;
          fine.reset(random, observation);
          world.speed = speed;
        },
      })),
      /^a copy that was played on before starts otherwise than a new one: /,
    ],
  ],
  copies: [
    [
      'that show other things',
      define(() => ({ observationSpace: { kind: 'box', low: [0, -1], high: [1, 1 + ++shared] } })),
      /^create of it must give every copy the same spaces, gave \{/,
    ],
    [
      'that share what reset sets',
      define((fine) => ({
        reset(r, o) {
          shared = 0;
          fine.reset(r, o);
        },
        step(a, r, o, t) {
          fine.step(a, r, o, t);
          shared += 1;
          t.reward = shared;
        },
      })),
      /^a copy plays otherwise while another is played on: the reward is /,
    ],
  ],
  snapshot: [
    ['none', define(() => ({ snapshot: undefined, restore: undefined })), /^it has no snapshot and restore$/],
    [
      'without the speed',
      define((_, world) => ({ snapshot: () => ({ cell: world.cell }) })),
      /^restored, it goes on otherwise: observation\[[01]\] is /,
    ],
    [
      'that is the state itself',
      define((_, world) => ({ snapshot: () => world as never })),
      /^what snapshot gave is changed by the steps after it$/,
    ],
    [
      'with a map',
      define(() => ({ snapshot: () => ({ cells: [new Map()] }) as never })),
      /^what snapshot gives is no data: cells\.0 is a Map; /,
    ],
    [
      'with a function',
      define(() => ({ snapshot: () => ({ go: () => 1 }) as never })),
      /^what snapshot gives is no data: go is a function$/,
    ],
    [
      'that restore goes on with',
      define((fine, { cell, speed }) => {
        let kept: World = { cell, speed };
        return {
          snapshot: () => ({ ...kept }),
          restore: (state) => {
            kept = state as never;
          },
          reset: (r, o) => {
            fine.reset(r, o);
            kept.cell = 0;
          },
          step: (a, r, o, t) => {
            fine.restore?.({ ...kept });
            fine.step(a, r, o, t);
            Object.assign(kept, fine.snapshot?.());
          },
        };
      }),
      /^what restore was given is changed by the steps after it$/,
    ],
    [
      'without what the mask is of',
      define((fine) => {
        let steps = 0;
        return {
          actionSpace: { kind: 'discrete', n: 3 },
          actionMask: (mask) => mask.fill(1, 2).fill(Number(steps % 3 > 0), 2),
          reset: (r, o) => {
            steps = 0;
            fine.reset(r, o);
          },
          step: (a, r, o, t) => {
            steps += 1;
            fine.step(Float32Array.of(Number(a[0] > 0)), r, o, t);
          },
        };
      }),
      /^restored, it goes on otherwise: mask\[2\] is \d and \d before step \d$/,
    ],
    [
      'restored nowhere else',
      (() => {
        const kept: World[] = [];
        return define((_, world) => ({
          snapshot: () => {
            kept.push({ ...world });
            return { at: kept.length - 1 };
          },
          restore: (state) => {
            if (world.cell + world.speed !== 0) Object.assign(world, kept[(state as { at: number }).at]);
          },
        }));
      })(),
      /^restored in a new copy, it goes on otherwise: /,
    ],
  ],
  episodes: [
    [
      'that never end',
      define(
        after((_, __, transition) => {
          transition.terminated = false;
        }),
        { timeLimit: () => undefined },
      ),
      /^no episode ended in 600 calls, and there is no time limit$/,
    ],
    [
      'of another length',
      define(undefined, { episodeLength: () => 12 }),
      /^an episode ended after \d+ steps, episodeLength says 12$/,
    ],
    [
      'that a clock ends',
      (() =>
        define((fine) => {
          let t = 0;
          return {
            reset(r, o) {
              t = 0;
              fine.reset(r, o);
            },
            step(a, r, o, tr) {
              fine.step(a, r, o, tr);
              tr.terminated = ++t === 12;
            },
            snapshot: undefined,
            restore: undefined,
          };
        }))(),
      /^every episode terminates after 12 steps, whatever is done$/,
    ],
    [
      'that a clock ends where nothing did before',
      define((fine) => {
        let t = 0;
        return {
          reset(r, o) {
            t = 0;
            fine.reset(r, o);
          },
          step(a, r, o, tr) {
            fine.step(a, r, o, tr);
            tr.terminated ||= ++t === 10;
          },
          snapshot: undefined,
          restore: undefined,
        };
      }),
      /^\d+ of \d+ episodes terminate after 10 steps, and none later$/,
    ],
  ],
  table: [
    [
      'a way that is not there',
      states((s, a) => walk(s, a).map((way) => ({ ...way, terminated: false }))),
      /^step \d+ of an episode leads from state 2, action 1 to state 3, which ends it; transitions has no such way$/,
    ],
    [
      'half a way',
      states((s) => [{ probability: 0.5, next: s, reward: 0, terminated: false }]),
      /^the probabilities of state 0, action \d sum to 0.5$/,
    ],
    [
      'other starts',
      states(walk, { initial: Float64Array.of(0, 1, 0, 0) }),
      /^an episode begins in state 0, where initial is 0$/,
    ],
    [
      'other states',
      states(walk, { states: 5, initial: Float64Array.of(1, 0, 0, 0, 0) }),
      /^the table has 5 states and 2 actions, the spaces 4 and 2$/,
    ],
    [
      'other masks',
      states(walk, { masks: Uint8Array.of(0, 1, 1, 1, 1, 1, 1, 1) }, (mask) => void mask),
      /^actionMask says 1 of action 0 in state 0, masks say 0$/,
    ],
    [
      'none, by an error',
      states(() => {
        throw new RangeError('no such cell');
      }),
      /^enumerate throws: RangeError: no such cell/,
    ],
    [
      'half a way where no play comes to',
      states((s, a) => (s === 3 ? [{ probability: 0.5, next: 0, reward: 0, terminated: true }] : walk(s, a))),
      /^the table of Walk: state 3, action 0: probabilities of its transitions must sum to 1 \(within 1e-9\), sum to 0\.5$/,
    ],
    [
      'of no kind',
      define(undefined, { enumerate: () => ({ kind: 'tabel' }) as never }),
      /^enumerate of Corridor must give \{ kind: 'table', table \}, .*, got \{"kind":"tabel"\}$/,
    ],
  ],
  returns: [
    [
      'beyond what is said',
      define(undefined, { returnBounds: () => ({ least: -1, greatest: 0.5 }) }),
      /^an episode returned -?[\d.]+, returnBounds say -1 to 0\.5$/,
    ],
    [
      'of another shape',
      define(undefined, { returnBounds: () => [1, 0] as never }),
      /^returnBounds of Corridor must give \{ least, greatest \}, two numbers, least ≤ greatest, got \[1,0\]$/,
    ],
    [
      'a best one without a word how it is known',
      define(undefined, { bestReturn: () => ({ value: 7 }) as never }),
      /^bestReturn of Corridor must give \{ value, how \}, .*, got value 7, how undefined$/,
    ],
    [
      'a best one that throws',
      define(undefined, {
        bestReturn() {
          throw new TypeError('no best');
        },
      }),
      /^bestReturn throws: TypeError: no best/,
    ],
  ],
  picture: [
    [
      'that throws',
      define(() => ({
        render() {
          throw new RangeError('no picture');
        },
      })),
      /^render throws: RangeError: no picture/,
    ],
    [
      'of nothing',
      define(() => ({ draw: () => null as never })),
      /^draw of Corridor must give \{ width, height, shapes, seconds \}, got null$/,
    ],
  ],
  effect: [
    [
      'none',
      define((fine) => ({
        step(_, r, o, t) {
          fine.step(Float32Array.of(1), r, o, t);
        },
      })),
      /^other actions lead to the same, over 600 calls$/,
    ],
  ],
  scale: [
    [
      'of observations',
      define(
        after(({ cell }, observation) => {
          observation[0] = cell * 1e4;
        }),
        {},
      ),
      /^observation\[0\] is as large as ±50000: /,
    ],
    [
      'of actions',
      define((fine) => ({
        actionSpace: { kind: 'box', low: [0], high: [500] },
        step: (a, r, o, t) => fine.step(Float32Array.of(Number(a[0] > 250)), r, o, t),
      })),
      /^action\[0\] is in \[0, 500\]: a policy begins with mean 0/,
    ],
    [
      'of rewards',
      define(
        after((_, __, transition) => {
          transition.reward = Number(transition.reward) * 1e5;
        }),
      ),
      /^rewards are as large as ±100000: beyond ±1000/,
    ],
    [
      'of small rewards',
      define(
        after((_, __, transition) => {
          transition.reward = Number(transition.reward) * 1e-6;
        }),
      ),
      /^rewards are no larger than ±0\.000001: /,
    ],
  ],
};

function looseOptions() {
  const strict = defineEnvironment({ id: 'x', create: () => corridor() }).options;
  return { ...strict, safeParse: () => ({ success: true, data: {} }), parse: () => ({}) };
}

describe('what is broken is found', () => {
  it('the one that the others are made of is fine', () => expect(check(define()).findings).toEqual([]));

  it.each(
    checkNames.flatMap((name) =>
      broken[name].map(([what, definition, message]) => [name, what, definition, message] as const),
    ),
  )('%s: %s', (name, _, definition, message) => {
    const { findings } = check(definition);
    const found = findings.find((each) => each.check === name && message.test(each.message));
    expect([name, found?.message ?? findings]).toEqual([name, expect.stringMatching(message)]);
    expect(found?.hint).toMatch(/\w/);
    expect(found?.level).toBe(
      (['options', 'episodes', 'effect', 'scale'].includes(name) && _ !== 'of another length') || _ === 'none'
        ? 'warning'
        : 'error',
    );
  });

  it('of an environment that Python runs, with what its author would do about it', () => {
    const parts = { createBatch: () => undefined as never };
    const hints = (definition: EnvironmentDefinition) =>
      Object.fromEntries(
        check({ ...definition, ...parts } as EnvironmentDefinition).findings.map((each) => [
          each.check,
          each.hint,
        ]),
      );
    expect(hints(broken.determinism[0]?.[1] ?? define()).determinism).toMatch(/^draw from self\.np_random, /);
    expect(hints(broken.episodes[0]?.[1] ?? define()).episodes).toMatch(
      /^register it with max_episode_steps=N: /,
    );
  });

  it('and leaves the clocks of the world as they were', () => {
    const before = [Math.random, Date.now, Date, performance.now];
    check(define(after(() => void Math.random())));
    expect([Math.random, Date.now, Date, performance.now]).toEqual(before);
    expect(Object.hasOwn(performance, 'now')).toBe(false);
  });
});
