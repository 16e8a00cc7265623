import { describe, expect, it } from 'vitest';
import { crossEntropyFromLogits, entropyFromLogits } from '../../src/divergence/entropy.ts';
import { klFromLogits } from '../../src/divergence/kl.ts';
import { logSoftmax } from '../../src/divergence/softmax.ts';
import { categoricalHead } from '../../src/policy/categorical.ts';
import { type Random, randomStream } from '../../src/random/random.ts';

const logs = (p: number[]): Float64Array => Float64Array.from(p, Math.log);

/** A stream whose uniform draw is `u`. */
const fixed = (u: number): Random => ({ ...randomStream(0, 'unused'), uniform: () => u });

describe('categoricalHead', () => {
  it('refuses no actions and a fraction of one', () => {
    expect(() => categoricalHead(0)).toThrow('a categorical needs at least 1 action, got 0');
    expect(() => categoricalHead(1.5)).toThrow(RangeError);
  });

  it('reads log-softmax, to the last bits beside an almost certain action', () => {
    const head = categoricalHead(4);
    const out = new Float64Array(4);
    head.read(Float32Array.of(2.5, -1.25, 8.75, 0.25), 1, out);
    const total = Math.exp(-6.25) + Math.exp(-10) + 1 + Math.exp(-8.5);
    expect(out[0]).toBeCloseTo(-6.25 - Math.log(total), 14);
    head.read(Float32Array.of(0, -80, -90, -100), 1, out);
    expect(out[0] / -Math.exp(-80)).toBeCloseTo(1.0000454, 7);
  });

  it('reads logits of any size without overflow', () => {
    const out = new Float64Array(2);
    categoricalHead(2).read(Float32Array.of(1e30, -1e30), 1, out);
    expect(out[0]).toBe(0);
    expect(out[1]).toBeCloseTo(-2e30, -25);
  });

  it('puts a ruled-out action at probability 0 and lets it make no NaN', () => {
    const head = categoricalHead(3);
    const p = new Float64Array(3);
    head.read(Float32Array.of(0, -Infinity, 0), 1, p);
    expect(p[1]).toBe(-Infinity);
    const out = new Float64Array(1);
    head.entropy(p, 1, out);
    expect(out[0]).toBeCloseTo(Math.LN2, 15);
    head.kl(p, logs([0.5, 0, 0.5]), 1, out);
    expect(out[0]).toBe(0);
    head.kl(p, logs([0.25, 0.5, 0.25]), 1, out);
    expect(out[0]).toBeCloseTo(Math.LN2, 15);
    const gradient = new Float32Array(3);
    head.addPolicyGradient(p, Float32Array.of(0), Float64Array.of(1), 1, 1, gradient);
    head.addKlGradient(logs([0.5, 0, 0.5]), p, 1, 1, gradient);
    expect(Array.from(gradient)).toEqual([0.5, 0, -0.5]);
    head.fisherProduct(p, Float32Array.of(1, 7, 0), 1, gradient);
    expect(Array.from(gradient)).toEqual([0.25, 0, -0.25]);
  });

  it('is at infinite KL from a distribution that rules out one of its actions', () => {
    const out = new Float64Array(1);
    categoricalHead(2).kl(logs([0.5, 0.5]), logs([1, 0]), 1, out);
    expect(out[0]).toBe(Infinity);
  });

  it('keeps a KL finite where p underflows and q does not', () => {
    const out = new Float64Array(1);
    categoricalHead(2).kl(Float64Array.of(-744.5, 0), Float64Array.of(Math.log1p(-Math.exp(-1)), -1), 1, out);
    expect(out[0]).toBeCloseTo(1, 14);
  });

  it('lets NaN through instead of hiding it', () => {
    const head = categoricalHead(2);
    const p = new Float64Array(2);
    head.read(Float32Array.of(NaN, 0), 1, p);
    const out = new Float64Array(1);
    head.entropy(p, 1, out);
    expect(out[0]).toBeNaN();
    head.kl(p, p, 1, out);
    expect(out[0]).toBeNaN();
  });

  it('agrees with the divergence library, from the same logits', () => {
    const random = randomStream(13, 'agreement');
    const logits = Array.from({ length: 10 }, () => Math.fround(3 * random.normal()));
    const [a, b] = [logits.slice(0, 5), logits.slice(5)];
    const head = categoricalHead(5);
    const [p, q] = [new Float64Array(5), new Float64Array(5)];
    head.read(Float32Array.from(a), 1, p);
    head.read(Float32Array.from(b), 1, q);
    expect(p).toEqual(logSoftmax(a));
    const out = new Float64Array(1);
    head.kl(p, q, 1, out);
    expect(out[0] / klFromLogits(a, b)).toBeCloseTo(1, 14);
    head.entropy(p, 1, out);
    expect(out[0] / entropyFromLogits(a)).toBeCloseTo(1, 14);
    head.logProb(p, Float32Array.of(3), 1, out);
    expect(out[0]).toBe(-crossEntropyFromLogits(a, 3));
  });

  it('gives the KL of the worked examples of both directions', () => {
    const out = new Float64Array(2);
    const p = logs([0.7, 0.2, 0.1, 0.4, 0.5, 0.1]);
    const q = logs([0.4, 0.5, 0.1, 0.7, 0.2, 0.1]);
    categoricalHead(3).kl(p, q, 2, out);
    expect(out[0]).toBeCloseTo(0.208473, 6);
    expect(out[1]).toBeCloseTo(0.234299, 6);
  });

  it('keeps 12 digits of a KL of 1e-13', () => {
    const out = new Float64Array(1);
    const e = 2 ** -21; // KL((½,½)‖(½+e,½−e)) = −½ log(1 − 4e²) = 2e² + 4e⁴ + …
    const q = Float64Array.of(Math.log1p(2 * e) - Math.LN2, Math.log1p(-2 * e) - Math.LN2);
    categoricalHead(2).kl(Float64Array.of(-Math.LN2, -Math.LN2), q, 1, out);
    expect(out[0] / (2 * e * e)).toBeCloseTo(1, 8);
  });

  it('draws by the inverse of the cumulative distribution', () => {
    const head = categoricalHead(3);
    const actions = new Float32Array(1);
    const drawn = (p: number[], u: number): number => {
      head.sample(logs(p), 0, fixed(u), actions);
      return actions[0];
    };
    expect(drawn([0.25, 0.5, 0.25], 0)).toBe(0);
    expect(drawn([0.25, 0.5, 0.25], 0.2499)).toBe(0);
    expect(drawn([0.25, 0.5, 0.25], 0.2501)).toBe(1);
    expect(drawn([0.25, 0.5, 0.25], 0.7501)).toBe(2);
    expect(drawn([0, 1, 0], 0)).toBe(1);
  });

  it('never draws an impossible action or one beyond the last, even where the sum is rounded below u', () => {
    const head = categoricalHead(3);
    const actions = new Float32Array(1);
    head.sample(logs([0.5, 0.4999, 0]), 0, fixed(1 - 2 ** -32), actions);
    expect(actions[0]).toBe(1);
  });

  it('draws each action as often as its probability says (chi-square, 4 degrees of freedom)', () => {
    const head = categoricalHead(5);
    const probabilities = [0.05, 0.4, 0.15, 0.3, 0.1];
    const distributions = logs([...probabilities, ...probabilities]);
    const random = randomStream(11, 'action');
    const actions = new Float32Array(2);
    const counts = new Float64Array(5);
    const draws = 50_000;
    for (let i = 0; i < draws; i++) {
      head.sample(distributions, 1, random, actions);
      counts[actions[1]]++;
    }
    const chiSquare = probabilities.reduce(
      (sum, p, k) => sum + (counts[k] - draws * p) ** 2 / (draws * p),
      0,
    );
    expect(chiSquare).toBeLessThan(18.47); // p = 0.001
    expect(actions[0]).toBe(0); // the other row is untouched
  });

  it('has the score of an action that is nearly certain to float32, without cancellation', () => {
    const head = categoricalHead(2);
    const p = logs([1 - 1e-7, 1e-7]);
    const score = new Float32Array(2);
    head.addPolicyGradient(p, Float32Array.of(0), Float64Array.of(3), 0, 1, score);
    expect(score[0] / 3e-7).toBeCloseTo(1, 6);
    expect(score[1] / -3e-7).toBeCloseTo(1, 6);
  });

  it('has as Fisher information the mean of score·scoreᵀ', () => {
    const n = 4;
    const head = categoricalHead(n);
    const p = logs([0.1, 0.2, 0.3, 0.4]);
    const tangent = Float32Array.of(1, -2, 0.5, 3);
    const expected = new Float64Array(n);
    for (let a = 0; a < n; a++) {
      const score = new Float32Array(n);
      head.addPolicyGradient(p, Float32Array.of(a), Float64Array.of(1), 0, 1, score);
      const along = score.reduce((sum, s, k) => sum + s * tangent[k], 0);
      for (let k = 0; k < n; k++) expected[k] += Math.exp(p[a]) * along * score[k];
    }
    const product = new Float32Array(n);
    head.fisherProduct(p, tangent, 1, product);
    for (let k = 0; k < n; k++) expect(product[k]).toBeCloseTo(expected[k], 6);
  });
});
