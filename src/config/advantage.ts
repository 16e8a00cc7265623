import { environmentName, type NamedEnvironment, withoutLength } from './environment-name.ts';
import * as z from '../packages/zod.ts';

/** What the settings that only some estimators have are where they are not given. */
const USUAL = { groupSize: 8, divideByStd: true } as const;

/** `advantage` of a config. */
export const advantageSchema = z
  .strictObject({
    estimator: z
      .enum(['gae', 'grpo', 'rloo'])
      .default('gae')
      .describe(
        'Where advantages come from. gae: rewards and a value network [arXiv 1506.02438]. grpo, rloo: the undiscounted returns R of the episodes of a group of copies that begin alike, the same advantage for every step, no value network. grpo: (R − mean)/(std + 1e-4) [arXiv 2402.03300, §4.1.2]; rloo: R − the mean of the others [arXiv 2402.14740].',
      ),
    gamma: z.number().min(0).max(1).default(0.99).describe('γ: discount factor.'),
    gaeLambda: z
      .number()
      .min(0)
      .max(1)
      .default(0.95)
      .describe('λ of generalised advantage estimation. [Schulman et al., arXiv 1506.02438, eq. 16]'),
    standardize: z.enum(['minibatch', 'rollout', 'none']).optional().meta({
      default: 'minibatch',
      description:
        'Over which samples advantages are brought to mean 0 and sample standard deviation 1: each minibatch (SB3, CleanRL), the whole rollout (Spinning Up, RLlib) or not at all. Not given: none with grpo and rloo.',
    }),
    groupSize: z
      .int()
      .min(2)
      .nullable()
      .default(null)
      .describe(
        'G of grpo and rloo: so many copies, one after the other, begin their episodes alike; environment.copies is a multiple of it. null: 8 with them, and none with gae.',
      ),
    divideByStd: z
      .boolean()
      .nullable()
      .default(null)
      .describe(
        'Of grpo: whether R − mean is divided by the sample standard deviation of the group; false: as Dr. GRPO [arXiv 2503.20783]. null: true with grpo, and none with the others.',
      ),
  })
  .transform((given, context) => {
    const { estimator, gamma, gaeLambda, standardize, groupSize, divideByStd } = given;
    const foreign = (name: string, of: string, input: unknown): void =>
      void context.issues.push({
        code: 'custom',
        path: [name],
        message: `does not belong to advantage.estimator "${estimator}"; it is a setting of ${of}`,
        input,
      });
    if (estimator === 'gae' && groupSize !== null) foreign('groupSize', 'grpo, rloo', groupSize);
    if (estimator !== 'grpo' && divideByStd !== null) foreign('divideByStd', 'grpo', divideByStd);
    // In one order, whether a setting was given or not: a config that is read again is the same bytes.
    return {
      ...{ estimator, gamma, gaeLambda },
      standardize: standardize ?? (estimator === 'gae' ? 'minibatch' : 'none'),
      groupSize: estimator === 'gae' ? null : (groupSize ?? USUAL.groupSize),
      divideByStd: estimator === 'grpo' ? (divideByStd ?? USUAL.divideByStd) : null,
    };
  });
type AdvantageConfig = z.output<typeof advantageSchema>;

/** Whether a value network is trained. */
export function hasCritic({
  advantage,
}: {
  readonly advantage: Pick<AdvantageConfig, 'estimator'>;
}): boolean {
  return advantage.estimator === 'gae';
}

/** What of a config says how long rollouts are, and of what. */
interface RolledOut {
  readonly advantage: AdvantageConfig;
  readonly rollout: { readonly steps: number };
  readonly environment: NamedEnvironment & {
    readonly copies: number;
    readonly options: Readonly<Record<string, unknown>>;
  };
}

/**
 * Why there would be no whole episodes in groups, and which setting says so; undefined where there are, or nobody asks.
 * @param length steps of every episode, where all have the same number
 */
export function problemOfGroups(
  { advantage, rollout, environment }: RolledOut,
  length: number | undefined,
): { readonly path: string; readonly problem: string } | undefined {
  const { estimator, groupSize } = advantage;
  const { copies } = environment;
  const id = environmentName(environment);
  if (groupSize === null) return undefined;
  if (copies % groupSize !== 0)
    return {
      path: 'environment.copies',
      problem: `environment.copies must be a multiple of advantage.groupSize ${groupSize} with advantage.estimator "${estimator}", got ${copies}`,
    };
  const start = `advantage.estimator "${estimator}" needs whole episodes in every rollout:`;
  if (length === undefined)
    return { path: 'advantage.estimator', problem: `${start} ${withoutLength(environment)}` };
  if (rollout.steps % length === 0) return undefined;
  return {
    path: 'rollout.steps',
    problem: `${start} rollout.steps ${rollout.steps} is no multiple of ${length}, the length of those of ${id}`,
  };
}
