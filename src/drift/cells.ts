import { type DriftName, driftNames } from '../objective/reference-penalty.ts';

/* The ways of estimating the gradient of KL(π‖π_ref) from sequences that π or an older policy drew. */

/** Whether the estimate is subtracted from rewards, detached, or differentiated as a loss. */
export const placements = ['loss', 'reward'] as const;
export type PenaltyPlacement = (typeof placements)[number];

/**
 * token: of every token, in the reward with return-to-go; sequence: of the whole sequence; alone: in the reward, of a token
 * for its own log-probability and no other's (γ = 0).
 */
export type EstimatorLevel = 'token' | 'sequence' | 'alone';

/**
 * The weight π/π_old on it: of the token itself, at level sequence of the whole sequence, of a state's exact KL there of
 * the tokens before it. differentiable: part of the loss; of the exact KL it is then all that later states' KL comes by, which
 * otherwise is in the return-to-go, weighed by the token's own ratio where the weight is detached, as PPO's surrogate weighs returns.
 */
export type EstimatorWeight = 'none' | 'detached' | 'differentiable';

/** Which policy drew the sequences: π itself, or one some gradient steps before it. */
export type SampleSource = 'on' | 'after';

export interface EstimatorCell {
  readonly placement: PenaltyPlacement;
  readonly estimator: DriftName;
  readonly level: EstimatorLevel;
  readonly source: SampleSource;
  readonly weight: EstimatorWeight;
}

const levels = { loss: ['token', 'sequence'], reward: ['token', 'sequence', 'alone'] } as const;
/** On-policy a detached weight is 1, and rewards have no derivative. */
const weights = {
  loss: { on: ['none', 'differentiable'], after: ['none', 'detached', 'differentiable'] },
  reward: { on: ['none'], after: ['none', 'detached'] },
} as const;

/** Every cell, in the order in which they are shown. */
export const cells: readonly EstimatorCell[] = placements.flatMap((placement) =>
  driftNames.flatMap((estimator) =>
    levels[placement].flatMap((level) =>
      (['on', 'after'] as const).flatMap((source) =>
        weights[placement][source].map((weight) => ({ placement, estimator, level, source, weight })),
      ),
    ),
  ),
);
