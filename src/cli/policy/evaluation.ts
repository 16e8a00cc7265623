import { mean } from '../../elementary/mean.ts';
import type { Engine } from '../../network/network.ts';
import { loadEngine } from '../../node/load-engine.ts';
import { randomStream } from '../../random/random.ts';
import type { Environment } from '../../rollout/environment.ts';
import { returnBoundsOf } from '../../rollout/return-bounds.ts';
import { expectedReturn } from '../../rollout/dynamic-programming.ts';
import { problemOfMasks } from '../../rollout/table.ts';
import type { LoadedPolicy } from '../../run/policy-file.ts';
import { intervalOfReturns } from '../../statistics/bounded-interval.ts';
import { areOutcomes } from '../../statistics/success-interval.ts';
import { evaluate } from '../../train/evaluate.ts';
import { type TabularPolicy, tabularPolicyOf } from '../../train/tabular-policy.ts';
import { UserError } from '../../user-error.ts';
import { engineOf, type SettingFlags } from '../flag-values.ts';
import type { Findings } from '../print/evaluation.ts';
import { atPlace } from './at-place.ts';
import type { EvaluatedPolicy } from './evaluated-policy.ts';

/** How a policy is evaluated. */
export interface Evaluating extends Pick<SettingFlags, 'engine' | 'tfjsBackend'> {
  readonly episodes: number;
  readonly mode: 'greedy' | 'sampled';
  /** Of the episodes. */
  readonly seed: number;
  /** Whether the environment is to be shown. */
  readonly render?: boolean | undefined;
}

/** What an evaluation found, and all that it takes to show the policy at work. */
export interface Evaluated {
  readonly findings: Findings;
  readonly stored: LoadedPolicy;
  readonly environment: Environment;
  readonly engine: Engine;
  readonly horizon: number | undefined;
  /** Where the environment is a table. */
  readonly policy: TabularPolicy | undefined;
}

/** Plays episodes with a policy. @throws UserError naming the policy that does not fit its environment */
export async function evaluatePolicy(
  { path, config, definition, stored, status, caveat }: EvaluatedPolicy,
  how: Evaluating,
): Promise<Evaluated> {
  const { episodes, mode, seed } = how;
  const { options } = config.environment;
  const engine = await loadEngine(...engineOf(config, how));
  // The task stream is that of training: a bandit keeps its arms.
  const environment = definition.create(options, randomStream(config.seed, 'environment/task'));
  if (how.render && environment.render === undefined)
    throw new UserError(`--render: ${definition.id} has no picture for the terminal`);
  const played = atPlace(path, () =>
    evaluate({ definition, options, engine, stored, episodes, mode, seed, taskSeed: config.seed }),
  );
  const model = environment.tabular;
  const isMasked = environment.actionMask !== undefined;
  const policy =
    model && problemOfMasks(definition.id, isMasked, model) === undefined
      ? atPlace(path, () =>
          tabularPolicyOf(
            model,
            { id: definition.id, observationSpace: environment.observationSpace },
            stored,
            engine,
            mode,
          ),
        )
      : undefined;
  const horizon = definition.timeLimit(options);
  const returnBounds = returnBoundsOf(definition, options, environment);
  const findings: Findings = {
    run: path,
    status,
    caveat: caveat ?? null,
    environment: definition.id,
    mode,
    seed,
    returns: {
      ...intervalOfReturns(played.returns, returnBounds),
      min: played.returns.reduce((least, value) => Math.min(least, value)),
      max: played.returns.reduce((most, value) => Math.max(most, value)),
    },
    returnBounds,
    lengthMean: mean(played.lengths),
    success: areOutcomes(played.returns) ? mean(played.returns) : null,
    expectedReturn:
      model === undefined || policy === undefined || horizon === undefined
        ? null
        : (expectedReturn(model, policy.probabilities, horizon) ?? null),
    bestReturn: definition.bestReturn(options) ?? null,
  };
  return { findings, stored, environment, engine, horizon, policy };
}
