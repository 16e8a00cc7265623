import { klFromLogProbs } from '../divergence/kl.ts';
import { driftEstimators } from '../objective/reference-penalty.ts';
import { exp } from '../elementary/exponential.ts';
import { sequenceLogProbs, type SequenceTree } from '../sequence/tree.ts';
import type { EstimatorCell } from './cells.ts';

/** Policies on a tree: log-probabilities of the next token after each prefix, [P·V]. */
export interface Policies {
  /** π, whose gradient is taken in its logits. */
  readonly policy: Float64Array;
  readonly reference: Float64Array;
  /** π_old, which drew the sequence. */
  readonly old: Float64Array;
}

/** KL(p‖q) of the next token after each prefix, [P], nats. */
export function klPerPrefix(
  { prefixes, vocabulary }: SequenceTree,
  p: Float64Array,
  q: Float64Array,
): Float64Array {
  const after = (logProbs: Float64Array, prefix: number): Float64Array =>
    logProbs.subarray(prefix * vocabulary, (prefix + 1) * vocabulary);
  return Float64Array.from({ length: prefixes }, (_, prefix) =>
    klFromLogProbs(after(p, prefix), after(q, prefix)),
  );
}

/** KL(p‖q) of whole sequences, nats. */
export function klOfSequences(tree: SequenceTree, p: Float64Array, q: Float64Array): number {
  return klFromLogProbs(sequenceLogProbs(tree, p), sequenceLogProbs(tree, q));
}

/** The edges of a sequence: prefix·V + token, first to last. */
export function edgesOf(tree: SequenceTree, sequence: number): number[] {
  const edges: number[] = [];
  let prefix = 0;
  for (const token of tree.sequence(sequence)) {
    const edge = prefix * tree.vocabulary + token;
    edges.push(edge);
    prefix = tree.next[edge];
  }
  return edges;
}

/** What one sequence says of ∇KL(π‖π_ref), in the logits of π: [P·V] numbers added to `out`. */
export type GradientEstimate = (edges: readonly number[], out: Float64Array) => void;

/** Sums Σ_{i ≥ t} of the values. */
function toGo(values: readonly number[]): number[] {
  const sums = values.slice();
  for (let t = sums.length - 2; t >= 0; t--) sums[t] += sums[t + 1];
  return sums;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/**
 * The estimate of a cell. With the score s_t = ∇ log π(y_t|y_<t), ℓ_t = log π − log π_ref of token t, ρ_t its weight π/π_old and
 * Ω_t the product of those before it, every estimate is Σ_t c_t·s_t + d_t·∇KL_t with KL_t the exact KL after y_<t:
 *   loss     token     c = k′(ℓ_t), weighted ρ_t·(k′ + k);   exact d = 1, weighted ρ_t and c = ρ_t·KL_t
 *            sequence  c = k′(ℓ), weighted W·(k′ + k), W = Πρ;   exact d = Ω_t, c = Σ_{i>t} Ω_i·KL_i, detached ρ_t·Σ_{i>t} KL_i
 *   reward   token     c = Σ_{i≥t} k(ℓ_i), sequence k(ℓ), alone k(ℓ_t), times its weight; exact with KL_t for k(ℓ_t)
 * A detached weight is without the term in k, and without a weight ρ = Ω = 1. ℓ is of π, also where an older policy drew the sequence.
 */
export function gradientEstimate(
  tree: SequenceTree,
  policies: Policies,
  cell: EstimatorCell,
): GradientEstimate {
  const { vocabulary } = tree;
  const { policy, reference, old } = policies;
  const { placement, estimator, level, weight } = cell;
  const kl = klPerPrefix(tree, policy, reference);
  const isWeighted = weight !== 'none';
  const k = estimator === 'exact' ? undefined : driftEstimators[estimator];
  /** What of k is in the derivative of a weighted loss: its own, and where the weight has one k itself. */
  const pull = (logRatio: number): number =>
    k === undefined ? 0 : k.slope(logRatio) + (weight === 'differentiable' ? k.value(logRatio) : 0);

  const coefficients = (edges: readonly number[]): { scores: number[]; exact: number[] } => {
    const logRatios = edges.map((edge) => policy[edge] - reference[edge]);
    const states = edges.map((edge) => kl[Math.floor(edge / vocabulary)]);
    const ratios = edges.map((edge) => (isWeighted ? exp(policy[edge] - old[edge]) : 1));
    const before = ratios.map((_, t) => ratios.slice(0, t).reduce((a, b) => a * b, 1));
    const whole = ratios.reduce((a, b) => a * b, 1);
    const none = edges.map(() => 0);
    if (placement === 'loss') {
      if (k !== undefined) {
        const own = (t: number): number => ratios[t] * pull(logRatios[t]);
        const all = whole * pull(sum(logRatios));
        return { scores: edges.map((_, t) => (level === 'token' ? own(t) : all)), exact: none };
      }
      if (level === 'token')
        return {
          scores: states.map((each, t) => (weight === 'differentiable' ? ratios[t] * each : 0)),
          exact: ratios,
        };
      const isDetached = weight === 'detached';
      const later = toGo(states.map((each, t) => (isDetached ? each : before[t] * each)));
      return {
        scores: edges.map((_, t) => (isDetached ? ratios[t] : 1) * (later[t + 1] ?? 0)),
        exact: before,
      };
    }
    const prices = k === undefined ? states : logRatios.map((each) => k.value(each));
    if (level === 'sequence') {
      const price = k === undefined ? sum(states) : k.value(sum(logRatios));
      return { scores: edges.map(() => whole * price), exact: none };
    }
    const own = level === 'token' ? toGo(prices) : prices;
    return { scores: own.map((each, t) => ratios[t] * each), exact: none };
  };

  return (edges, out) => {
    const { scores, exact } = coefficients(edges);
    edges.forEach((edge, t) => {
      const prefix = Math.floor(edge / vocabulary);
      out[edge] += scores[t];
      for (let at = prefix * vocabulary; at < (prefix + 1) * vocabulary; at++)
        out[at] += exp(policy[at]) * (exact[t] * (policy[at] - reference[at] - kl[prefix]) - scores[t]);
    });
  };
}
