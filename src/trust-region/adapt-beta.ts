/** How β follows the KL of the updates: see `objective.adapt` of the config. */
export interface BetaRule {
  readonly rule: 'paper' | 'rllib' | 'ziegler';
  /** The mean KL(π_old‖π_new) to come out after an update, nats, > 0. */
  readonly target: number;
  /** Bounds of β, 0 < min ≤ max. */
  readonly min: number;
  readonly max: number;
  /** H, samples; `ziegler` alone has one. */
  readonly horizon: number | null;
}

/** β after an update, and whether a bound held it back. */
export interface AdaptedBeta {
  readonly beta: number;
  readonly saturated: boolean;
}

/**
 * β for the next update from the KL that this one ended with, once per rollout:
 *   paper    d < target/1.5 → β/2;  d > 1.5·target → 2β      [PPO, arXiv 1707.06347, §4]
 *   rllib    d > 2·target → 1.5·β;  d < target/2 → β/2       [RLlib's PPO, `update_kl`]
 *   ziegler  β·(1 + clip(d/target − 1, −0.2, 0.2)·n/H)       [Ziegler et al., arXiv 1909.08593, §2.2]
 * @param kl d: mean exact KL(π_old‖π_new) over the whole rollout after the update, nats
 * @param samples n: samples of the rollout
 */
export function adaptBeta(rule: BetaRule, beta: number, kl: number, samples: number): AdaptedBeta {
  const wanted = beta * factorOf(rule, kl, samples);
  const bounded = Math.min(Math.max(wanted, rule.min), rule.max);
  return { beta: bounded, saturated: bounded !== wanted };
}

function factorOf({ rule, target, horizon }: BetaRule, kl: number, samples: number): number {
  switch (rule) {
    case 'paper':
      return kl > 1.5 * target ? 2 : kl < target / 1.5 ? 0.5 : 1;
    case 'rllib':
      return kl > 2 * target ? 1.5 : kl < 0.5 * target ? 0.5 : 1;
    case 'ziegler': {
      if (horizon === null) throw new RangeError('the rule ziegler needs a horizon');
      return 1 + (Math.min(Math.max(kl / target - 1, -0.2), 0.2) * samples) / horizon;
    }
  }
}
