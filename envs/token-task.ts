import { show } from '../src/config/problem.ts';
import { thousands } from '../src/elementary/thousands.ts';
import * as z from '../src/packages/zod.ts';
import type { Random } from '../src/random/random.ts';
import type {
  BoxSpace,
  DiscreteSpace,
  Environment,
  EnvironmentDefinition,
  ReturnBounds,
  SequenceModel,
  Transition,
} from '../src/rollout/environment.ts';
import { encodeContext } from '../src/sequence/context.ts';
import {
  countSequences,
  enumerateSequences,
  MOST_SEQUENCES,
  type SequenceSpace,
} from '../src/sequence/tree.ts';
import { wordsOf } from '../src/sequence/words.ts';
import { checkReward, requireTokens, rewardOf, rewardOption, type SequenceReward } from './token-reward.ts';

/** What a prompt and the answers to it are made of, in numbers of tokens. */
interface Task {
  readonly vocabulary: readonly string[];
  readonly prompts: readonly (readonly number[])[];
  readonly space: SequenceSpace;
  /** Whether a step is taken for each of its tokens, behind the end too. */
  readonly isPadded: boolean;
  /** k: tokens that are seen. */
  readonly context: number;
  readonly reward: SequenceReward;
  /** What an answer is really worth, where `reward` is but a model of it. */
  readonly trueReward: SequenceReward | undefined;
}

/** A prompt is shown, a token is written with every step; when the answer is whole it pays what it is worth. */
export class TokenTask implements Environment {
  readonly observationSpace: BoxSpace;
  readonly actionSpace: DiscreteSpace;
  readonly sequences: SequenceModel;
  readonly actionMask?: (mask: Uint8Array) => void;
  private readonly task: Task;
  private prompt = 0;
  private answer: number[] = [];

  constructor(task: Task) {
    this.task = task;
    const { vocabulary, space, prompts, context, reward, trueReward, isPadded } = task;
    const { end } = space;
    const every = new Array<number>(context * vocabulary.length);
    this.observationSpace = { kind: 'box', low: every.fill(0), high: every.slice().fill(1) };
    this.actionSpace = { kind: 'discrete', n: vocabulary.length, names: vocabulary };
    const worth =
      (of: SequenceReward) =>
      (prompt: number, answer: readonly number[]): number =>
        of(prompts[prompt], answer.at(-1) === end ? answer.slice(0, -1) : answer);
    this.sequences = {
      space,
      prompts: prompts.length,
      observe: (prompt, answer, observation) => {
        const tokens = [...prompts[prompt], ...answer];
        encodeContext(tokens, tokens.length, context, vocabulary.length, observation);
      },
      reward: worth(reward),
      ...(isPadded && { isPadded }),
      trueReward: trueReward && worth(trueReward),
    };
    if (isPadded && end !== null)
      this.actionMask = (mask) => {
        if (this.answer.at(-1) !== end) return;
        mask.fill(0);
        mask[end] = 1;
      };
  }

  reset(random: Random, observation: Float32Array): void {
    this.prompt = random.integer(this.task.prompts.length);
    this.answer = [];
    this.sequences.observe(this.prompt, this.answer, observation);
  }

  step([token]: Float32Array, _random: Random, observation: Float32Array, transition: Transition): void {
    const { space, isPadded } = this.task;
    this.answer.push(token);
    this.sequences.observe(this.prompt, this.answer, observation);
    const isOver = token === space.end && !isPadded;
    transition.terminated = isOver || this.answer.length === space.length;
    transition.reward = transition.terminated ? this.sequences.reward(this.prompt, this.written()) : 0;
  }

  /** The answer up to its end token, without those that pad it. */
  private written(): readonly number[] {
    const { end } = this.task.space;
    const at = end === null ? -1 : this.answer.indexOf(end);
    return at < 0 ? this.answer : this.answer.slice(0, at + 1);
  }

  render(): string {
    const { vocabulary, prompts } = this.task;
    const words = (tokens: readonly number[]): string => tokens.map((token) => vocabulary[token]).join(' ');
    return `${words(prompts[this.prompt])} ▸ ${words(this.answer)}`;
  }

  snapshot(): Int32Array {
    return Int32Array.of(this.prompt, ...this.answer);
  }

  restore([prompt, ...answer]: Int32Array): void {
    this.prompt = prompt;
    this.answer = answer;
  }
}

/** Numbers of an observation: of more a network has no use here. */
const MOST_FEATURES = 100_000;

const options = z
  .strictObject({
    vocabulary: z
      .array(z.string().min(1))
      .min(2)
      .max(1000)
      .describe('The tokens: what is written and chosen among, in the order of the actions.'),
    prompts: z
      .array(z.string())
      .min(1)
      .max(1000)
      .default([''])
      .describe(
        'What an episode begins with, each as likely as the others: tokens separated by blanks; an empty one is none.',
      ),
    length: z.int().min(1).max(64).default(1).describe('The most tokens of an answer.'),
    end: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe(
        'The token that ends an answer before it has so many; null: all answers have `length` tokens.',
      ),
    padded: z
      .boolean()
      .default(false)
      .describe(
        'Whether an answer that ended goes on with its end token, which alone is allowed then, up to `length`: all episodes have as many steps, which GRPO, RLOO and reference.level "sequence" need.',
      ),
    context: z
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe('k: the policy sees the last k tokens, of the prompt and of the answer so far.'),
    reward: rewardOption.describe('What a whole answer is worth; it is paid with its last token.'),
    trueReward: rewardOption
      .nullable()
      .default(null)
      .describe(
        'What it is really worth, where `reward` is but a model of that: nothing is trained on it, `groundTruth` logs its expectation. null: `reward` is all there is.',
      ),
  })
  .superRefine((given, refinement) => {
    const { vocabulary, prompts, length, end, padded, context, reward, trueReward } = given;
    const complain = (path: readonly PropertyKey[], message: string): void =>
      void refinement.addIssue({ code: 'custom', path: [...path], message });
    const blank = vocabulary.findIndex((token) => /\s/.test(token));
    if (blank >= 0)
      complain(['vocabulary', blank], `must be a token without blanks, got ${show(vocabulary[blank])}`);
    const twice = vocabulary.find((token, i) => vocabulary.indexOf(token) !== i);
    if (twice !== undefined) complain(['vocabulary'], `must have every token once, got ${show(twice)} twice`);
    if (blank >= 0 || twice !== undefined) return;
    const features = context * vocabulary.length;
    if (features > MOST_FEATURES)
      complain(
        ['context'],
        `must be at most ${Math.floor(MOST_FEATURES / vocabulary.length)} with ${vocabulary.length} tokens, got ${context}`,
      );
    for (const [i, prompt] of prompts.entries()) requireTokens(prompt, vocabulary, ['prompts', i], complain);
    const texts = prompts.map((prompt) => wordsOf(prompt).join(' '));
    const again = texts.find((prompt, i) => texts.indexOf(prompt) !== i);
    if (again !== undefined) complain(['prompts'], `must have every prompt once, got ${show(again)} twice`);
    if (end !== null && !vocabulary.includes(end))
      complain(['end'], `must be a token of the vocabulary or null, got ${show(end)}`);
    if (padded && end === null) complain(['padded'], 'must be false without an end token, got true');
    for (const [key, worth] of Object.entries({ reward, trueReward }))
      if (worth !== null)
        checkReward(worth, { vocabulary, prompts, length, end }, (path, message) =>
          complain([key, ...path], message),
        );
  });
type Options = z.output<typeof options>;

function taskOf({ vocabulary, prompts, length, end, padded, context, reward, trueReward }: Options): Task {
  return {
    vocabulary,
    isPadded: padded,
    prompts: prompts.map((prompt) => wordsOf(prompt).map((word) => vocabulary.indexOf(word))),
    space: {
      vocabulary: vocabulary.length,
      length,
      end: end === null ? null : vocabulary.indexOf(end),
    },
    context,
    reward: rewardOf(reward, vocabulary),
    trueReward: trueReward === null ? undefined : rewardOf(trueReward, vocabulary),
  };
}

/** The best and the worst answer to each prompt; undefined where there are too many to look at all. */
function extremes(options: Options): { best: number; bounds: ReturnBounds } | undefined {
  const { sequences } = new TokenTask(taskOf(options));
  const { space, prompts } = sequences;
  if (prompts * countSequences(space) > MOST_SEQUENCES) return undefined;
  const tree = enumerateSequences(space);
  let best = 0;
  const bounds = { least: Number.POSITIVE_INFINITY, greatest: Number.NEGATIVE_INFINITY };
  for (let prompt = 0; prompt < prompts; prompt++) {
    let greatest = Number.NEGATIVE_INFINITY;
    for (let y = 0; y < tree.sequences; y++) {
      const reward = sequences.reward(prompt, tree.sequence(y));
      greatest = Math.max(greatest, reward);
      bounds.least = Math.min(bounds.least, reward);
    }
    bounds.greatest = Math.max(bounds.greatest, greatest);
    best += greatest / prompts;
  }
  return { best, bounds };
}

export const tokenTask: EnvironmentDefinition<Options> = {
  id: 'TokenTask',
  summary: 'Write an answer to a prompt, token by token; it pays what the whole of it is worth.',
  source: 'The setting of RLHF at a size that can be enumerated: Ziegler et al. 2019, arXiv 1909.08593, §2',
  options,
  example: {
    vocabulary: ['the', 'capital', 'of', 'France', 'is', 'Paris', 'Lyon', 'Cheese'],
    prompts: ['the capital of France is'],
    reward: { table: { answers: [{ answer: 'Paris', reward: 1 }] } },
  },
  timeLimit: ({ length }) => length,
  episodeLength: ({ length, end, padded }) => (end === null || padded ? length : undefined),
  bestReturn: (options) => {
    const found = extremes(options);
    return found && { value: found.best, how: 'the best answer to each prompt, of all that there are' };
  },
  returnBounds: (options) =>
    extremes(options)?.bounds ?? { least: Number.NEGATIVE_INFINITY, greatest: Number.POSITIVE_INFINITY },
  bytesPerCopy: ({ vocabulary, prompts, context }) => 16 * context * vocabulary.length + 64 * prompts.length,
  enumerate: (options) => {
    const { sequences: model } = new TokenTask(taskOf(options));
    const count = model.prompts * countSequences(model.space);
    return count > MOST_SEQUENCES
      ? {
          kind: 'tooMany',
          why: `has ${thousands(count)} answers to all its prompts, of which at most ${thousands(MOST_SEQUENCES)} are enumerated`,
        }
      : { kind: 'sequences', model };
  },
  create: (options) => new TokenTask(taskOf(options)),
};
