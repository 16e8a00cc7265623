import { exp } from '../elementary/exponential.ts';
import type { Random } from '../random/random.ts';
import { scoreGradient, sequenceLogProbs, type SequenceTree } from '../sequence/tree.ts';
import type { EstimatorCell } from './cells.ts';
import { edgesOf, type GradientEstimate, gradientEstimate, type Policies } from './gradient.ts';

/** A measured number and its standard error. */
export interface MeasuredNumber {
  readonly value: number;
  readonly error: number;
}

/** How an estimate of the gradient g = ∇KL(π‖π_ref) does; lengths are in units of ‖g‖. */
export interface EstimatorQuality {
  /** ‖E ĝ − g‖. */
  readonly bias: number;
  /** Between E ĝ and g, degrees; null where E ĝ is 0. */
  readonly angle: number | null;
  /** √ of the sum of the variances of ĝ of one sequence. */
  readonly spread: number;
  /** The same from sequences drawn, with what of the error of a mean is left: the part of ĝ − g along E ĝ − g, along g where that is 0. */
  readonly measuredBias: MeasuredNumber;
  readonly measuredSpread: number;
}

/** Estimates of one cell on one tree: of every sequence, [S] vectors [P·V]. */
interface Estimates {
  readonly perSequence: readonly Float64Array[];
  /** π_old(y) [S] */
  readonly probabilities: Float64Array;
}

/** ∇KL(π‖π_ref) of whole sequences in the logits of π, [P·V]: Σ_y π(y)·ℓ(y)·∇ log π(y). */
export function trueGradient(
  tree: SequenceTree,
  policy: Float64Array,
  reference: Float64Array,
): Float64Array {
  const [own, other] = [policy, reference].map((each) => sequenceLogProbs(tree, each));
  const weights = own.map((logProb, y) => exp(logProb) * (logProb - other[y]));
  return scoreGradient(tree, weights, policy.map(exp));
}

/** E ĝ under π_old, [P·V], by going through all sequences. */
export function expectedGradient(tree: SequenceTree, policies: Policies, cell: EstimatorCell): Float64Array {
  return meanOf(estimatesOf(tree, policies, gradientEstimate(tree, policies, cell)));
}

function estimatesOf(tree: SequenceTree, { old }: Policies, estimate: GradientEstimate): Estimates {
  const perSequence = Array.from({ length: tree.sequences }, (_, y) => {
    const out = new Float64Array(tree.prefixes * tree.vocabulary);
    estimate(edgesOf(tree, y), out);
    return out;
  });
  return { perSequence, probabilities: sequenceLogProbs(tree, old).map(exp) };
}

function meanOf({ perSequence, probabilities }: Estimates): Float64Array {
  const mean = new Float64Array(perSequence[0].length);
  perSequence.forEach((estimate, y) => {
    for (let i = 0; i < mean.length; i++) mean[i] += probabilities[y] * estimate[i];
  });
  return mean;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((total, x, i) => total + x * b[i], 0);
/** Euclidean length. */
export const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));

/** Below it, in units of ‖g‖, a length is the rounding of 0. */
const NOTHING = 1e-9;

/**
 * How the estimates of a cell do, exactly by going through all sequences, and measured on sequences drawn.
 * @param counts how often each sequence was drawn, [S], at least twice together: `drawCounts`
 */
export function qualityOf(
  tree: SequenceTree,
  policies: Policies,
  cell: EstimatorCell,
  counts: Int32Array,
): EstimatorQuality {
  const samples = counts.reduce((a, b) => a + b, 0);
  const truth = trueGradient(tree, policies.policy, policies.reference);
  const size = norm(truth);
  const estimates = estimatesOf(tree, policies, gradientEstimate(tree, policies, cell));
  const { perSequence, probabilities } = estimates;
  const mean = meanOf(estimates);
  const bias = mean.map((each, i) => each - truth[i]);
  const length = norm(mean);
  const hasBias = norm(bias) > NOTHING * size;
  const direction = hasBias ? bias.map((each) => each / norm(bias)) : truth.map((each) => each / size);
  const along = (vector: Float64Array): number => (dot(vector, direction) - dot(truth, direction)) / size;
  const variance = perSequence.reduce(
    (total, each, y) => total + probabilities[y] * each.reduce((sum, x, i) => sum + (x - mean[i]) ** 2, 0),
    0,
  );
  const drawn = counts.reduce((total, count, y) => total + count * along(perSequence[y]), 0) / samples;
  const squares = counts.reduce((total, count, y) => total + count * (along(perSequence[y]) - drawn) ** 2, 0);
  const cosine = dot(mean, truth) / (length * size);
  return {
    bias: hasBias ? norm(bias) / size : 0,
    angle: length > NOTHING * size ? degrees(cosine) : null,
    spread: Math.sqrt(variance) / size,
    measuredBias: { value: drawn, error: Math.sqrt(squares / (samples - 1) / samples) },
    measuredSpread: spreadOf(perSequence, counts, samples) / size,
  };
}

function degrees(cosine: number): number {
  const angle = (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
  // Rounding of a cosine of 1 is an angle of some 1e-6.
  return angle < 1e-5 ? 0 : angle;
}

function spreadOf(perSequence: readonly Float64Array[], counts: Int32Array, samples: number): number {
  const mean = new Float64Array(perSequence[0].length);
  perSequence.forEach((estimate, y) => {
    for (let i = 0; i < mean.length; i++) mean[i] += (counts[y] * estimate[i]) / samples;
  });
  const squares = perSequence.reduce(
    (total, each, y) => total + counts[y] * each.reduce((sum, x, i) => sum + (x - mean[i]) ** 2, 0),
    0,
  );
  return Math.sqrt(squares / (samples - 1));
}

/** How often each sequence is drawn, [S]: token by token from the root. @param logProbs log π(v|p) [P·V] */
export function drawCounts(
  tree: SequenceTree,
  logProbs: Float64Array,
  samples: number,
  random: Random,
): Int32Array {
  const { vocabulary, next } = tree;
  const probabilities = logProbs.map(exp);
  const counts = new Int32Array(tree.sequences);
  for (let drawn = 0; drawn < samples; drawn++) {
    let prefix = 0;
    while (prefix >= 0) {
      let left = random.uniform();
      let edge = prefix * vocabulary;
      const last = edge + vocabulary - 1;
      while (edge < last && left >= probabilities[edge]) left -= probabilities[edge++];
      prefix = next[edge];
    }
    counts[-1 - prefix]++;
  }
  return counts;
}
