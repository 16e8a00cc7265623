import type { Head } from '../policy/head.ts';
import type { KlDirection } from '../policy/mixture.ts';

/** π brought into the KL ball around π_old, state by state, and gradients brought back. Arrays of distributions are [count, K]. */
export interface Projector {
  /** out[i] = the KL that is bounded, of each state, nats. */
  kl(old: Float64Array, current: Float64Array, count: number, out: Float64Array): void;
  /**
   * @param current π
   * @param delta δ, nats
   * @param projected written: π̃, π itself to the bit where it is inside; its KL, as `kl` has it, is ≤ δ
   * @param shares written: t of each state, 1 where π is inside
   */
  project(
    old: Float64Array,
    current: Float64Array,
    count: number,
    delta: number,
    projected: Float64Array,
    shares: Float64Array,
  ): void;
  /**
   * ∂L/∂π from ∂L/∂π̃, both in outputs of the network, in place.
   *
   * The derivative of t follows from KL(π̃(π, t)) = δ: with g = ∂L/∂π̃, k = ∂KL/∂π̃ and f = ∂π̃/∂t it takes from g what would leave the
   * sphere, h = g − k·(f·g)/(f·k), and ∂L/∂π = (∂π̃/∂π at this t)ᵀ·h. [The implicit function theorem; TRPL, arXiv 2101.09207,
   * and TROLL have it for their multipliers]
   * @param projected and `shares` as `project` wrote them
   */
  pullBack(
    old: Float64Array,
    current: Float64Array,
    projected: Float64Array,
    shares: Float64Array,
    count: number,
    dOutputs: Float32Array,
  ): void;
}

/** Secants and halvings: some ten are enough. */
const STEPS = 60;
/** √KL of a projected state is that near to √δ, relatively, and not beyond. */
const PRECISION = 1e-10;

/** @param capacity most rows */
export function createProjector(head: Head, direction: KlDirection, capacity: number): Projector {
  const { width } = head;
  const { at, slope, pull } = head.mixtures[direction];
  const row = (): Float64Array => new Float64Array(width);
  const [oldRow, ownRow, mixed, along, h, pulled] = [row(), row(), row(), row(), row(), row()];
  const one = new Float64Array(1);
  const kls = new Float64Array(capacity);
  const normals = new Float32Array(capacity * width);
  const kl: Projector['kl'] = (old, current, count, out) =>
    direction === 'oldNew' ? head.kl(old, current, count, out) : head.kl(current, old, count, out);
  const addNormal = direction === 'oldNew' ? head.addKlGradient : head.addReverseKlGradient;

  /** √KL of π̃(t) less what is aimed at; `mixed` is π̃(t) then. */
  const excess = (t: number, aim: number): number => {
    at(oldRow, ownRow, t, mixed);
    kl(oldRow, mixed, 1, one);
    return Number.isFinite(one[0]) ? Math.sqrt(Math.max(0, one[0])) - aim : Number.MAX_VALUE;
  };

  /** Of the state in `oldRow` and `ownRow`, whose KL is > δ: t, and π̃(t) in `mixed`. √KL is nearly a straight line in t. */
  const root = (delta: number, klOfOwn: number): number => {
    const slack = Math.sqrt(delta) * PRECISION;
    const aim = Math.sqrt(delta) - slack;
    let [low, atLow] = [0, -aim];
    let [high, atHigh] = [1, Number.isFinite(klOfOwn) ? Math.sqrt(klOfOwn) - aim : Number.MAX_VALUE];
    for (let i = 0; i < STEPS; i++) {
      const secant = low - (atLow * (high - low)) / (atHigh - atLow);
      // Every third step halves, so that neither end stays where it is.
      const t = i % 3 === 2 || !(secant > low && secant < high) ? (low + high) / 2 : secant;
      const now = excess(t, aim);
      if (Math.abs(now) <= slack / 2) return t;
      if (now < 0) [low, atLow] = [t, now];
      else [high, atHigh] = [t, now];
    }
    if (low === 0) mixed.set(oldRow);
    else excess(low, aim);
    return low;
  };

  const take = (from: Float64Array, i: number, into: Float64Array): void => {
    for (let k = 0; k < width; k++) into[k] = from[i * width + k];
  };

  return {
    kl,
    project(old, current, count, delta, projected, shares) {
      kl(old, current, count, kls);
      for (let i = 0; i < count; i++) {
        take(current, i, ownRow);
        // What is not a number stays where it is, to be told of by those who look for it.
        if (!(kls[i] > delta)) {
          shares[i] = 1;
          projected.set(ownRow, i * width);
          continue;
        }
        take(old, i, oldRow);
        shares[i] = root(delta, kls[i]);
        projected.set(mixed, i * width);
      }
    },
    pullBack(old, current, projected, shares, count, dOutputs) {
      normals.fill(0, 0, count * width);
      addNormal(old, projected, 1, count, normals);
      for (let i = 0; i < count; i++) {
        if (shares[i] === 1) continue;
        take(old, i, oldRow);
        take(current, i, ownRow);
        take(projected, i, mixed);
        slope(oldRow, ownRow, shares[i], mixed, along);
        let [ofLoss, ofKl] = [0, 0];
        for (let k = 0; k < width; k++) {
          ofLoss += along[k] * dOutputs[i * width + k];
          ofKl += along[k] * normals[i * width + k];
        }
        for (let k = 0; k < width; k++)
          h[k] = dOutputs[i * width + k] - normals[i * width + k] * (ofLoss / ofKl);
        if (shares[i] === 0) pulled.fill(0);
        else pull(oldRow, ownRow, shares[i], mixed, h, pulled);
        dOutputs.set(pulled, i * width);
      }
    },
  };
}
