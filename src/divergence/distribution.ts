/** Numbers in order: an array or any typed array. Read, never written. */
export type Vector = ArrayLike<number>;

/** Unit of information: natural logarithm or logarithm to base 2. */
export type Base = 'nats' | 'bits';

/** Most that the entries of a distribution may be off 1 in sum. */
export const SUM_TOLERANCE = 1e-6;

/** An argument that is not the distribution it should be; the message names entry and sum. */
export class DistributionError extends Error {
  /** Index of the entry at fault, where it is one entry's fault. */
  readonly entry: number | undefined;
  constructor(message: string, entry?: number) {
    super(message);
    this.name = 'DistributionError';
    this.entry = entry;
  }
}

/** A quantity in nats, in the unit asked for. */
export function inBase(nats: number, base: Base): number {
  return base === 'bits' ? nats / Math.LN2 : nats;
}

/**
 * Checks that p holds probabilities: finite, ≥ 0, at least one, sum within 1e-6 of 1.
 * @param name what the message calls p
 * @throws DistributionError naming the entry and the sum
 */
export function checkDistribution(p: Vector, name: string): void {
  const sum = checkWeights(p, name);
  if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
    throw new DistributionError(`${name} must sum to 1 (within ${SUM_TOLERANCE}), its sum is ${sum}`);
  }
}

/** @throws DistributionError unless both have the same number of entries */
export function checkSameLength(p: Vector, nameP: string, q: Vector, nameQ: string): void {
  if (p.length === q.length) return;
  throw new DistributionError(
    `${nameP} and ${nameQ} must have the same length, got ${p.length} and ${q.length}`,
  );
}

/** Both checks, for the pair every divergence takes. */
export function checkPair(p: Vector, q: Vector): void {
  checkDistribution(p, 'p');
  checkDistribution(q, 'q');
  checkSameLength(p, 'p', q, 'q');
}

/**
 * Frequencies of counts (or of any weights ≥ 0): each divided by the sum. Asked for by name, never done
 * silently.
 * @throws DistributionError for a negative, infinite or NaN count, none at all, all of them 0, or a count > 0 whose
 * share underflows
 */
export function fromCounts(counts: Vector): Float64Array {
  const sum = checkWeights(counts, 'counts');
  if (!(sum > 0)) throw new DistributionError(`counts must have a sum > 0, their sum is ${sum}`);
  // Counts near 1.8e308 have a sum beyond it, scaled down (exactly) not.
  const scale = sum < Infinity ? 1 : 2 ** -60;
  let scaledSum = 0;
  for (let i = 0; i < counts.length; i++) scaledSum += scale * counts[i];
  return Float64Array.from(counts, (count, i) => {
    const share = (scale * count) / scaledSum;
    if (share > 0 || count === 0) return share;
    throw new DistributionError(`counts[${i}] must be 0 or a share of the sum above 1e-308, got ${count}`, i);
  });
}

/** The sum of finite numbers ≥ 0. */
function checkWeights(weights: Vector, name: string): number {
  if (weights.length === 0) throw new DistributionError(`${name} must have at least 1 entry, got 0`);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i];
  for (let i = 0; i < weights.length; i++) {
    const x = weights[i];
    if (x >= 0 && x !== Infinity) continue;
    throw new DistributionError(`${name}[${i}] must be a number ≥ 0, got ${x} (sum of ${name}: ${sum})`, i);
  }
  return sum;
}
