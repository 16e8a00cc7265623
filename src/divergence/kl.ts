import { exp, log, log1p } from '../elementary/exponential.ts';
import {
  type Base,
  checkPair,
  checkSameLength,
  DistributionError,
  inBase,
  SUM_TOLERANCE,
  type Vector,
} from './distribution.ts';
import { k3 } from './estimators.ts';
import { logSoftmax, softmax } from './softmax.ts';

/*
 * KL(P‖Q) = Σ p log(p/q) is summed here as Σ [p log(p/q) − p + q]. The extra terms sum to 1 − 1; with them
 * each outcome's term is ≥ 0 and depends on p and q only to second order where they are close, so nothing
 * cancels: a KL of 1e-13 keeps its digits, KL(P‖P) is 0 exactly, and no rounding makes a KL negative.
 */

/** Of 2.2e-308: a smaller p has lost digits. */
const LOG_OF_SMALLEST = -708;

/**
 * KL(P‖Q) ≥ 0; +Infinity where q = 0 < p; 0·log(0/q) = 0.
 * @param p the true distribution: the expectation is under it
 * @throws DistributionError
 */
export function kl(p: Vector, q: Vector, base: Base = 'nats'): number {
  checkPair(p, q);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += klTerm(p[i], q[i], logRatio(p[i], q[i]));
  return inBase(sum, base);
}

/**
 * Each outcome's share p log(p/q) of KL(P‖Q): of either sign, +Infinity where q = 0 < p.
 * @throws DistributionError
 */
export function klShares(p: Vector, q: Vector, base: Base = 'nats'): Float64Array {
  checkPair(p, q);
  return Float64Array.from(p, (pi, i) => (pi === 0 ? 0 : inBase(0 - pi * logRatio(pi, q[i]), base)));
}

/**
 * KL(P‖Q) from log-probabilities in nats (−Infinity for 0): exact where probabilities would underflow.
 * @throws DistributionError unless both sum to 1 after exp
 */
export function klFromLogProbs(logP: Vector, logQ: Vector, base: Base = 'nats'): number {
  checkLogProbs(logP, 'logP');
  checkLogProbs(logQ, 'logQ');
  checkSameLength(logP, 'logP', logQ, 'logQ');
  let sum = 0;
  for (let i = 0; i < logP.length; i++) sum += klTermOfLogs(logP[i], logQ[i]);
  return inBase(sum, base);
}

/**
 * KL(softmax(a)‖softmax(b)), from the raw logits. +Infinity also where KL is beyond 1.8e308.
 * @throws DistributionError
 */
export function klFromLogits(logitsP: Vector, logitsQ: Vector, base: Base = 'nats'): number {
  const nats = klFromLogProbs(logSoftmax(logitsP), logSoftmax(logitsQ));
  const isRuledOut =
    nats === Infinity && Array.from(logitsQ).some((z, i) => z === -Infinity && logitsP[i] > z);
  return inBase(nats === Infinity && !isRuledOut ? klOfFarLogits(logitsP, logitsQ) : nats, base);
}

/**
 * Where log q = z − max is beyond −1.8e308: Σ p·(log p − log q) of half the logits, whose differences are not, and
 * twice that. What log Σ e^(z − max) ≤ log n adds is nothing beside it.
 */
function klOfFarLogits(logitsP: Vector, logitsQ: Vector): number {
  const p = softmax(logitsP);
  const half = (logits: Vector): Float64Array => {
    const max = Array.from(logits).reduce((a, b) => Math.max(a, b));
    return Float64Array.from(logits, (z) => 0.5 * z - 0.5 * max);
  };
  const [halfP, halfQ] = [half(logitsP), half(logitsQ)];
  let sum = 0;
  for (let i = 0; i < p.length; i++) if (p[i] > 0) sum += p[i] * (halfP[i] - halfQ[i]);
  return 2 * sum;
}

/** p log(p/q) − p + q ≥ 0, given log(q/p) as well. */
export function klTerm(p: number, q: number, logRatioQP: number): number {
  if (p === 0) return q;
  return logRatioQP < 1 ? p * k3(logRatioQP) : q - p - p * logRatioQP;
}

/** As `klTerm`, from log p and log q: p may underflow while p log(p/q) does not. */
function klTermOfLogs(logP: number, logQ: number): number {
  const logRatioQP = logQ - logP;
  if (logP > LOG_OF_SMALLEST || logP === -Infinity || logRatioQP >= 0) {
    return klTerm(exp(logP), exp(logQ), logRatioQP);
  }
  return exp(logP + log(k3(logRatioQP)));
}

/** log(q/p), by log1p of their difference (exact within a factor 2) where they are close. */
export function logRatio(p: number, q: number): number {
  const apart = q - p;
  return Math.abs(apart) < 0.5 * p ? log1p(apart / p) : log(q) - log(p);
}

function checkLogProbs(logP: Vector, name: string): void {
  if (logP.length === 0) throw new DistributionError(`${name} must have at least 1 entry, got 0`);
  let sum = 0;
  for (let i = 0; i < logP.length; i++) sum += exp(logP[i]);
  for (let i = 0; i < logP.length; i++) {
    if (logP[i] <= SUM_TOLERANCE) continue;
    throw new DistributionError(
      `${name}[${i}] must be a log-probability ≤ 0, got ${logP[i]} (sum of exp(${name}): ${sum})`,
      i,
    );
  }
  if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
    throw new DistributionError(`exp(${name}) must sum to 1 (within ${SUM_TOLERANCE}), its sum is ${sum}`);
  }
}
