import { log } from '../elementary/exponential.ts';
import { thousands } from '../elementary/thousands.ts';
import { EnvironmentError, RESTART } from '../rollout/environment.ts';
import type { Table } from '../rollout/table.ts';

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

/** Transitions that the sweeps of one solution go through at most: a minute. */
export const MOST_WORK = 3e10;

/** The values of a table that take too long: a γ too near 1 for so many transitions. */
export class TableWorkError extends EnvironmentError {
  constructor(gamma: number, most: number) {
    super(
      `the values of the environment’s table do not settle: with γ ${gamma} they take more than ${thousands(most)} transitions`,
    );
  }
}

/** Of the largest |x|: a sweep that changes no x by more is the last. */
const SETTLED = 1e-15;

/** Sweeps, and transitions that they went through, after which x is moved as a whole too: most tables settle sooner. */
const PATIENCE = { sweeps: 64, work: 1e7 };

/** Of all x together: what lies nearer is left to the sweeps, or rounding would move x to and fro for ever. */
const IN_PLACE = 1e-13;

/** Moves x towards the solution as a whole. @returns by how much, of the largest |x| */
type Correction = (x: Float64Array, b: Float64Array) => number;

/**
 * ρ = b + γ·M·ρ with b ≥ 0 and M the transpose of a chain's transitions. Where hardly anything ends, sweeps fill ρ up by
 * 1 − γ of what is missing, so that its sum is set right instead: Σ_j ρ(j)·(1 − γ·Σ_i M(i, j)) = Σ b.
 * [Stewart, Introduction to the Numerical Solution of Markov Chains, ch. 6: aggregation, of all states in one]
 * @param matrix columns that sum to at most 1
 * @param gamma in [0, 1)
 * @throws TableWorkError
 */
export function solveVisits(
  matrix: SparseMatrix,
  b: Float64Array,
  gamma: number,
  mostWork = MOST_WORK,
): Float64Array {
  const lost = new Float64Array(matrix.size).fill(1);
  const { offsets, columns, values, size } = matrix;
  for (let k = 0; k < offsets[size]; k++) lost[columns[k]] -= gamma * values[k];
  const toItsSum: Correction = (x, of) => {
    let [ends, visits, sum] = [0, 0, 0];
    for (let i = 0; i < size; i++) {
      ends += lost[i] * x[i];
      visits += x[i];
      sum += of[i];
    }
    const scale = sum / ends;
    if (!isLasting(ends, visits, gamma) || Math.abs(scale - 1) < IN_PLACE) return 0;
    for (let i = 0; i < size; i++) x[i] *= scale;
    return Math.abs(scale - 1);
  };
  return solve(matrix, b, gamma, mostWork, toItsSum);
}

/**
 * V = r + γ·P·V. Where hardly anything ends, sweeps bring V nearer by γ only, by about the same in all states, so that V is
 * moved until Σ μ·V is what visits and rewards say: Σ ρ·r.
 * @param initial [states] μ
 * @param visits [states] ρ, of `solveVisits` from μ
 * @throws TableWorkError
 */
export function solveValues(
  { transitions, rewards }: Chain,
  gamma: number,
  initial: ArrayLike<number>,
  visits: Float64Array,
  mostWork = MOST_WORK,
): Float64Array {
  const total = visits.reduce((sum, each) => sum + each, 0);
  const restarts = transitions.left.some((share) => share !== 0);
  if (restarts || !isLasting(1, total, gamma)) return solve(transitions, rewards, gamma, mostWork);
  const expected = visits.reduce((sum, each, i) => sum + each * rewards[i], 0);
  return solve(transitions, rewards, gamma, mostWork, (x) => {
    const by = expected - x.reduce((sum, value, i) => sum + initial[i] * value, 0);
    const largest = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (Math.abs(by) < IN_PLACE * largest) return 0;
    for (let i = 0; i < x.length; i++) x[i] += by;
    return Math.abs(by) / largest;
  });
}

/** Whether what starts is lost by γ more than by ends: elsewhere sweeps settle soon by themselves. */
function isLasting(lost: number, visits: number, gamma: number): boolean {
  return lost < 2 * (1 - gamma) * visits;
}

/**
 * x = b + γ·M·x. What leads back to a start is solved for apart, x = y + γ·p·z with p = right·x, by Sherman and Morrison's
 * formula: where episodes end in nothing else, sweeps would bring x nearer by γ only, and take minutes with γ of 0.9999.
 * [Golub & Van Loan, Matrix Computations, §2.1]
 */
function solve(
  matrix: SparseMatrix,
  b: Float64Array,
  gamma: number,
  mostWork: number,
  correct: Correction = () => 0,
): Float64Array {
  const y = sweeps(matrix, b, gamma, mostWork, correct);
  const { size, left, right } = matrix;
  if (left.every((share) => share === 0)) return y;
  const z = sweeps(matrix, left, gamma, mostWork, correct);
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
  mostWork: number,
  correct: Correction,
): Float64Array {
  const x = b.slice();
  const most = gamma === 0 ? 1 : Math.ceil(log(1e-17) / log(gamma));
  for (let sweep = 0; sweep <= most; sweep++) {
    if (sweep * offsets[size] > mostWork) throw new TableWorkError(gamma, mostWork);
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
    const isSlow = sweep >= PATIENCE.sweeps && sweep * offsets[size] > PATIENCE.work;
    const moved = isSlow ? correct(x, b) : 0;
    if (moved === 0 && change <= SETTLED * largest) break;
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
