import { environmentName, type NamedEnvironment, withoutLength } from './environment-name.ts';
import { driftNames } from '../objective/reference-penalty.ts';
import { adaptSchema, filledAdapt } from '../objective/settings.ts';
import * as z from '../packages/zod.ts';

/** What `reference.estimator` is where it is not given, by where the penalty stands. */
const USUAL_ESTIMATOR = { reward: 'k1', loss: 'exact' } as const;

/** `reference` of a config. */
export const referenceSchema = z
  .strictObject({
    policy: z
      .string()
      .min(1)
      .describe(
        'π_ref: a run (its last policy), RUN@UPDATE, a policy.safetensors, or "initial", the policy that this run begins with. It reads raw observations, through its own moments where it has any; its hidden layers may be others.',
      ),
    beta: z.number().gt(0).default(0.1).describe('β, in rewards per nat; with `adapt` the first update’s.'),
    placement: z
      .enum(['reward', 'loss'])
      .default('reward')
      .describe(
        'reward: r − β·k, k of the policy that acted, before advantages (after `environment.normalizeRewards`); logged returns stay raw. loss: + β·k of the policy that learns, in the loss of PPO and in the surrogate of TRPO and NPG.',
      ),
    estimator: z.enum(driftNames).optional().meta({
      default: USUAL_ESTIMATOR.reward,
      description:
        'What k is, ℓ = log π(a|s) − log π_ref(a|s). exact: KL(π‖π_ref) of the state; k1: ℓ; k2: ½ℓ²; k3: e^(−ℓ) − 1 + ℓ [Schulman, Approximating KL divergence]. Not given: k1 in the reward, exact in the loss. docs/rlhf.md says which has which gradient.',
    }),
    level: z
      .enum(['token', 'sequence'])
      .default('token')
      .describe(
        'token: k of every step. sequence: k of the whole episode, ℓ summed over it, on its last step or in the loss; exact in the loss: with later states’ exact KL in the return-to-go, the whole gradient. Needs episodes of a fixed length that divides rollout.steps.',
      ),
    importance: z
      .enum(['none', 'detached', 'differentiable'])
      .default('none')
      .describe(
        'By what k in the loss is multiplied, once the policy is no longer the one that acted: none: 1; detached: w = π(a|s)/π_old(a|s), of the whole sequence with level "sequence" (a state’s exact KL: of the tokens before it), as a number; differentiable: w with its own slope. docs/rlhf.md says which makes which gradient exact: of sequences the differentiable one exact, k1 and k3, the detached k2.',
      ),
    adapt: adaptSchema(
      0.1,
      'KL(π‖π_ref) to hold, nats: mean over the rollout’s states, per sequence with level "sequence".',
    )
      .nullable()
      .default(null)
      .describe('How β follows the drift, once per rollout, as objective.adapt; null: β is fixed.'),
  })
  .transform((given, context) => {
    const { beta, adapt, estimator = USUAL_ESTIMATOR[given.placement] } = given;
    const complain = (path: string[], message: string, input: unknown): void =>
      void context.issues.push({ code: 'custom', path, message, input });
    if (given.importance !== 'none' && given.placement === 'reward')
      complain(
        ['importance'],
        `must be "none" with placement "reward", which is the acting policy’s, got "${given.importance}"`,
        given.importance,
      );
    else if (given.importance !== 'none' && estimator === 'exact' && given.level === 'token')
      complain(
        ['importance'],
        `must be "none" with estimator "exact" and level "token", where a state has no token before it, got "${given.importance}"`,
        given.importance,
      );
    return { ...given, estimator, adapt: filledAdapt('reference', adapt, beta, complain) };
  });

/** What of a config says how long rollouts are, and of what. */
interface RolledOut {
  readonly reference: z.output<typeof referenceSchema> | null;
  readonly rollout: { readonly steps: number };
  readonly environment: NamedEnvironment & { readonly options: Readonly<Record<string, unknown>> };
}

/**
 * Why sequences would not lie whole in every rollout; undefined where they do, or nobody asks for them.
 * @param length steps of every episode, where all have the same number
 */
export function problemOfSequences(
  { reference, rollout, environment }: RolledOut,
  length: number | undefined,
): string | undefined {
  if (reference?.level !== 'sequence') return undefined;
  const start =
    'reference.level must be "token", got "sequence", which needs whole episodes in every rollout:';
  if (length === undefined) return `${start} ${withoutLength(environment)}`;
  if (rollout.steps % length === 0) return undefined;
  return `${start} rollout.steps ${rollout.steps} is no multiple of ${length}, the length of those of ${environmentName(environment)}`;
}
