import { log } from '../elementary/exponential.ts';
import { RESTART } from '../rollout/environment.ts';
import type { Table } from '../rollout/tabular.ts';

/**
 * A matrix by its rows, zeros left out: entries offsets[i] … offsets[i + 1] stand in row i. What leads back to a start is
 * one product of vectors, left·rightᵀ, beside them: written out it would have as many entries as states times starts.
 */
export interface SparseMatrix {
  readonly size: number;
  readonly offsets: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
  readonly left: Float64Array;
  readonly right: Float64Array;
}

/** What the states of a table do under a policy. */
export interface Chain {
  /** P_π(s, s′), the ways into an end left out: rows sum to less than 1 where an episode may end. */
  readonly transitions: SparseMatrix;
  /** [states] r_π(s): expected reward of a step. */
  readonly rewards: Float64Array;
}

/** @param policy [states, actions], π(a|s) */
export function chainOf(table: Table, policy: ArrayLike<number>): Chain {
  const { states, actions, offsets: entriesOf, probability, next, reward, terminated, starts } = table;
  const offsets = new Int32Array(states + 1);
  const columns = new Int32Array(next.length);
  const values = new Float64Array(next.length);
  const left = new Float64Array(states);
  const right = new Float64Array(states);
  for (const start of starts) right[start] = 1 / starts.length;
  const rewards = new Float64Array(states);
  let count = 0;
  for (let state = 0; state < states; state++) {
    for (let pair = state * actions; pair < (state + 1) * actions; pair++) {
      for (let k = entriesOf[pair]; k < entriesOf[pair + 1]; k++) {
        const share = policy[pair] * probability[k];
        rewards[state] += share * reward[k];
        if (terminated[k] || share === 0) continue;
        if (next[k] === RESTART) left[state] += share;
        else {
          columns[count] = next[k];
          values[count++] = share;
        }
      }
    }
    offsets[state + 1] = count;
  }
  const transitions = { size: states, offsets, columns, values, left, right };
  return { transitions, rewards };
}

export function transposed({ size, offsets, columns, values, left, right }: SparseMatrix): SparseMatrix {
  const ends = new Int32Array(size + 1);
  for (let k = 0; k < offsets[size]; k++) ends[columns[k] + 1] += 1;
  for (let i = 0; i < size; i++) ends[i + 1] += ends[i];
  const rows = {
    offsets: ends.slice(),
    columns: new Int32Array(offsets[size]),
    values: new Float64Array(offsets[size]),
  };
  for (let i = 0; i < size; i++) {
    for (let k = offsets[i]; k < offsets[i + 1]; k++) {
      const at = ends[columns[k]]++;
      rows.columns[at] = i;
      rows.values[at] = values[k];
    }
  }
  return { size, ...rows, left: right, right: left };
}

/** Of the largest |x|: a sweep that changes no x by more is the last. */
const SETTLED = 1e-15;

/**
 * x = b + γ·M·x. What leads back to a start is solved for apart, x = y + γ·p·z with p = right·x, by Sherman and Morrison's
 * formula: where episodes end in nothing else, sweeps would bring x nearer by γ only, and take minutes with γ of 0.9999.
 * [Golub & Van Loan, Matrix Computations, §2.1]
 * @param matrix rows, or columns, that sum to at most 1
 * @param gamma in [0, 1)
 */
export function solve(matrix: SparseMatrix, b: Float64Array, gamma: number): Float64Array {
  const y = sweeps(matrix, b, gamma);
  const { size, left, right } = matrix;
  if (left.every((share) => share === 0)) return y;
  const z = sweeps(matrix, left, gamma);
  let [ofY, ofZ] = [0, 0];
  for (let i = 0; i < size; i++) {
    ofY += right[i] * y[i];
    ofZ += right[i] * z[i];
  }
  const share = (gamma * ofY) / (1 - gamma * ofZ);
  return y.map((value, i) => value + share * z[i]);
}

/**
 * x = b + γ·M·x without what leads back to a start, by Gauss–Seidel, rows from the first to the last and back: each sweep brings
 * x nearer by γ at least, and by far more where episodes end. [Puterman, Markov Decision Processes, §6.3.3]
 */
function sweeps(
  { size, offsets, columns, values }: SparseMatrix,
  b: Float64Array,
  gamma: number,
): Float64Array {
  const x = b.slice();
  const most = gamma === 0 ? 1 : Math.ceil(log(1e-17) / log(gamma));
  for (let sweep = 0; sweep <= most; sweep++) {
    let change = 0;
    let largest = 0;
    for (let n = 0; n < size; n++) {
      const i = sweep % 2 === 0 ? n : size - 1 - n;
      let sum = 0;
      let own = 0;
      for (let k = offsets[i]; k < offsets[i + 1]; k++) {
        if (columns[k] === i) own += values[k];
        else sum += values[k] * x[columns[k]];
      }
      const now = (b[i] + gamma * sum) / (1 - gamma * own);
      change = Math.max(change, Math.abs(now - x[i]));
      largest = Math.max(largest, Math.abs(now));
      x[i] = now;
    }
    if (change <= SETTLED * largest) break;
  }
  return x;
}

/** out = Mᵀ·x. */
export function scatter(matrix: SparseMatrix, x: Float64Array, out: Float64Array): void {
  const { size, offsets, columns, values, left, right } = matrix;
  out.fill(0);
  let product = 0;
  for (let i = 0; i < size; i++) {
    product += left[i] * x[i];
    for (let k = offsets[i]; k < offsets[i + 1]; k++) out[columns[k]] += values[k] * x[i];
  }
  if (product !== 0) for (let i = 0; i < size; i++) out[i] += product * right[i];
}
