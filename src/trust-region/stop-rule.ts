import type { SampleKl } from './measure.ts';

/** What a stop rule can look at: the whole rollout, exactly, or estimators on the minibatch at hand. */
export type StopMeasure = { readonly meaning: string } & (
  | { readonly over: 'rollout'; readonly figure: 'oldNewMean' }
  | { readonly over: 'minibatch'; readonly estimator: keyof SampleKl }
);

const ESTIMATORS = 'sample estimators on the minibatch';

export const stopMeasures = {
  exact: { over: 'rollout', figure: 'oldNewMean', meaning: 'mean KL over the whole rollout' },
  k1: { over: 'minibatch', estimator: 'k1', meaning: ESTIMATORS },
  k2: { over: 'minibatch', estimator: 'k2', meaning: ESTIMATORS },
  k3: { over: 'minibatch', estimator: 'k3', meaning: ESTIMATORS },
} as const satisfies Readonly<Record<string, StopMeasure>>;

export type StopMeasureName = keyof typeof stopMeasures;

/** Names of the measures, as the first is. */
export const stopMeasureNames = Object.keys(stopMeasures) as [StopMeasureName, ...StopMeasureName[]];

/** When an update ends early: the measure, when it is looked at, and its factor on δ. */
export interface StopRule {
  readonly measure: StopMeasureName;
  readonly scope: 'minibatch' | 'epoch';
  readonly factor: number;
}

/** Whether the measured KL ends the update. A KL that is not a number does. */
export function exceeds(rule: StopRule, kl: number, delta: number): boolean {
  return !(kl <= rule.factor * delta);
}

/** Whether the rule looks at the minibatch before each gradient step, as Stable-Baselines3 does. */
export function looksBeforeStep(rule: StopRule | null): rule is StopRule {
  return rule !== null && rule.scope === 'minibatch' && stopMeasures[rule.measure].over === 'minibatch';
}

/** Whether the rule looks at the rollout after each gradient step. */
export function looksAfterStep(rule: StopRule | null): rule is StopRule {
  return rule !== null && rule.scope === 'minibatch' && stopMeasures[rule.measure].over === 'rollout';
}

/** Whether the rule is looked at after each epoch. */
export function looksAfterEpoch(rule: StopRule | null): rule is StopRule {
  return rule !== null && rule.scope === 'epoch';
}
