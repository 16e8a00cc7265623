import { isKilled, penaltyOf } from '../objective/sample-penalty.ts';
import { quantile } from '../statistics/quantile.ts';

/** One gradient step of an update, as `ledger.jsonl` has it: the columns of `ledgerFields`, in order. */
export interface LedgerRow {
  readonly update: number;
  readonly gradientStep: number;
  readonly epoch: number;
  readonly epochEnds: boolean;
  readonly minibatchSize: number;
  readonly delta: number;
  readonly klOldNew: number;
  readonly klNewOld: number;
  readonly k1Rollout: number;
  readonly k1Minibatch: number;
  readonly k2Minibatch: number;
  readonly k3Minibatch: number;
  readonly shareInside: number | null;
  readonly shareKilled: number | null;
  readonly sharePassing: number | null;
  readonly impliedBetaMean: number | null;
  readonly impliedBetaMax: number | null;
  readonly gradientNorm: number;
  readonly ratioMin: number;
  readonly ratioP05: number;
  readonly ratioMedian: number;
  readonly ratioP95: number;
  readonly ratioMax: number;
}

const field = (name: keyof LedgerRow, unit: string, meaning: string) => ({ name, unit, meaning });

/** What every column of `ledger.jsonl` holds. */
export const ledgerFields = [
  field('update', 'count', 'Number of the update, from 1.'),
  field('gradientStep', 'count', 'Number of the gradient step in its update, from 1.'),
  field('epoch', 'count', 'Number of the pass over the rollout, from 1.'),
  field('epochEnds', 'true or false', 'Whether this step is the last of its epoch.'),
  field('minibatchSize', 'count', 'Samples of the minibatch.'),
  field('delta', 'nats', 'δ in this update.'),
  field('klOldNew', 'nats', 'Mean KL(π_old‖π_new) over the rollout’s states, exact, after the step.'),
  field('klNewOld', 'nats', 'Mean KL(π_new‖π_old) likewise.'),
  field('k1Rollout', 'nats', 'k1 over the whole rollout after the step: what Spinning Up looks at.'),
  field('k1Minibatch', 'nats', 'k1 on the minibatch before the step.'),
  field('k2Minibatch', 'nats', 'k2 likewise.'),
  field('k3Minibatch', 'nats', 'k3 likewise: what Stable-Baselines3 and CleanRL look at.'),
  field(
    'shareInside',
    'share',
    'Share of the minibatch with |ratio − 1| ≤ ε before the step; null, as the four after it, without an ε.',
  ),
  field('shareKilled', 'share', 'Share outside whose gradient clipping takes away.'),
  field('sharePassing', 'share', 'Share outside whose gradient passes, since it leads back.'),
  field('impliedBetaMean', 'reward', 'Mean |β_t| = ratio·|Â| over the killed samples; 0 without any.'),
  field('impliedBetaMax', 'reward', 'Greatest |β_t| of the killed samples; 0 without any.'),
  field('gradientNorm', '1', 'Global L2 norm over both networks before clipping.'),
  field('ratioMin', '1', 'Least ratio of the minibatch before the step.'),
  field('ratioP05', '1', '5th percentile of the ratios.'),
  field('ratioMedian', '1', 'Median of the ratios.'),
  field('ratioP95', '1', '95th percentile of the ratios.'),
  field('ratioMax', '1', 'Greatest ratio.'),
] as const;

type ClipAnatomy = Pick<
  LedgerRow,
  'shareInside' | 'shareKilled' | 'sharePassing' | 'impliedBetaMean' | 'impliedBetaMax'
>;

/**
 * What clipping does to a minibatch. |β_t| is the size of the per-sample coefficient that would do the same
 * [arXiv 2606.23932, theorem 1].
 * @param clipRange ε; undefined for an objective without one: all null
 */
export function clipAnatomy(
  ratios: Float64Array,
  advantages: Float64Array,
  count: number,
  clipRange: number | undefined,
): ClipAnatomy {
  if (clipRange === undefined) {
    return {
      shareInside: null,
      shareKilled: null,
      sharePassing: null,
      impliedBetaMean: null,
      impliedBetaMax: null,
    };
  }
  let inside = 0;
  let killed = 0;
  let betaSum = 0;
  let betaMax = 0;
  for (let i = 0; i < count; i++) {
    if (Math.abs(ratios[i] - 1) <= clipRange) inside++;
    else if (isKilled(ratios[i], advantages[i], clipRange)) {
      killed++;
      const beta = Math.abs(penaltyOf(ratios[i], advantages[i], clipRange));
      betaSum += beta;
      betaMax = Math.max(betaMax, beta);
    }
  }
  return {
    shareInside: inside / count,
    shareKilled: killed / count,
    sharePassing: (count - inside - killed) / count,
    impliedBetaMean: killed === 0 ? 0 : betaSum / killed,
    impliedBetaMax: betaMax,
  };
}

/** Quantiles of the first `count` ratios. */
export function ratioQuantiles(
  ratios: Float64Array,
  count: number,
): Pick<LedgerRow, 'ratioMin' | 'ratioP05' | 'ratioMedian' | 'ratioP95' | 'ratioMax'> {
  const sorted = ratios.slice(0, count).sort();
  return {
    ratioMin: sorted[0],
    ratioP05: quantile(sorted, 0.05),
    ratioMedian: quantile(sorted, 0.5),
    ratioP95: quantile(sorted, 0.95),
    ratioMax: sorted[count - 1],
  };
}
