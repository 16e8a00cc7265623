import { tanh } from '../elementary/hyperbolic.ts';
import { encodeContext } from './context.ts';

/** A learned reward r(x, y): a network on the last tokens of prompt and answer. */
export interface RewardModel {
  /** What it was learned on, in the order of its inputs. */
  readonly vocabulary: readonly string[];
  /** k: tokens that it sees. */
  readonly context: number;
  /** Widths of its hidden layers. */
  readonly hidden: readonly number[];
  readonly activation: 'tanh' | 'relu';
  /** Layer after layer: weight [in][out], then bias [out]. */
  readonly parameters: readonly number[];
}

/** More parameters would make a config of megabytes, in which a `TokenTask` has the model. */
export const MOST_REWARD_PARAMETERS = 100_000;

/** How many parameters such a model has. */
export function rewardParameters({
  vocabulary,
  context,
  hidden,
}: Pick<RewardModel, 'vocabulary' | 'context' | 'hidden'>): number {
  let [count, width] = [0, vocabulary.length * context];
  for (const next of [...hidden, 1]) {
    count += (width + 1) * next;
    width = next;
  }
  return count;
}

/** r(x, y), in float64, of prompt and answer together. @param tokens numbers of its own vocabulary */
export function rewardOfTokens(model: RewardModel, tokens: readonly number[]): number {
  const { vocabulary, context, hidden, activation, parameters } = model;
  const seen = new Float32Array(vocabulary.length * context);
  encodeContext(tokens, tokens.length, context, vocabulary.length, seen);
  let values: ArrayLike<number> = seen;
  let at = 0;
  const widths = [...hidden, 1];
  for (const [l, width] of widths.entries()) {
    const bias = at + values.length * width;
    const next = new Float64Array(width);
    for (let o = 0; o < width; o++) {
      let sum = parameters[bias + o];
      for (let i = 0; i < values.length; i++) sum += values[i] * parameters[at + i * width + o];
      const isLast = l === widths.length - 1;
      next[o] = isLast ? sum : activation === 'tanh' ? tanh(sum) : Math.max(0, sum);
    }
    values = next;
    at = bias + width;
  }
  return values[0];
}
