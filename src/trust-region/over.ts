import { mean } from './measure.ts';

/** What a rollout's KLs, one a state, come to. */
type Fold = (kls: Float64Array, count: number) => number;

/** Over which states the KL is held to δ. */
interface Scope {
  readonly meaning: string;
  /** What is compared with δ after an update; rollback and TRPO's line search keep it there. */
  readonly held: Fold;
  /** What the stop rule looks at: beyond its bound the update ends. */
  readonly ends: Fold;
}

/** The worst state; NaN where any is. */
const greatest: Fold = (kls, count) => {
  let worst = 0;
  for (let i = 0; i < count; i++) worst = Math.max(worst, kls[i]);
  return worst;
};

const least: Fold = (kls, count) => {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) best = Math.min(best, kls[i]);
  return best;
};

/**
 * `trustRegion.over`: of which of a rollout's states KL(π_old‖π_new) is held to δ. The KL of a state is that of its whole
 * action: the sum over the dimensions of a Gaussian, over the choices or bits of several.
 */
export const regionScopes = {
  mean: { meaning: 'the mean over the states [TRPO, arXiv 1502.05477, eq. 12]', held: mean, ends: mean },
  max: { meaning: 'the worst state [eq. 11]', held: greatest, ends: greatest },
  perState: {
    meaning:
      'each state: one that the stop rule finds outside gives the policy no gradient until it is back inside, the others go on',
    held: greatest,
    ends: least,
  },
} as const satisfies Readonly<Record<string, Scope>>;

export type RegionScope = keyof typeof regionScopes;

/** Names of the scopes, as the first is. */
export const regionScopeNames = Object.keys(regionScopes) as [RegionScope, ...RegionScope[]];
