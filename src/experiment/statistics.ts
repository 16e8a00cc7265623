import { mean } from '../elementary/mean.ts';
import type { Random } from '../random/random.ts';

/*
 * Statistics over few runs, as rliable defines them [Agarwal et al., Deep Reinforcement Learning at the Edge
 * of the Statistical Precipice, arXiv 2108.13264]. test/fixtures/rliable.py computes the same by rliable's
 * own formulas.
 */

/** [task][run]: one performance per run. Runs are resampled within their task. */
export type Scores = readonly Float64Array[];

/** A percentile interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The q-quantile, linear between order statistics (NumPy's default, R's type 7).
 * @param sorted ascending, at least one value
 * @param q in [0, 1]
 */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  const share = at - Math.floor(at);
  if (share === 0) return below;
  // An infinite neighbour (never, stuck) takes all between, no number being halfway there; of two, the nearer one.
  if (below === -Infinity) return above === Infinity && share >= 0.5 ? above : below;
  if (above === Infinity) return above;
  return below + (above - below) * share;
}

/** The middle value over all tasks and runs together, or the mean of the two middle ones. */
export function median(scores: Scores): number {
  return quantile(pooled(scores).sort(), 0.5);
}

/** Mean over all tasks and runs; rliable's mean over tasks is the same where tasks have equally many runs. */
export function pooledMean(scores: Scores): number {
  return mean(pooled(scores));
}

/**
 * Interquartile mean: mean of what is left of all runs of all tasks together when ⌊n/4⌋ are cut at each end
 * (scipy.stats.trim_mean with 0.25, as rliable). Below four runs nothing is cut: it is the mean.
 */
export function interquartileMean(scores: Scores): number {
  const sorted = pooled(scores).sort();
  const cut = Math.floor(sorted.length / 4);
  return mean(sorted.subarray(cut, sorted.length - cut));
}

/**
 * IQM of x minus IQM of y; 0 where both are the same, infinite or not. -Infinity stands for a run without a
 * performance, below all others: an IQM that includes one is -Infinity.
 */
export function interquartileDifference(x: Scores, y: Scores): number {
  const [a, b] = [interquartileMean(x), interquartileMean(y)];
  return a === b ? 0 : a - b;
}

/** γ − mean(min(score, γ)): how far the runs fall short of γ on average, 0 where all reach it. */
export function optimalityGap(scores: Scores, gamma: number): number {
  return gamma - mean(pooled(scores).map((score) => Math.min(score, gamma)));
}

/** Share of runs with a score above τ: one point of a performance profile. */
export function shareAbove(scores: Scores, tau: number): number {
  let above = 0;
  let all = 0;
  for (const runs of scores) {
    for (const score of runs) if (score > tau) above += 1;
    all += runs.length;
  }
  return above / all;
}

/**
 * P(X > Y) for a run of X and a run of Y on the same task, ties half; mean over tasks: the Mann–Whitney U
 * statistic over n·m.
 */
export function probabilityOfImprovement(x: Scores, y: Scores): number {
  return mean(x.map((xs, task) => wins(xs, y[task] as Float64Array) / (xs.length * y[task].length)));
}

/** U: pairs in which x is greater, ties half. */
function wins(xs: Float64Array, ys: Float64Array): number {
  let sum = 0;
  for (const a of xs) for (const b of ys) sum += a > b ? 1 : a === b ? 0.5 : 0;
  return sum;
}

/**
 * Stratified bootstrap percentile interval: every set of scores is resampled with replacement, runs within
 * each task independently, sets independently of each other (rliable's StratifiedBootstrap and
 * StratifiedIndependentBootstrap).
 * @param statistics each is a function of the resampled sets; all see the same resamples
 * @param confidence in (0, 1): 0.95 cuts 2.5% at each end
 * @returns one interval per statistic
 */
export function bootstrapIntervals(
  sets: readonly Scores[],
  statistics: readonly ((...sets: Scores[]) => number)[],
  resamples: number,
  confidence: number,
  random: Pick<Random, 'integer'>,
): Interval[] {
  const drawn = sets.map((scores) => scores.map((runs) => new Float64Array(runs.length)));
  const values = statistics.map(() => new Float64Array(resamples));
  for (let b = 0; b < resamples; b++) {
    sets.forEach((scores, s) => {
      scores.forEach((runs, task) => {
        const sample = drawn[s][task];
        for (let i = 0; i < sample.length; i++) sample[i] = runs[random.integer(runs.length)];
      });
    });
    statistics.forEach((statistic, k) => {
      values[k][b] = statistic(...drawn);
    });
  }
  const tail = (1 - confidence) / 2;
  return values.map((each) => {
    const sorted = each.sort();
    return { low: quantile(sorted, tail), high: quantile(sorted, 1 - tail) };
  });
}

/** Runs of both sides together up to which the Mann–Whitney test counts every assignment. */
const EXACT_RUNS = 100;
/** Shuffles beyond that. */
const SHUFFLES = 10_000;

/**
 * Two-sided Mann–Whitney test: the probability, were there no difference, of a rank sum at least as far from
 * its expectation. Exact over all assignments of the runs to the two sides, ties by midranks, up to 100 runs;
 * by 10,000 seeded shuffles beyond. [Mann & Whitney 1947] It says what a bootstrap of few runs cannot: with
 * three seeds a side no outcome is significant at 0.05.
 */
export function mannWhitneyPValue(
  xs: Float64Array,
  ys: Float64Array,
  random: Pick<Random, 'integer'>,
): number {
  const ranks = doubledMidranks([...xs, ...ys]);
  const expected = xs.length * (ranks.length + 1);
  const observed = Math.abs(sum(ranks.subarray(0, xs.length)) - expected);
  if (ranks.length > EXACT_RUNS) return shuffledPValue(ranks, xs.length, expected, observed, random);
  const total = sum(ranks);
  // chances[k][s]: probability that k of the runs seen so far are on x's side, with doubled rank sum s.
  const chances = Array.from({ length: xs.length + 1 }, () => new Float64Array(total + 1));
  chances[0][0] = 1;
  ranks.forEach((rank, seen) => {
    for (let k = Math.min(xs.length, seen + 1); k >= 0; k--) {
      for (let s = total; s >= 0; s--) {
        // Of the runs still to come, this one is on x's side as often as x has places left.
        const stay = (chances[k][s] * (ranks.length - seen - (xs.length - k))) / (ranks.length - seen);
        const join =
          k > 0 && s >= rank ? (chances[k - 1][s - rank] * (xs.length - k + 1)) / (ranks.length - seen) : 0;
        chances[k][s] = stay + join;
      }
    }
  });
  const atEnd = chances[xs.length];
  return Math.min(
    1,
    atEnd.reduce((p, chance, s) => p + (Math.abs(s - expected) >= observed ? chance : 0), 0),
  );
}

function shuffledPValue(
  ranks: Float64Array,
  count: number,
  expected: number,
  observed: number,
  random: Pick<Random, 'integer'>,
): number {
  const order = Float64Array.from(ranks);
  let extreme = 1;
  for (let b = 0; b < SHUFFLES; b++) {
    for (let i = 0; i < count; i++) {
      const j = i + random.integer(order.length - i);
      [order[i], order[j]] = [order[j], order[i]];
    }
    if (Math.abs(sum(order.subarray(0, count)) - expected) >= observed) extreme += 1;
  }
  return extreme / (SHUFFLES + 1);
}

/** Twice the midrank of every value: whole numbers even among ties. */
function doubledMidranks(values: readonly number[]): Float64Array {
  return Float64Array.from(values, (value) => {
    let below = 0;
    let equal = 0;
    for (const other of values) {
      if (other < value) below += 1;
      else if (other === value) equal += 1;
    }
    return 2 * below + equal + 1;
  });
}

/** Holm's step-down adjustment of p-values for testing them together, in the order given. [Holm 1979] */
export function adjustByHolm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = new Array<number>(pValues.length);
  let running = 0;
  order.forEach((index, rank) => {
    running = Math.max(running, Math.min(1, pValues[index] * (pValues.length - rank)));
    adjusted[index] = running;
  });
  return adjusted;
}

function pooled(scores: Scores): Float64Array {
  const all = new Float64Array(scores.reduce((length, runs) => length + runs.length, 0));
  let offset = 0;
  for (const runs of scores) {
    all.set(runs, offset);
    offset += runs.length;
  }
  return all;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
