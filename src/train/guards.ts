import type { Layout } from '../network/layout.ts';
import { NonFiniteError } from '../rollout/environment.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { MetricsWhen } from '../row/metrics.ts';
import type { KlMeasure } from '../trust-region/measure.ts';
import type { Agent } from './agent.ts';
import type { UpdateReport } from './update.ts';

/* What an update must not come to: the run stops, says which quantity is not finite and why, and keeps its checkpoint. */

/** Index of the first value that is not finite; −1: all are. */
export function firstNonFinite(values: Float32Array): number {
  let sum = 0;
  // 0·x is NaN for NaN and ±Infinity: one pass without a branch.
  for (let i = 0; i < values.length; i++) sum += 0 * values[i];
  return sum === 0 ? -1 : values.findIndex((value) => !Number.isFinite(value));
}

/**
 * @param badValueParameter index of the first of the value network that is not finite; −1: none
 * @throws NonFiniteError where the policy, the value network or a figure of the step is not finite
 */
export function requireFiniteUpdate(
  { policy, value }: Agent,
  badValueParameter: number,
  kl: KlMeasure,
  drift: MetricsWhen<'reference'> | undefined,
  {
    policyLoss,
    valueLoss,
    gradientNorm,
    gradientStepsApplied: steps,
    learningRate,
    projection,
  }: UpdateReport,
): void {
  const after = (): string =>
    `after ${steps} gradient steps with learning rate ${learningRate}, mean gradient norm ${gradientNorm.toPrecision(4)}`;
  const bad = firstNonFinite(policy.parameters);
  if (bad >= 0)
    throw new NonFiniteError(
      `parameter ${nameOf(policy.network.layout, bad)} of the policy`,
      `${policy.parameters[bad]} ${after()}`,
    );
  if (value && badValueParameter >= 0)
    throw new NonFiniteError(
      `parameter ${nameOf(value.network.layout, badValueParameter)} of the value network`,
      `not finite ${after()}`,
    );
  // Without a step there is no loss.
  const losses = steps > 0 ? { policyLoss, valueLoss, gradientNorm } : {};
  const { klOldNewMean, klOldNewMax, klNewOldMean, entropy } = kl;
  const figures = { ...losses, klOldNewMean, klOldNewMax, klNewOldMean, entropy, ...drift, ...projection };
  for (const [name, figure] of Object.entries(figures))
    if (!Number.isFinite(figure)) throw new NonFiniteError(name, `${figure} ${after()}`);
}

/** `hidden.0.weight[12]` */
function nameOf({ blocks }: Layout, index: number): string {
  const block = blocks.findLast(({ offset }) => offset <= index);
  return block === undefined ? `[${index}]` : `${block.name}[${index - block.offset}]`;
}

/** What a policy's loss was made of. */
interface PolicySamples {
  readonly size: number;
  readonly advantages: Float64Array;
  readonly logRatios: Float64Array;
  readonly distributions: Float64Array;
  /** Where some may be infinite: what is ruled out. */
  readonly masks?: Uint8Array | undefined;
}

/** Why a policy's loss is not finite, as far as its samples tell. */
export function causeOfPolicyLoss({
  size,
  advantages,
  logRatios,
  distributions,
  masks,
}: PolicySamples): string {
  const bad = (values: Float64Array, count: number): number | undefined =>
    values.subarray(0, count).find((value) => !Number.isFinite(value));
  const advantage = bad(advantages, size);
  if (advantage !== undefined) return `an advantage is ${advantage}: rewards or values are too large`;
  const output = masks
    ? distributions.find((value) => Number.isNaN(value))
    : bad(distributions, distributions.length);
  if (output !== undefined) return `an output of the policy is ${output}`;
  const ratio = greatest(logRatios, size);
  return `log π_new − log π_old goes to ${ratio.toPrecision(4)}`;
}

/** Why a value network's loss is not finite. */
export function causeOfValueLoss({ returns, values, count }: Rollout): string {
  return `targets go to ${greatest(returns, count).toPrecision(4)}, values were up to ${greatest(values, count).toPrecision(4)}`;
}

/** The value farthest from 0; NaN where there is one. */
function greatest(values: ArrayLike<number>, count: number): number {
  let found = 0;
  for (let i = 0; i < count; i++) if (!(Math.abs(values[i]) <= Math.abs(found))) found = values[i];
  return found;
}
