import { type Evaluable, readDistributions } from '../rollout/collect.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { Head } from '../policy/head.ts';
import { type KlMeasure, measureKl } from '../trust-region/measure.ts';
import { type RegionScope, regionScopes } from '../trust-region/over.ts';
import type { Agent } from './agent.ts';

/**
 * The trust region around the policy that collected a rollout, measured exactly on the whole of it: the policies whose
 * KL(π_old‖π_θ), taken over the states as its scope says, is ≤ delta.
 */
export interface Region {
  readonly over: RegionScope;
  /** Takes the policy's present parameters as θ_old; call after each rollout. */
  begin(): void;
  /** What the stop rule compares with its bound, nats, remembering θ as the last one inside when it is inside. */
  look(delta: number): number;
  /** Whether the policy is inside, remembering θ as `look` does. */
  holds(delta: number): boolean;
  /** With `perState` [T·N]: KL(π_old‖π_θ) of each row of the rollout, nats, when `look` was called last; 0 before. */
  readonly seen: Float64Array | undefined;
  /**
   * Brings the policy back inside where it is outside delta: to the last parameters seen inside, then by
   * bisection as far along the last step as the region reaches. All parameters move together, for all states. Optimiser
   * state and value network stay.
   * @returns whether it had to
   */
  enforce(delta: number): boolean;
  /** Everything about the step from π_old to the policy now. */
  measure(delta: number): KlMeasure;
}

/** The part of a rollout that says what π_old did. */
export type OldPolicyData = Pick<
  Rollout,
  'count' | 'observations' | 'masks' | 'actions' | 'distributions' | 'logProbs'
>;

/** Measures the step from π_old to the policy as it is then. @param delta δ, nats */
export type Measure = (delta: number) => KlMeasure;

export function createMeasure(head: Head, policy: Evaluable, data: OldPolicyData): Measure {
  const { count, observations, masks, actions, distributions, logProbs } = data;
  const current = new Float64Array(count * head.width);
  const scratch = new Float64Array(count);
  return (delta) => {
    readDistributions(policy, head, observations, count, current, masks);
    return measureKl(head, distributions, current, actions, logProbs, count, delta, scratch);
  };
}

/** Bisection steps: the point found is within 2⁻¹² of the last step's length of the region's edge. */
const BISECTIONS = 12;

export function createRegion({ head, policy }: Agent, rollout: Rollout, over: RegionScope): Region {
  const { count } = rollout;
  const { held, ends } = regionScopes[over];
  const current = new Float64Array(count * head.width);
  const kls = new Float64Array(count);
  const seen = over === 'perState' ? new Float64Array(count) : undefined;
  const inside = new Float32Array(policy.parameters.length);
  const outside = new Float32Array(policy.parameters.length);

  /** Of each state, to `kls`. @returns what is held to δ */
  const kl = (): number => {
    readDistributions(policy, head, rollout.observations, count, current, rollout.masks);
    head.kl(rollout.distributions, current, count, kls);
    return held(kls, count);
  };

  const holds = (delta: number): boolean => {
    if (!(kl() <= delta)) return false;
    inside.set(policy.parameters);
    return true;
  };

  const moveTo = (fraction: number): void => {
    const { parameters } = policy;
    for (let i = 0; i < parameters.length; i++) {
      parameters[i] = inside[i] + fraction * (outside[i] - inside[i]);
    }
  };

  return {
    over,
    seen,
    begin() {
      inside.set(policy.parameters);
      seen?.fill(0);
    },
    holds,
    look(delta) {
      holds(delta);
      seen?.set(kls);
      return ends(kls, count);
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
