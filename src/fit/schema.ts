import { thousands } from '../elementary/thousands.ts';
import * as z from '../packages/zod.ts';
import { MOST_REWARD_PARAMETERS, rewardParameters } from '../sequence/reward-model.ts';

const table = z.strictObject({
  features: z
    .array(z.string().min(1))
    .min(1)
    .describe('Columns of numbers that the model sees, each brought to mean 0 and standard deviation 1.'),
  target: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'One column: the name of the class, so H(P) = 0. Several: one a class, counts or shares; divided by their sum they are a soft target.',
    ),
});

const text = z.strictObject({
  tokens: z
    .enum(['words', 'characters', 'spaced'])
    .default('words')
    .describe(
      'What a token is. words: letters and digits together, in lower case, without punctuation; spaced: what stands between blanks, as it is written.',
    ),
  context: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('How many tokens the model sees; the next one is its target.'),
  lines: z
    .boolean()
    .default(false)
    .describe(
      'Whether each line is a sequence of its own, whose first tokens are targets too: the model sees fewer tokens before them.',
    ),
  vocabulary: z
    .array(z.string().min(1))
    .min(2)
    .nullable()
    .default(null)
    .describe('The classes in this order, as a TokenTask has them; null: the tokens of the text, sorted.'),
});

const preferences = z.strictObject({
  context: z
    .int()
    .min(1)
    .max(64)
    .describe('How many tokens of prompt and answer, counted from the end, the reward model sees.'),
  vocabulary: z.array(z.string().min(1)).min(2).describe('The tokens, separated by blanks in the file.'),
});

const fields = z.strictObject({
  $schema: z.string().optional().describe('Where editors find this schema.'),
  description: z.string().default('').describe('What this fit is for, one line.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe('Seeds the initial parameters and the shuffling.'),
  engine: z
    .enum(['auto', 'wasm', 'reference'])
    .default('auto')
    .describe('What computes the network; auto is wasm.'),
  data: z
    .strictObject({
      file: z.string().min(1).describe('CSV table or text, from where the config stands.'),
      table: table.nullable().default(null).describe('How to read a table: a classifier is fitted.'),
      text: text.nullable().default(null).describe('How to read a text: a next-token model is fitted.'),
      preferences: preferences
        .nullable()
        .default(null)
        .describe(
          'How to read pairs of answers, a CSV file with the columns prompt, chosen, rejected: a reward model is fitted by Bradley–Terry, P(a over b) = σ(r(a) − r(b)).',
        ),
    })
    .refine(
      ({ table, text, preferences }) =>
        [table, text, preferences].filter((each) => each !== null).length === 1,
      {
        message: 'must have either table, text or preferences',
      },
    )
    .describe('What is fitted.'),
  network: z
    .strictObject({
      hidden: z
        .array(z.int().min(1).max(4096))
        .max(8)
        .default([])
        .describe('Widths of the hidden layers, first to last; [] is softmax regression.'),
      activation: z.enum(['tanh', 'relu']).default('tanh').describe('Activation of the hidden layers.'),
      hiddenGain: z
        .number()
        .gt(0)
        .max(10)
        .default(Math.SQRT2)
        .describe('Gain of the orthogonal initialisation of hidden layers.'),
      headGain: z
        .number()
        .gt(0)
        .max(10)
        .default(0.01)
        .describe('Gain of the output layer; small, so that the first predictions are nearly uniform.'),
    })
    .prefault({}),
  epochs: z.int().min(1).max(1_000_000).default(100).describe('Passes over the data.'),
  batchSize: z.int().min(1).max(65_536).default(32).describe('Examples per gradient step.'),
  optimizer: z
    .strictObject({
      learningRate: z.number().gt(0).max(10).default(0.01).describe('Adam’s step size.'),
      adamBeta1: z.number().min(0).lt(1).default(0.9).describe('Decay of Adam’s first moment.'),
      adamBeta2: z.number().min(0).lt(1).default(0.999).describe('Decay of Adam’s second moment.'),
      adamEpsilon: z.number().gt(0).max(1).default(1e-8).describe('ε of Adam. [arXiv 1412.6980]'),
      maxGradientNorm: z
        .number()
        .gt(0)
        .nullable()
        .default(null)
        .describe('L2 norm beyond which gradients are scaled down; null: never.'),
    })
    .prefault({}),
});

/** Every field of a config of `leash fit`. */
export const fitSchema = fields.superRefine(
  ({ data: { preferences: options }, network: { hidden } }, context) => {
    const count = options === null ? 0 : rewardParameters({ ...options, hidden });
    if (count > MOST_REWARD_PARAMETERS)
      context.addIssue({
        code: 'custom',
        path: ['network', 'hidden'],
        message: `must give a reward model at most ${thousands(MOST_REWARD_PARAMETERS)} parameters, which is what a TokenTask takes; with this vocabulary and context it has ${thousands(count)}`,
      });
  },
);

/** A resolved fit: every field present. */
export type FitConfig = z.output<typeof fitSchema>;
