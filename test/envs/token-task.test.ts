import { describe, expect, it, test } from 'vitest';
import { findEnvironment, parseOptions } from '../../envs/registry.ts';
import type { TokenTask } from '../../envs/token-task.ts';
import { randomStream } from '../../src/random/random.ts';
import { createCopies } from '../../src/rollout/copies.ts';
import type { Transition } from '../../src/rollout/environment.ts';
import { enumerateSequences } from '../../src/sequence/tree.ts';

const definition = findEnvironment('TokenTask');
const vocabulary = ['a', 'b', '.'];
const count = { rule: { kind: 'count', token: 'b' } };

function taskOf(options: object): TokenTask {
  return definition.create(
    parseOptions(definition, options, () => 'test'),
    randomStream(0, 'task'),
  ) as TokenTask;
}

/** Writes an answer; what was seen at each step, the rewards and whether the last step ended it. */
function write(task: TokenTask, answer: readonly number[]) {
  const observation = new Float32Array(task.observationSpace.low.length);
  const transition: Transition = { reward: 0, terminated: false };
  const random = randomStream(3, 'test');
  const seen: number[][] = [];
  const rewards: number[] = [];
  task.reset(random, observation);
  for (const token of answer) {
    expect(transition.terminated).toBe(false);
    seen.push([...observation]);
    task.step(Float32Array.of(token), random, observation, transition);
    rewards.push(transition.reward);
  }
  return { seen, rewards, terminated: transition.terminated, last: [...observation] };
}

describe('TokenTask', () => {
  it('shows the last tokens, the oldest first, and pays with the last', () => {
    const task = taskOf({ vocabulary, prompts: ['a'], length: 3, context: 2, reward: count });
    expect(write(task, [1, 2, 1])).toEqual({
      seen: [
        [0, 0, 0, 1, 0, 0],
        [1, 0, 0, 0, 1, 0],
        [0, 1, 0, 0, 0, 1],
      ],
      rewards: [0, 0, 2],
      terminated: true,
      last: [0, 0, 1, 0, 1, 0],
    });
  });

  it('ends with the end token, which counts for nothing', () => {
    const options = { vocabulary, length: 3, end: '.', reward: { rule: { kind: 'distinct' } } };
    expect(write(taskOf(options), [1, 2])).toMatchObject({ rewards: [0, 1], terminated: true });
    expect(write(taskOf(options), [0, 1])).toMatchObject({ rewards: [0, 0], terminated: false });
    expect(write(taskOf(options), [2])).toMatchObject({ rewards: [0], terminated: true });
    expect(write(taskOf(options), [0, 1, 0])).toMatchObject({ rewards: [0, 0, 2], terminated: true });
  });

  it('padded, goes on behind the end token, which alone is allowed then, and pays what the answer is worth at the end', () => {
    const options = { vocabulary, length: 3, end: '.', padded: true, reward: { rule: { kind: 'distinct' } } };
    const task = taskOf(options);
    const masksOf = (answer: readonly number[]): number[][] =>
      answer.map((_, t) => {
        write(task, answer.slice(0, t));
        const mask = new Uint8Array(3).fill(1);
        task.actionMask?.(mask);
        return [...mask];
      });
    expect(write(task, [1, 2, 2])).toMatchObject({ rewards: [0, 0, 1], terminated: true });
    expect(write(task, [2, 2, 2])).toMatchObject({ rewards: [0, 0, 0], terminated: true });
    expect(write(task, [0, 1, 2])).toMatchObject({ rewards: [0, 0, 2], terminated: true });
    expect(masksOf([1, 2, 2])).toEqual([
      [1, 1, 1],
      [1, 1, 1],
      [0, 0, 1],
    ]);
    expect(masksOf([0, 1, 0])).toEqual(new Array(3).fill([1, 1, 1]));
    expect(taskOf({ ...options, padded: false }).actionMask).toBeUndefined();
    const known = parseOptions(definition, options, () => 'test');
    expect(definition.episodeLength?.(known)).toBe(3);
    expect(
      definition.episodeLength?.(parseOptions(definition, { ...options, padded: false }, () => 'test')),
    ).toBe(undefined);
    expect(definition.bestReturn(known)?.value).toBe(2);
  });

  it('pays for copying the prompt, place by place', () => {
    const options = { vocabulary, prompts: ['a b'], length: 3, reward: { rule: { kind: 'copy' } } };
    expect(write(taskOf(options), [0, 0, 1]).rewards).toEqual([0, 0, 1]);
    expect(write(taskOf(options), [0, 1, 1]).rewards).toEqual([0, 0, 2]);
  });

  it('takes the later line of a table for one answer', () => {
    const answers = [
      { prompt: 'a', answer: 'b', reward: 1 },
      { answer: 'b', reward: 2 },
      { prompt: 'b', answer: 'b', reward: 3 },
    ];
    const { sequences } = taskOf({
      vocabulary,
      prompts: ['a', 'b'],
      reward: { table: { answers, otherwise: -1 } },
    });
    expect([0, 1].map((prompt) => sequences.reward(prompt, [1]))).toEqual([2, 3]);
    expect(sequences.reward(0, [0])).toBe(-1);
  });

  it('asks each prompt as often as the others', () => {
    const options = parseOptions(
      definition,
      { vocabulary, prompts: ['a', 'b'], reward: count },
      () => 'test',
    );
    const copies = createCopies(definition, options, 1, 4);
    let first = 0;
    for (let t = 0; t < 4000; t++) {
      first += copies.observations[copies.features - 3];
      copies.step(Float32Array.of(0));
    }
    // Three standard errors of a fair coin.
    expect(Math.abs(first / 4000 - 0.5)).toBeLessThan(3 * Math.sqrt(0.25 / 4000));
  });

  it('its model says what its steps do', () => {
    const given = { vocabulary, prompts: ['', 'a b'], length: 3, end: '.', context: 3, reward: count };
    const task = taskOf(given);
    const tree = enumerateSequences(task.sequences.space);
    const seenByModel = new Float32Array(9);
    for (let y = 0; y < tree.sequences; y++) {
      const answer = tree.sequence(y);
      task.restore(Int32Array.of(1));
      const transition: Transition = { reward: 0, terminated: false };
      const observation = new Float32Array(9);
      for (const token of answer)
        task.step(Float32Array.of(token), randomStream(0, 'x'), observation, transition);
      expect(transition).toEqual({ reward: task.sequences.reward(1, answer), terminated: true });
      task.sequences.observe(1, answer, seenByModel);
      expect(observation).toEqual(seenByModel);
    }
  });

  it('knows the best answers, and what any can be worth', () => {
    const answers = [
      { prompt: 'a', answer: 'b b', reward: 4 },
      { prompt: 'b', answer: 'a', reward: 1 },
    ];
    const given = {
      vocabulary,
      prompts: ['a', 'b'],
      length: 2,
      end: '.',
      reward: { table: { answers, otherwise: -2 } },
    };
    const options = parseOptions(definition, given, () => 'test');
    expect(definition.bestReturn(options)?.value).toBe(2.5);
    expect(definition.returnBounds?.(options)).toEqual({ least: -2, greatest: 4 });
    const many = parseOptions(definition, { vocabulary, length: 20, reward: count }, () => 'test');
    expect(definition.bestReturn(many)).toBeUndefined();
    expect(definition.returnBounds?.(many)).toEqual({ least: -Infinity, greatest: Infinity });
  });
});

describe('what does not fit', () => {
  const complaint = (options: unknown): string => {
    try {
      parseOptions(definition, options, () => 'x.json');
    } catch (error) {
      return (error as Error).message;
    }
    return 'no complaint';
  };
  const table = (...answers: object[]) => ({ table: { answers } });
  test.each([
    [
      { reward: count },
      'vocabulary must be an array of 2 to 1000 whose items are a text that is not empty, but is missing',
    ],
    [{ vocabulary }, 'reward must be an object, but is missing'],
    [{ vocabulary, padded: true, reward: count }, 'padded must be false without an end token, got true'],
    [{ vocabulary: ['a', 'a'], reward: count }, 'vocabulary must have every token once, got "a" twice'],
    [{ vocabulary: ['a', 'b c'], reward: count }, 'vocabulary.1 must be a token without blanks, got "b c"'],
    [
      { vocabulary: ['a', 'b'], prompts: ['a c'], reward: count },
      'prompts.0 must be tokens of the vocabulary separated by blanks, got "c"',
    ],
    [
      { vocabulary: ['Paris', 'b'], prompts: ['Pari'], reward: { rule: { kind: 'copy' } } },
      'prompts.0 must be tokens of the vocabulary separated by blanks, got "Pari"; did you mean "Paris"?',
    ],
    [
      { vocabulary, prompts: ['a', ' a'], reward: count },
      'prompts must have every prompt once, got "a" twice',
    ],
    [
      { vocabulary, prompts: [], reward: count },
      'prompts must be an array of 1 to 1000 whose items are a text, got []',
    ],
    [{ vocabulary, length: 65, reward: count }, 'length must be an integer in [1, 64], got 65'],
    [{ vocabulary, end: '!', reward: count }, 'end must be a token of the vocabulary or null, got "!"'],
    [
      {
        vocabulary: Array.from({ length: 1000 }, (_, i) => `t${i}`),
        context: 64,
        reward: { rule: { kind: 'copy' } },
      },
      'no complaint',
    ],
    [{ vocabulary, reward: {} }, 'reward must have either rule, table or model'],
    [
      { vocabulary, reward: { ...count, ...table({ answer: 'a', reward: 1 }) } },
      'reward must have either rule, table or model',
    ],
    [
      { vocabulary, reward: { rule: { kind: 'count' } } },
      'reward.rule.token must be a token of the vocabulary, but is missing',
    ],
    [
      { vocabulary, reward: { rule: { kind: 'count', token: 'c' } } },
      'reward.rule.token must be a token of the vocabulary, got "c"',
    ],
    [
      { vocabulary, reward: { rule: { kind: 'copy', token: 'a' } } },
      'reward.rule.token does not belong to rule.kind "copy"; it is a setting of count',
    ],
    [
      { vocabulary, reward: table({ answer: 'a b', reward: 1 }) },
      'reward.table.answers.0.answer must be of length 1, got 2 tokens in "a b"',
    ],
    [
      {
        vocabulary,
        length: 2,
        end: '.',
        reward: table({ answer: 'a', reward: 1 }, { answer: 'a .', reward: 1 }),
      },
      'reward.table.answers.1.answer must be without the end token ".", got "a ."',
    ],
    [
      { vocabulary, end: '.', reward: table({ answer: 'a b', reward: 1 }) },
      'reward.table.answers.0.answer must be of at most length 1, got 2 tokens in "a b"',
    ],
    [
      { vocabulary, reward: table({ answer: 'a', prompt: 'b', reward: 1 }) },
      'reward.table.answers.0.prompt must be one of prompts, got "b"',
    ],
    [
      { vocabulary, reward: table({ answer: 'a' }) },
      'reward.table.answers.0.reward must be a number, but is missing',
    ],
  ])('%j: one line', (options, message) =>
    expect(complaint(options)).toBe(
      message === 'no complaint' ? message : `environment.options.${message} (x.json)`,
    ),
  );
});
