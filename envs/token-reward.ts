import { nearest } from '../src/config/nearest.ts';
import { show } from '../src/config/problem.ts';
import * as z from '../src/packages/zod.ts';
import { MOST_REWARD_PARAMETERS, rewardOfTokens, rewardParameters } from '../src/sequence/reward-model.ts';
import { wordsOf } from '../src/sequence/words.ts';
import { UserError } from '../src/user-error.ts';

/** What an answer is worth; both are numbers of tokens, the answer without an end token. */
export type SequenceReward = (prompt: readonly number[], answer: readonly number[]) => number;

const rule = z.strictObject({
  kind: z
    .enum(['count', 'distinct', 'copy'])
    .describe(
      'count: how often `token` stands in the answer; distinct: how many different tokens it has; copy: at how many places it has the prompt’s token.',
    ),
  token: z.string().min(1).optional().describe('Which token `count` counts.'),
});

const table = z.strictObject({
  answers: z
    .array(
      z.strictObject({
        prompt: z.string().optional().describe('To which prompt; to every one if absent.'),
        answer: z.string().describe('Tokens separated by blanks, without the end token.'),
        reward: z.number().describe('What it is worth.'),
      }),
    )
    .min(1)
    .describe('What answers are worth; of two lines for one the later counts.'),
  otherwise: z.number().default(0).describe('What every other answer is worth.'),
});

const rewardModel = z
  .strictObject({
    vocabulary: z.array(z.string().min(1)).min(2),
    context: z.int().min(1).max(64),
    hidden: z.array(z.int().min(1).max(4096)).max(8),
    activation: z.enum(['tanh', 'relu']),
    parameters: z.array(z.number()).max(MOST_REWARD_PARAMETERS),
  })
  .superRefine((model, context) => {
    const count = rewardParameters(model);
    if (model.parameters.length !== count)
      context.addIssue({
        code: 'custom',
        path: ['parameters'],
        message: `must have ${count} numbers, as vocabulary, context and hidden say, has ${model.parameters.length}`,
      });
  });

/** What answers are worth, in the options of an environment. */
export const rewardOption = z
  .strictObject({
    rule: rule.nullable().default(null).describe('A rule.'),
    table: table.nullable().default(null).describe('A table of answers.'),
    model: z
      .union([z.string().min(1), rewardModel])
      .nullable()
      .default(null)
      .describe(
        'A reward model that leash fit learned from preferences: its reward-model.json, from where the config stands, or what is in it, as the config of a run has it.',
      ),
  })
  .refine(({ rule, table, model }) => [rule, table, model].filter((each) => each !== null).length === 1, {
    message: 'must have either rule, table or model',
  });
export type RewardOption = z.output<typeof rewardOption>;

/** What is to be known of a task to check what its answers are worth. */
interface Answers {
  readonly vocabulary: readonly string[];
  readonly prompts: readonly string[];
  readonly length: number;
  readonly end: string | null;
}

type Complain = (path: readonly PropertyKey[], message: string) => void;

/** That a text is made of tokens, with the nearest one to that which is none. */
export function requireTokens(
  text: string,
  vocabulary: readonly string[],
  path: readonly PropertyKey[],
  complain: Complain,
): boolean {
  const unknown = wordsOf(text).find((word) => !vocabulary.includes(word));
  if (unknown === undefined) return true;
  const meant = nearest(unknown, vocabulary);
  const guess = meant === undefined ? '' : `; did you mean ${show(meant)}?`;
  complain(path, `must be tokens of the vocabulary separated by blanks, got ${show(unknown)}${guess}`);
  return false;
}

/** Complains of what no answer can be. */
export function checkReward({ rule, table, model }: RewardOption, task: Answers, complain: Complain): void {
  const { vocabulary, prompts, length, end } = task;
  if (rule !== null) {
    if ((rule.kind === 'count') !== (rule.token !== undefined))
      complain(
        ['rule', 'token'],
        rule.token === undefined
          ? 'must be a token of the vocabulary, but is missing'
          : `does not belong to rule.kind "${rule.kind}"; it is a setting of count`,
      );
    else if (rule.token !== undefined && !vocabulary.includes(rule.token))
      complain(['rule', 'token'], `must be a token of the vocabulary, got ${show(rule.token)}`);
  }
  if (model !== null && typeof model !== 'string') {
    const asked = new Set(prompts.flatMap(wordsOf));
    const unknown = vocabulary.find(
      (token) => !model.vocabulary.includes(token) && (token !== end || asked.has(token)),
    );
    if (unknown !== undefined)
      complain(['model'], `must know every token of the vocabulary, and does not know ${show(unknown)}`);
  }
  const known = new Set(prompts.map((prompt) => wordsOf(prompt).join(' ')));
  for (const [i, { prompt, answer }] of (table?.answers ?? []).entries()) {
    const path = ['table', 'answers', i];
    if (prompt !== undefined && !known.has(wordsOf(prompt).join(' ')))
      complain([...path, 'prompt'], `must be one of prompts, got ${show(prompt)}`);
    if (!requireTokens(answer, vocabulary, [...path, 'answer'], complain)) continue;
    const words = wordsOf(answer);
    if (end !== null && words.includes(end))
      complain([...path, 'answer'], `must be without the end token ${show(end)}, got ${show(answer)}`);
    else if (end === null ? words.length !== length : words.length > length)
      complain(
        [...path, 'answer'],
        `must be of ${end === null ? '' : 'at most '}length ${length}, got ${words.length} tokens in ${show(answer)}`,
      );
  }
}

/** The function that checked options describe. */
export function rewardOf(
  { rule, table, model }: RewardOption,
  vocabulary: readonly string[],
): SequenceReward {
  const numbers = (text: string): string =>
    wordsOf(text)
      .map((word) => vocabulary.indexOf(word))
      .join();
  if (rule !== null) return ruleReward(rule, vocabulary);
  if (model !== null) {
    if (typeof model === 'string')
      return () => {
        throw new UserError(
          `environment.options: the reward model ${model} was not read; a program gives what is in it`,
        );
      };
    const own = vocabulary.map((token) => model.vocabulary.indexOf(token));
    return (prompt, answer) =>
      rewardOfTokens(
        model,
        [...prompt, ...answer].map((token) => own[token]),
      );
  }
  if (table === null) throw new Error('the schema wants one of them');
  const worth = new Map<string, { line: number; reward: number }>();
  for (const [line, { prompt, answer, reward }] of table.answers.entries())
    worth.set(`${prompt === undefined ? '' : `${numbers(prompt)}>`}${numbers(answer)}`, { line, reward });
  return (prompt, answer) => {
    const toAny = worth.get(answer.join());
    const toOne = worth.get(`${prompt.join()}>${answer.join()}`);
    const said = (toOne?.line ?? -1) > (toAny?.line ?? -1) ? toOne : toAny;
    return said?.reward ?? table.otherwise;
  };
}

function ruleReward({ kind, token }: z.output<typeof rule>, vocabulary: readonly string[]): SequenceReward {
  const counted = token === undefined ? -1 : vocabulary.indexOf(token);
  switch (kind) {
    case 'count':
      return (_, answer) => answer.filter((each) => each === counted).length;
    case 'distinct':
      return (_, answer) => new Set(answer).size;
    case 'copy':
      return (prompt, answer) => answer.filter((each, i) => each === prompt[i]).length;
  }
}
