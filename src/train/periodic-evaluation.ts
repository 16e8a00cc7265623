import type { Config } from '../config/schema.ts';
import { mean } from '../elementary/mean.ts';
import type { Engine } from '../network/network.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import type { EvaluationRow } from '../row/evaluation.ts';
import type { StoredPolicy } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import { createEvaluator } from './evaluate.ts';

/** Evaluations of a policy in the course of its training. */
export interface PeriodicEvaluation {
  /** Whether there is one after this update: after every `every`-th and the last. */
  isDue(update: number): boolean;
  /** Whether it is there because the update is the last: a longer run would have none. */
  isOfEnd(update: number): boolean;
  /**
   * Plays its episodes. What is drawn depends on the run's seed and the update alone: no state goes from one to the next,
   * and none to or from training.
   * @throws UserError when the policy's weights are too large
   */
  play(update: number, steps: number, stored: StoredPolicy): EvaluationRow;
  dispose(): void;
}

/**
 * @param updates of the whole run
 * @param greatest mean return of the evaluations that were made before, where the run goes on from some update
 * @returns undefined where the config asks for none
 * @throws UserError when the engine cannot compute the policy once more
 */
export function createPeriodicEvaluation(
  config: Config,
  definition: EnvironmentDefinition,
  engine: Engine,
  updates: number,
  stored: () => StoredPolicy,
  greatest = Number.NEGATIVE_INFINITY,
): PeriodicEvaluation | undefined {
  const { evaluation, environment, seed } = config;
  if (evaluation === null) return undefined;
  const { every, episodes, greedy } = evaluation;
  const { options } = environment;
  const evaluator = createEvaluator(
    { definition, options, engine, episodes, taskSeed: seed },
    stored().policy.shape,
  );
  let best = greatest;
  return {
    isDue: (update) => update % every === 0 || update === updates,
    isOfEnd: (update) => update % every !== 0 && update === updates,
    play(update, steps, stored) {
      const mode = greedy ? 'greedy' : 'sampled';
      const streams = `evaluation/update-${update}`;
      const { returns, lengths } = naming(update, () => evaluator.play(stored, { mode, seed, streams }));
      const returnMean = mean(returns);
      const isBest = returnMean > best;
      if (isBest) best = returnMean;
      return {
        update,
        steps,
        episodes,
        returnMean,
        returnStd: episodes === 1 ? null : standardDeviation(returns, returnMean),
        returnMin: returns.reduce((least, value) => Math.min(least, value)),
        returnMax: returns.reduce((most, value) => Math.max(most, value)),
        lengthMean: mean(lengths),
        best: isBest,
      };
    },
    dispose: () => evaluator.dispose(),
  };
}

function standardDeviation(values: Float64Array, average: number): number {
  const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** @throws UserError as `play`, with the update */
function naming<T>(update: number, play: () => T): T {
  try {
    return play();
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`evaluation after update ${update}: ${cause.message}`, cause.exitCode, {
      cause: cause.cause,
    });
  }
}
