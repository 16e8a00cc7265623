import { describe, expect, it } from 'vitest';
import { defineEnvironment, type OwnEnvironment } from '../../envs/own-environment.ts';
import type { StateValue } from '../../src/elementary/state.ts';
import { randomStream } from '../../src/random/random.ts';
import { createCopies } from '../../src/rollout/copies.ts';
import {
  type Environment,
  type EnvironmentDefinition,
  EnvironmentError,
  NonFiniteError,
} from '../../src/rollout/environment.ts';
import { guardDefinition } from '../../src/rollout/own-definition.ts';

type Options = Record<string, never>;
const options: Options = {};
const task = randomStream(0, 'task');

/** A counter to 3, with what is said of it, and what its copies have beside or otherwise. */
function own(
  parts: Partial<Record<keyof OwnEnvironment<Options>, unknown>>,
  members: (count: () => number) => Partial<Record<keyof Environment, unknown>> = () => ({}),
): EnvironmentDefinition<Options> {
  const create = (): Environment => {
    let count = 0;
    const counter: Environment = {
      observationSpace: { kind: 'discrete', n: 4 },
      actionSpace: { kind: 'discrete', n: 2 },
      reset(_, observation) {
        count = 0;
        observation[0] = count;
      },
      step(_, __, observation, transition) {
        count += 1;
        observation[0] = count;
        transition.reward = 1;
        transition.terminated = count === 3;
      },
      snapshot: () => ({ count }),
      restore(state) {
        ({ count } = state as { count: number });
      },
    };
    return Object.assign(
      counter,
      members(() => count),
    );
  };
  const definition = defineEnvironment({ id: 'E', create, ...parts } as OwnEnvironment<Options>);
  return { ...guardDefinition(definition, 'E (e.mjs)'), module: { path: 'e.mjs', sha256: '' } };
}

const fails = (): never => {
  throw new TypeError('no luck');
};
/** An object that has no text. */
const bare = (): never => {
  throw Object.create(null);
};

describe('a part of one’s own environment that gives what it may not is refused by its name', () => {
  const best = 'must give { value, how }, a finite number and a text, or undefined, got';
  const bounds = 'must give { least, greatest }, two numbers, least ≤ greatest, got';
  it.each<[keyof OwnEnvironment<Options>, unknown, string]>([
    ['bestReturn', fails, 'threw TypeError: no luck'],
    ['bestReturn', bare, 'threw {}'],
    ['bestReturn', () => Number.NaN, `${best} NaN`],
    ['bestReturn', () => '7', `${best} "7"`],
    ['bestReturn', async () => ({ value: 7, how: 'so' }), `${best} {}`],
    ['bestReturn', () => ({ value: 7 }), `${best} value 7, how undefined`],
    ['bestReturn', () => ({ value: Number.NaN, how: 'so' }), `${best} value NaN, how "so"`],
    ['returnBounds', fails, 'threw TypeError: no luck'],
    ['returnBounds', () => [1, 0], `${bounds} [1,0]`],
    ['returnBounds', () => ({ low: 0, high: 1 }), `${bounds} {"low":0,"high":1}`],
    ['returnBounds', () => ({ least: 1, greatest: 0 }), `${bounds} least 1, greatest 0`],
    ['returnBounds', () => ({ least: Number.NaN, greatest: 0 }), `${bounds} least NaN, greatest 0`],
    ['returnBounds', () => undefined, `${bounds} undefined`],
    ['bytesPerCopy', fails, 'threw TypeError: no luck'],
    ['bytesPerCopy', () => '8', 'must give a finite number ≥ 0, got "8"'],
    ['episodeLength', fails, 'threw TypeError: no luck'],
    ['episodeLength', () => 2.5, 'must give a whole number ≥ 1, or undefined, got 2.5'],
    ['timeLimit', () => '5', '(e.mjs) must give a whole number ≥ 1, or undefined, got "5"'],
    ['enumerate', fails, 'threw TypeError: no luck'],
    ['enumerate', () => 5, /^must give \{ kind: 'table', table \}, .* or undefined, got 5$/],
    ['enumerate', () => ({}), /^must give .* or undefined, got \{\}$/],
    ['enumerate', () => null, /^must give .* or undefined, got null$/],
    ['enumerate', () => ({ kind: 'tabel' }), /^must give .* got \{"kind":"tabel"\}$/],
    [
      'enumerate',
      () => ({ kind: 'tooMany' }),
      "must give { kind: 'tooMany', why }, why a text, got undefined",
    ],
  ] as [keyof OwnEnvironment<Options>, unknown, string][])('%s: %s', (part, value, why) => {
    const definition = own({ [part]: value });
    const call = definition[part] as (given: Options, stream: typeof task) => unknown;
    const problem = thrownOf(() => call(options, task));
    expect(problem).toBeInstanceOf(EnvironmentError);
    expect((problem as Error).message.startsWith(`${part} of E (e.mjs) `)).toBe(true);
    const words = (problem as Error).message.slice(`${part} of E (e.mjs) `.length);
    if (typeof why === 'string') expect(words).toBe(why.replace('(e.mjs) ', ''));
    else expect(words).toMatch(why);
  });

  it.each<[string, object, string]>([
    [
      'no table',
      { kind: 'table', table: null },
      'the table of E (e.mjs) must be a table of states and actions, got null',
    ],
    [
      'no numbers',
      { kind: 'table', table: {} },
      'the table of E (e.mjs): states must be a whole number ≥ 1, got undefined',
    ],
    [
      'no sequences',
      { kind: 'sequences' },
      'the sequences of E (e.mjs) must be a model of them, got undefined',
    ],
    [
      'sequences of nothing',
      { kind: 'sequences', model: {} },
      'the sequences of E (e.mjs): space must be { vocabulary, length, end }, got undefined',
    ],
  ])('enumerate: %s', (_, found, message) => {
    expect(() => own({ enumerate: () => found }).enumerate?.(options, task)).toThrow(
      new EnvironmentError(message),
    );
  });

  it('what is right is passed on', () => {
    const said = { value: 3, how: 'counted' };
    const between = { least: 3, greatest: Number.POSITIVE_INFINITY };
    const { bestReturn, returnBounds, enumerate } = own({
      bestReturn: () => said,
      returnBounds: () => between,
    });
    expect([bestReturn(options), returnBounds?.(options), enumerate]).toEqual([said, between, undefined]);
    expect(own({ bestReturn: () => null }).bestReturn(options)).toBeUndefined();
  });

  it('transitions and rewards of answers are told where they are asked for', () => {
    const table = { states: 1, actions: 1, initial: Float64Array.of(1), transitions: fails };
    const found = own({ enumerate: () => ({ kind: 'table', table }) }).enumerate?.(options, task);
    expect(() => found?.kind === 'table' && found.table.transitions(0, 0)).toThrow(
      'transitions of E (e.mjs) threw TypeError: no luck',
    );
    const model = {
      space: { vocabulary: 2, length: 1, end: null },
      prompts: 1,
      observe: fails,
      reward: () => Number.NaN,
    };
    const answers = own({ enumerate: () => ({ kind: 'sequences', model }) }).enumerate?.(options, task);
    expect(() => answers?.kind === 'sequences' && answers.model.reward(0, [1])).toThrow(
      'the sequences of E (e.mjs): reward of the answer 1 to prompt 0 must be a finite number, got NaN',
    );
  });
});

describe('a member of a copy that gives what it may not is refused by its name', () => {
  const circle: { self?: object } = {};
  circle.self = circle;
  const picture = { width: 1, height: 1, seconds: 1, shapes: [] };
  const circleShape = { kind: 'circle', x: 0, y: 0, radius: 1, ink: 'agent' };
  it.each<[keyof Environment, unknown, string]>([
    ['optimalAction', fails, 'threw TypeError: no luck'],
    ['optimalAction', () => 2, 'must give an action, 0 to 1, or −1, got 2'],
    ['optimalAction', () => Number.NaN, 'must give an action, 0 to 1, or −1, got NaN'],
    ['snapshot', fails, 'threw TypeError: no luck'],
    ['snapshot', () => circle, 'gives what no file keeps: self is within itself'],
    ['snapshot', () => ({ seen: [1n] }), 'gives what no file keeps: seen.0 is a bigint'],
    ['snapshot', async () => ({ count: 1 }), 'gives what no file keeps: it is a Promise'],
    ['snapshot', () => ({ cells: new Map() }), 'gives what no file keeps: cells is a Map'],
    ['snapshot', () => ({ cells: Uint8Array.of(1) }), 'gives what no file keeps: cells is a Uint8Array'],
    ['restore', fails, 'threw TypeError: no luck'],
    ['render', fails, 'threw TypeError: no luck'],
    ['render', () => null, 'must give a text, got null'],
    ['draw', fails, 'threw TypeError: no luck'],
    ['draw', () => null, 'must give { width, height, shapes, seconds }, got null'],
    ['draw', () => ({}), 'must give a finite width > 0, got undefined'],
    ['draw', () => ({ ...picture, shapes: {} }), 'must give an array of shapes, got {}'],
    [
      'draw',
      () => ({ ...picture, shapes: [{ kind: 'star' }] }),
      'gives in shapes[0] what is no rectangle, circle, line, polygon: {"kind":"star"}',
    ],
    [
      'draw',
      () => ({ ...picture, shapes: [{ ...circleShape, x: '1' }] }),
      'gives in shapes[0] x "1", which is no finite number',
    ],
    [
      'draw',
      () => ({ ...picture, shapes: [{ ...circleShape, ink: 'red' }] }),
      'gives in shapes[0] the ink "red", there are paper, ground, line, agent, part, goal, danger, start',
    ],
    [
      'draw',
      () => ({ ...picture, shapes: [{ kind: 'polygon', ink: 'goal', points: [1, 2] }] }),
      'gives in shapes[0] points that are no array of [x, y]: [1,2]',
    ],
  ])('%s: %s', (member, value, why) => {
    const copy = own({}, () => ({ [member]: value })).create(options, task);
    const call = copy[member] as (given?: StateValue) => unknown;
    const problem = thrownOf(() => call(null));
    expect(problem).toBeInstanceOf(EnvironmentError);
    expect((problem as Error).message).toBe(`${member} of E (e.mjs) ${why}`);
  });

  it.each<[string, object, string]>([
    ['a word', { figureNames: 'xy' }, 'figureNames of E (e.mjs) must be an array of texts, got "xy"'],
    [
      'a name twice',
      { figureNames: ['a', 'a'], figures: [1, 1] },
      'figureNames of E (e.mjs) must be different texts, got "a" twice',
    ],
    [
      'names without numbers',
      { figureNames: ['a'], figures: [] },
      'figures of E (e.mjs) must be an array of 1 numbers, as figureNames says, got []',
    ],
  ])('figures: %s', (_, members, message) => {
    expect(() => own({}, () => members).create(options, task)).toThrow(new EnvironmentError(message));
  });

  it('what is right is passed on, a state of a class, too', () => {
    class State {
      constructor(readonly count: number) {}
    }
    const drawing = { ...picture, shapes: [circleShape] };
    const copy = own({}, (count) => ({
      optimalAction: () => undefined,
      snapshot: () => new State(count()),
      render: () => '*',
      draw: () => drawing,
    })).create(options, task);
    expect([copy.optimalAction?.(), copy.snapshot?.(), copy.render?.(), copy.draw?.()]).toEqual([
      -1,
      new State(0),
      '*',
      drawing,
    ]);
  });
});

describe('copies of one’s own environment', () => {
  const step = (written: (transition: { reward: unknown }) => void) =>
    own({}, () => ({
      step(_: unknown, __: unknown, observation: Float32Array, transition: { reward: unknown }) {
        observation[0] = 0;
        written(transition);
      },
    }));

  it.each<[unknown, string]>([
    ['3', 'reward is the text "3" in copy 0 of E; it must be a finite number'],
    [3n, 'reward is 3n in copy 0 of E; it must be a finite number'],
    [undefined, 'reward is undefined in copy 0 of E; it must be a finite number'],
    [Number.NaN, 'reward is NaN in copy 0 of E'],
  ])('say what a reward of %s is', (reward, message) => {
    const copies = createCopies(
      step((transition) => {
        transition.reward = reward;
      }),
      options,
      1,
      0,
    );
    expect(thrownOf(() => copies.step(Float32Array.of(0)))).toEqual(
      new NonFiniteError('reward', message.slice('reward is '.length)),
    );
  });

  it('name what has no text, and the copy', () => {
    const copies = createCopies(step(bare), options, 1, 0);
    expect(() => copies.step(Float32Array.of(0))).toThrow('step of copy 0 of E threw {}');
  });

  it('tell a raw reward that is no number', () => {
    const copies = createCopies(
      own({}, () => ({ rawReward: Number.NaN })),
      options,
      1,
      0,
    );
    expect(() => copies.step(Float32Array.of(0))).toThrow('rawReward is NaN in copy 0 of E');
  });

  it.each(['reset', 'step'] as const)('refuse a %s that is asynchronous', (call) => {
    const definition = own({}, () => ({ [call]: async () => Promise.reject(new Error('late')) }));
    expect(() => createCopies(definition, options, 1, 0)).toThrow(
      new EnvironmentError(`${call} of E returns a promise, which nobody waits for`),
    );
  });

  it.each<[unknown, string]>([
    [(mask: Uint8Array) => void mask.set([0.5]), 'writes 0.5; a mask has 0 and 1'],
    [(mask: Uint8Array) => void mask.set([2], 1), 'writes 2; a mask has 0 and 1'],
    [(mask: Uint8Array) => void mask.set([1, Number.NaN]), 'writes NaN; a mask has 0 and 1'],
    [(mask: Uint8Array) => void mask.set([1, 1, 0]), 'writes mask[2], a mask has 2 numbers'],
    [(mask: Uint8Array) => mask.fill(3), 'writes 3; a mask has 0 and 1'],
    [(mask: Uint8Array) => mask.subarray(1).fill(3), 'writes 3; a mask has 0 and 1'],
  ])('refuse a mask: %s', (actionMask, why) => {
    expect(() =>
      createCopies(
        own({}, () => ({ actionMask })),
        options,
        1,
        0,
      ),
    ).toThrow(new EnvironmentError(`actionMask of E ${why}`));
  });

  it('refuse a mask that goes wrong later', () => {
    const definition = own({}, (count) => ({
      actionMask: (mask: Uint8Array) => void mask.fill(count() > 1 ? 2 : 1),
    }));
    const copies = createCopies(definition, options, 1, 0);
    copies.step(Float32Array.of(0));
    expect(() => copies.step(Float32Array.of(0))).toThrow(/actionMask of .*E.* must write 0 or 1, wrote 2/);
  });
});

function thrownOf(call: () => unknown): unknown {
  try {
    call();
  } catch (cause) {
    return cause;
  }
  return undefined;
}
