/** Which sequences there can be. */
export interface SequenceSpace {
  /** V: tokens 0 … V − 1. */
  readonly vocabulary: number;
  /** L: the most tokens of a sequence. */
  readonly length: number;
  /** The token after which a sequence ends before it has L; null: all have L. */
  readonly end: number | null;
}

/**
 * All sequences as a tree. Its inner nodes are the prefixes that something follows, breadth first: 0 is the empty one.
 * A distribution over the next token after each of them makes one over the sequences.
 */
export interface SequenceTree extends SequenceSpace {
  /** P: prefixes that a token follows. */
  readonly prefixes: number;
  /** S: whole sequences. Without an end token they are in lexicographic order. */
  readonly sequences: number;
  /** [P·V]: what token v leads to from prefix p: n ≥ 0: prefix n; n < 0: sequence −1 − n. */
  readonly next: Int32Array;
  /** Tokens of a prefix. */
  prefix(index: number): readonly number[];
  /** Tokens of a whole sequence, an end token included. */
  sequence(index: number): readonly number[];
}

/** The most sequences, of all prompts together, that are enumerated: a second for what is exact of them. */
export const MOST_SEQUENCES = 100_000;

/** S: how many sequences there are; beyond 2⁵³ about so many. */
export function countSequences({ vocabulary, length, end }: SequenceSpace): number {
  if (end === null) return vocabulary ** length;
  // Those that the end token ended, of each length, and those that are full.
  let [unended, ended] = [1, 0];
  for (let t = 0; t < length; t++) {
    ended += unended;
    unended *= vocabulary - 1;
  }
  return ended + unended;
}

/** Every sequence. @throws RangeError for more than `most`, with their number */
export function enumerateSequences(space: SequenceSpace, most = MOST_SEQUENCES): SequenceTree {
  const { vocabulary, length, end } = space;
  const sequences = countSequences(space);
  if (sequences > most) throw new RangeError(`${sequences} sequences are more than ${most}`);
  const parents: number[] = [-1];
  const tokens: number[] = [-1];
  const depths: number[] = [0];
  const leaves: number[] = [];
  const next: number[] = [];
  for (let p = 0; p < parents.length; p++) {
    for (let v = 0; v < vocabulary; v++) {
      if (depths[p] + 1 === length || v === end) {
        next.push(-1 - leaves.length);
        leaves.push(p * vocabulary + v);
        continue;
      }
      next.push(parents.length);
      parents.push(p);
      tokens.push(v);
      depths.push(depths[p] + 1);
    }
  }
  const prefix = (index: number): number[] => (index === 0 ? [] : [...prefix(parents[index]), tokens[index]]);
  return {
    ...space,
    prefixes: parents.length,
    sequences,
    next: Int32Array.from(next),
    prefix,
    sequence: (index) => [...prefix(Math.floor(leaves[index] / vocabulary)), leaves[index] % vocabulary],
  };
}

/**
 * log π(y) of every sequence by the chain rule: the sum over its tokens of log π(token|prefix).
 * @param logProbs log π(v|p) [P·V]
 * @returns [S]
 */
export function sequenceLogProbs(tree: SequenceTree, logProbs: ArrayLike<number>): Float64Array {
  const { vocabulary, prefixes, sequences, next } = tree;
  const ofPrefix = new Float64Array(prefixes);
  const ofSequence = new Float64Array(sequences);
  for (let edge = 0; edge < prefixes * vocabulary; edge++) {
    const logProb = ofPrefix[Math.floor(edge / vocabulary)] + logProbs[edge];
    if (next[edge] >= 0) ofPrefix[next[edge]] = logProb;
    else ofSequence[-1 - next[edge]] = logProb;
  }
  return ofSequence;
}

/**
 * Σ_y w(y)·∇ log π(y) in the logits z of the next token after each prefix: with W the sum of the weights below a prefix
 * or token, ∂/∂z_pv = W(p,v) − π(v|p)·W(p). With w = π·f it is the policy gradient of E f, with w = π·f′(ℓ) the
 * expected gradient of a loss f of ℓ = log π(y).
 * @param weights w [S]
 * @param probabilities π(v|p) [P·V]
 * @returns [P·V]
 */
export function scoreGradient(
  tree: SequenceTree,
  weights: ArrayLike<number>,
  probabilities: ArrayLike<number>,
): Float64Array {
  const { vocabulary: V, prefixes, next } = tree;
  const below = new Float64Array(prefixes);
  const gradient = new Float64Array(prefixes * V);
  // Prefixes come after what they continue: from the last to the first all below is summed already.
  for (let p = prefixes - 1; p >= 0; p--) {
    for (let edge = p * V; edge < (p + 1) * V; edge++) {
      gradient[edge] = next[edge] >= 0 ? below[next[edge]] : weights[-1 - next[edge]];
      below[p] += gradient[edge];
    }
    for (let edge = p * V; edge < (p + 1) * V; edge++) gradient[edge] -= probabilities[edge] * below[p];
  }
  return gradient;
}
