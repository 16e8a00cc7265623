import { hasCritic } from '../config/advantage.ts';
import type { Config } from '../config/schema.ts';
import { stepsPerUpdate } from '../config/updates.ts';
import { objectiveAt } from '../objective/objective.ts';
import { type Schedule, scheduled } from '../optimizer/schedule.ts';
import type { RateRule } from '../trust-region/adapt-rate.ts';
import type { CriticSettings } from './critic.ts';
import type { PpoSettings } from './ppo.ts';
import type { TrpoSettings } from './trpo.ts';
import { FIT_LOSS } from './value-fit.ts';

/* What the parts of an update need of a config, schedules resolved. */

/** The most samples that one forward holds when minibatches are smaller. */
const FORWARD_BATCH = 1024;

/** The most samples that one forward holds: TRPO and NPG take the whole rollout at once. */
export function forwardCapacity(config: Config): number {
  const { algorithm, ppo, environment } = config;
  const count = stepsPerUpdate(config);
  const batch = algorithm === 'ppo' ? Math.max(ppo.minibatchSize, FORWARD_BATCH) : count;
  return Math.max(environment.copies, Math.min(count, batch));
}

/** For PPO's minibatches, or for TRPO's fit. */
export function criticSettings({ algorithm, loss, ppo, trpo }: Config, count: number): CriticSettings {
  const isPpo = algorithm === 'ppo';
  return {
    loss: isPpo ? loss : FIT_LOSS,
    minibatchSize: Math.min((isPpo ? ppo : trpo.value).minibatchSize, count),
    fitEpochs: isPpo ? 0 : trpo.value.epochs,
  };
}

/** Whether the whole rollout is one batch for standardisation: always in TRPO, which has no minibatches. */
export function standardizesRollout({ algorithm, advantage }: Config): boolean {
  return (
    advantage.standardize === 'rollout' || (advantage.standardize === 'minibatch' && algorithm !== 'ppo')
  );
}

/** TRPO's and NPG's in update u of U. */
export function trpoSettingsAt(config: Config, update: number, updates: number): TrpoSettings {
  const at = (value: Schedule): number => scheduled(value, update, updates);
  const { damping, cgIterations, cgTolerance, lineSearch, value } = config.trpo;
  return {
    delta: at(config.trustRegion.delta),
    damping,
    cgIterations,
    cgTolerance,
    lineSearch: config.algorithm === 'npg' ? null : lineSearch,
    rollback: config.algorithm === 'npg' && config.trustRegion.onOvershoot === 'rollback',
    valueEpochs: hasCritic(config) ? value.epochs : 0,
    learningRate: at(value.learningRate),
  };
}

/** How Adam's step size follows the KL, if it does. */
export function rateRuleOf({ algorithm, optimizer: { learningRate } }: Config): RateRule | undefined {
  if (algorithm !== 'ppo' || typeof learningRate === 'number') return undefined;
  return 'target' in learningRate ? learningRate : undefined;
}

/**
 * PPO's in update u of U.
 * @param beta of the penalty as it stands, where there is one
 * @param rate Adam's step size as it stands, where it follows the KL
 */
export function ppoSettingsAt(
  config: Config,
  update: number,
  updates: number,
  beta: number,
  rate = 0,
): PpoSettings {
  const at = (value: Schedule): number => scheduled(value, update, updates);
  const rule = rateRuleOf(config);
  const { learningRate, valueLearningRate } = config.optimizer;
  return {
    epochs: config.ppo.epochs,
    standardize: config.advantage.standardize,
    objective: objectiveAt(config.objective, at, beta),
    entropyCoefficient: at(config.loss.entropyCoefficient),
    learningRate: rule ? rate : at(learningRate as Schedule),
    rateRule: rule,
    valueLearningRate: valueLearningRate === null ? null : at(valueLearningRate),
    maxGradientNorm: config.optimizer.maxGradientNorm,
    delta: at(config.trustRegion.delta),
    stop: config.trustRegion.stop,
    rollback: config.trustRegion.onOvershoot === 'rollback',
  };
}
