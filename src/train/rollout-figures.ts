import { exp } from '../elementary/exponential.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { mean } from '../trust-region/measure.ts';
import type { Agent } from './agent.ts';

/* Figures of a row that a rollout alone tells. */

/** 1 − Var(R − V)/Var(R) over the rollout; NaN where all returns are equal. */
export function explainedVariance({ returns, values, count }: Rollout): number {
  const residuals = new Float64Array(count);
  for (let i = 0; i < count; i++) residuals[i] = returns[i] - values[i];
  const total = variance(returns, count);
  return total === 0 ? Number.NaN : 1 - variance(residuals, count) / total;
}

function variance(values: Float64Array, count: number): number {
  const center = mean(values, count);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (values[i] - center) ** 2;
  return sum / count;
}

/** Mean probability that π_old gave the best action, over the rollout's states. */
export function bestActionProbability(
  { head }: Agent,
  { distributions, optimalActions, count }: Rollout,
): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += exp(distributions[i * head.width + optimalActions[i]]);
  return sum / count;
}
