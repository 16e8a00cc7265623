/** When an update ends early: the measure, when it is looked at, and its factor on δ. */
export interface StopRule {
  readonly measure: 'exact' | 'k1' | 'k2' | 'k3';
  readonly scope: 'minibatch' | 'epoch';
  readonly factor: number;
}

/** Whether the measured KL ends the update. A KL that is not a number does. */
export function exceeds(rule: StopRule, kl: number, delta: number): boolean {
  return !(kl <= rule.factor * delta);
}

/** Whether the rule looks at sample estimators before each gradient step, as Stable-Baselines3 does. */
export function looksBeforeStep(rule: StopRule | null): rule is StopRule & { measure: 'k1' | 'k2' | 'k3' } {
  return rule !== null && rule.scope === 'minibatch' && rule.measure !== 'exact';
}

/** Whether the rule needs the exact KL after each gradient step. */
export function looksAfterStep(rule: StopRule | null): rule is StopRule {
  return rule !== null && rule.scope === 'minibatch' && rule.measure === 'exact';
}

/** Whether the rule is looked at after each epoch. */
export function looksAfterEpoch(rule: StopRule | null): rule is StopRule {
  return rule !== null && rule.scope === 'epoch';
}
