import { type Evaluable, readDistributions } from '../rollout/collect.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { Head } from '../policy/head.ts';
import { exactKl, type KlMeasure, measureKl } from '../trust-region/measure.ts';
import type { Agent } from './agent.ts';

/** The trust region around the policy that collected a rollout, measured exactly on the whole of it. */
export interface Region {
  /** Takes the policy's present parameters as θ_old; call after each rollout. */
  begin(): void;
  /** Mean KL(π_old‖π_θ) now, remembering θ as the last one inside when it is ≤ delta. */
  look(delta: number): number;
  /**
   * Brings the policy back inside where it is outside delta: to the last parameters seen inside, then by
   * bisection as far along the last step as the region reaches. Optimiser state and value network stay.
   * @returns whether it had to
   */
  enforce(delta: number): boolean;
  /** Everything about the step from π_old to the policy now. */
  measure(): KlMeasure;
}

/** The part of a rollout that says what π_old did. */
export type OldPolicyData = Pick<
  Rollout,
  'count' | 'observations' | 'masks' | 'actions' | 'distributions' | 'logProbs'
>;

/** Makes the function that measures the step from π_old to the policy as it is then. */
export function createMeasure(head: Head, policy: Evaluable, data: OldPolicyData): () => KlMeasure {
  const { count, observations, masks, actions, distributions, logProbs } = data;
  const current = new Float64Array(count * head.width);
  const scratch = new Float64Array(count);
  return () => {
    readDistributions(policy, head, observations, count, current, masks);
    return measureKl(head, distributions, current, actions, logProbs, count, scratch);
  };
}

/** Bisection steps: the point found is within 2⁻¹² of the last step's length of the region's edge. */
const BISECTIONS = 12;

export function createRegion({ head, policy }: Agent, rollout: Rollout): Region {
  const { count } = rollout;
  const current = new Float64Array(count * head.width);
  const scratch = new Float64Array(count);
  const inside = new Float32Array(policy.parameters.length);
  const outside = new Float32Array(policy.parameters.length);

  const kl = (): number => {
    readDistributions(policy, head, rollout.observations, count, current, rollout.masks);
    return exactKl(head, rollout.distributions, current, count, scratch);
  };

  const moveTo = (fraction: number): void => {
    const { parameters } = policy;
    for (let i = 0; i < parameters.length; i++) {
      parameters[i] = inside[i] + fraction * (outside[i] - inside[i]);
    }
  };

  return {
    begin: () => inside.set(policy.parameters),
    look(delta) {
      const now = kl();
      if (now <= delta) inside.set(policy.parameters);
      return now;
    },
    enforce(delta) {
      if (kl() <= delta) return false;
      outside.set(policy.parameters);
      let reached = 0;
      for (let i = 1, step = 0.5; i <= BISECTIONS; i++, step /= 2) {
        moveTo(reached + step);
        if (kl() <= delta) reached += step;
      }
      moveTo(reached);
      return true;
    },
    measure: createMeasure(head, policy, rollout),
  };
}
