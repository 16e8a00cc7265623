import * as z from '../src/packages/zod.ts';
import type { EnvironmentDefinition } from '../src/rollout/environment.ts';
import { armsAgree, armsOption, Bandit, bestMean, enumerateArms, meansOf } from './bandit.ts';

const options = z
  .strictObject({
    arms: armsOption,
    means: z
      .array(z.number())
      .min(2)
      .optional()
      .describe('Each arm’s mean reward; drawn from a standard normal if absent.'),
    sd: z.number().min(0).default(1).describe('Standard deviation of every arm’s reward.'),
  })
  .superRefine(armsAgree);

export const gaussianBandit: EnvironmentDefinition<z.output<typeof options>> = {
  id: 'GaussianBandit',
  summary: 'Arms that pay a normally distributed reward around a mean of their own.',
  source: 'Sutton & Barto 2018, §2.3: the 10-armed testbed',
  options,
  timeLimit: () => 1,
  episodeLength: () => 1,
  bestReturn: (options) => bestMean(options.means),
  bytesPerCopy: ({ means, arms = 10 }) => 8 * (means?.length ?? arms),
  enumerate: (options, task) => enumerateArms(meansOf(options, task.normal)),
  create: (options, task) =>
    new Bandit(meansOf(options, task.normal), (mean, random) => mean + options.sd * random.normal()),
};
