import { type Band, isInside } from '../objective/clip.ts';
import { isKilled, penaltyOf } from '../objective/sample-penalty.ts';
import type { LedgerRow } from '../row/ledger.ts';
import { quantile } from '../statistics/quantile.ts';

type ClipAnatomy = Pick<
  LedgerRow,
  'shareInside' | 'shareKilled' | 'sharePassing' | 'impliedBetaMean' | 'impliedBetaMax'
>;

/**
 * What clipping does to a minibatch. |β_t| is the size of the per-sample coefficient that would do the same
 * [arXiv 2606.23932].
 * @param bandAt of each sample; undefined for an objective without one: all null
 */
export function clipAnatomy(
  ratios: Float64Array,
  advantages: Float64Array,
  count: number,
  bandAt: ((i: number) => Band) | undefined,
): ClipAnatomy {
  if (bandAt === undefined) {
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
    const band = bandAt(i);
    const { low, high } = band;
    if (isInside(ratios[i], band)) inside++;
    else if (isKilled(ratios[i], advantages[i], low, high)) {
      killed++;
      const beta = Math.abs(penaltyOf(ratios[i], advantages[i], low, high));
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
