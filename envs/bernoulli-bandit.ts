import * as z from '../src/packages/zod.ts';
import type { EnvironmentDefinition } from '../src/rollout/environment.ts';
import { armsAgree, armsOption, Bandit, bestMean, enumerateArms, meansOf } from './bandit.ts';

const options = z
  .strictObject({
    arms: armsOption,
    means: z
      .array(z.number().min(0).max(1))
      .min(2)
      .optional()
      .describe('Each arm’s probability of paying 1; drawn uniformly in [0, 1) if absent.'),
  })
  .superRefine(armsAgree);

export const bernoulliBandit: EnvironmentDefinition<z.output<typeof options>> = {
  id: 'BernoulliBandit',
  summary: 'Arms that pay 1 with a probability of their own, else 0.',
  source: 'Sutton & Barto 2018, chapter 2; Lattimore & Szepesvári 2020, Bandit Algorithms, §4',
  options,
  timeLimit: () => 1,
  episodeLength: () => 1,
  bestReturn: (options) => bestMean(options.means),
  returnBounds: () => ({ least: 0, greatest: 1 }),
  bytesPerCopy: ({ means, arms = 10 }) => 8 * (means?.length ?? arms),
  enumerate: (options, task) => enumerateArms(meansOf(options, task.uniform)),
  create: (options, task) =>
    new Bandit(meansOf(options, task.uniform), (mean, random) => (random.uniform() < mean ? 1 : 0)),
};
