import { mean } from '../elementary/mean.ts';
import { interquartileMeanOf } from './interquartile-mean.ts';
import { quantile } from './quantile.ts';

/*
 * Statistics over few runs, as rliable defines them [Agarwal et al., Deep Reinforcement Learning at the Edge
 * of the Statistical Precipice, arXiv 2108.13264]. test/fixtures/rliable.py computes the same by rliable's
 * own formulas.
 */

/** [task][run]: one performance per run. Runs are resampled within their task. */
export type Scores = readonly Float64Array[];

/** The middle value over all tasks and runs together, or the mean of the two middle ones. */
export function median(scores: Scores): number {
  return quantile(pooled(scores).sort(), 0.5);
}

/** Mean over all tasks and runs; rliable's mean over tasks is the same where tasks have equally many runs. */
export function pooledMean(scores: Scores): number {
  return mean(pooled(scores));
}

/** Interquartile mean of all runs of all tasks together. */
export function interquartileMean(scores: Scores): number {
  return interquartileMeanOf(pooled(scores).sort());
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

function pooled(scores: Scores): Float64Array {
  const all = new Float64Array(scores.reduce((length, runs) => length + runs.length, 0));
  let offset = 0;
  for (const runs of scores) {
    all.set(runs, offset);
    offset += runs.length;
  }
  return all;
}
