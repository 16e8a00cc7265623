/** Why conjugate gradient ended. */
export type ConjugateGradientStatus =
  /** ‖r‖ is at most the tolerance. */
  | 'converged'
  /** All the iterations allowed were taken. */
  | 'exhausted'
  /** A direction p with pᵀAp ≤ 0 was met: A is not positive definite. */
  | 'negativeCurvature'
  /** A product or the right-hand side is not finite. */
  | 'nonFinite';

export interface ConjugateGradientResult {
  /** [n] the last good iterate; 0 where the first direction failed. */
  readonly x: Float64Array;
  /** Iterations that moved x. */
  readonly iterations: number;
  /** ‖b − Ax‖ by the recurrence: at x = 0, then after each iteration. */
  readonly residuals: readonly number[];
  readonly status: ConjugateGradientStatus;
}

/**
 * Solves Ax = b for a symmetric positive definite A known by its products alone, from x = 0
 * [Hestenes & Stiefel 1952; Shewchuk 1994, "An Introduction to the Conjugate Gradient Method Without the
 * Agonizing Pain", B2]. Everything is float64.
 * @param product writes A·v to `out`; both [n]
 * @param b [n], only read
 * @param maxIterations most products taken, ≥ 1
 * @param tolerance ‖r‖ at which x is good enough, ≥ 0, absolute
 */
export function conjugateGradient(
  product: (v: Float64Array, out: Float64Array) => void,
  b: Float64Array,
  maxIterations: number,
  tolerance: number,
): ConjugateGradientResult {
  const x = new Float64Array(b.length);
  const r = b.slice();
  const p = b.slice();
  const ap = new Float64Array(b.length);
  let rr = dot(r, r);
  const residuals = [Math.sqrt(rr)];
  const ended = (status: ConjugateGradientStatus): ConjugateGradientResult => ({
    x,
    iterations: residuals.length - 1,
    residuals,
    status,
  });
  if (!Number.isFinite(rr)) return ended('nonFinite');
  while (Math.sqrt(rr) > tolerance) {
    if (residuals.length > maxIterations) return ended('exhausted');
    product(p, ap);
    const curvature = dot(p, ap);
    if (!Number.isFinite(curvature)) return ended('nonFinite');
    if (curvature <= 0) return ended('negativeCurvature');
    const alpha = rr / curvature;
    addScaled(x, alpha, p);
    addScaled(r, -alpha, ap);
    const next = dot(r, r);
    const beta = next / rr;
    for (let i = 0; i < p.length; i++) p[i] = r[i] + beta * p[i];
    rr = next;
    residuals.push(Math.sqrt(rr));
  }
  return ended('converged');
}

/** aᵀb. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** y ← y + factor·x. */
function addScaled(y: Float64Array, factor: number, x: Float64Array): void {
  for (let i = 0; i < y.length; i++) y[i] += factor * x[i];
}
