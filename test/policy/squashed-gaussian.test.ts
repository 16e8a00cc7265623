import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { squashedGaussianHead } from '../../src/policy/squashed-gaussian.ts';
import { randomStream } from '../../src/random/random.ts';

const head = squashedGaussianHead(1);
const LOG_TWO_PI = Math.log(2 * Math.PI);

/** log π of the action tanh(u), by the change of variables. */
function logDensity(u: number, mean: number, logStd: number): number {
  const z = (u - mean) / Math.exp(logStd);
  const far = Math.abs(u);
  // 1 − tanh² u = 1/cosh² u, and cosh overflows.
  const logCosh = far + Math.log1p(Math.exp(-2 * far)) - Math.LN2;
  return -0.5 * z * z - logStd - 0.5 * LOG_TWO_PI + 2 * logCosh;
}

/** ∫ p(u)·f(u) du by Simpson's rule, in pieces that end where tanh bends. */
function mean(f: (u: number) => number, mu: number, logStd: number): number {
  const std = Math.exp(logStd);
  const [low, high] = [mu - 12 * std, mu + 12 * std];
  const cuts = [low, ...[-20, -4, 0, 4, 20].filter((cut) => cut > low && cut < high), high];
  const weighted = (u: number): number =>
    (Math.exp(-0.5 * ((u - mu) / std) ** 2) / (std * Math.sqrt(2 * Math.PI))) * f(u);
  let total = 0;
  for (let i = 1; i < cuts.length; i++) {
    const [from, to] = [cuts[i - 1] as number, cuts[i] as number];
    const pieces = 3000;
    const step = (to - from) / pieces;
    let sum = weighted(from) + weighted(to);
    for (let k = 1; k < pieces; k++) sum += (k % 2 === 1 ? 4 : 2) * weighted(from + k * step);
    total += (sum * step) / 3;
  }
  return total;
}

const entropy = (mu: number, logStd: number): number => {
  const out = new Float64Array(1);
  head.entropy(Float64Array.of(mu, logStd), 1, out);
  return out[0];
};
const entropyByIntegration = (mu: number, logStd: number): number =>
  mean((u) => -logDensity(u, mu, logStd), mu, logStd);

const parameters = {
  mu: fc.oneof(fc.double({ min: -3, max: 3, noNaN: true }), fc.double({ min: -60, max: 60, noNaN: true })),
  logStd: fc.oneof(
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.double({ min: -12, max: 5, noNaN: true }),
    fc.constantFrom(0, -Number.EPSILON, Number.EPSILON),
  ),
};

describe('a squashed Gaussian', () => {
  test.prop({ ...parameters, z: fc.double({ min: -6, max: 6, noNaN: true }) }, { numRuns: 500 })(
    'has the density of the change of variables, also where tanh is 1 in every digit',
    ({ mu, logStd, z }) => {
      const u = Math.fround(mu + z * Math.exp(logStd));
      const out = new Float64Array(1);
      head.logProb(Float64Array.of(mu, logStd), Float32Array.of(u), 1, out);
      const expected = logDensity(u, mu, logStd);
      expect(Math.abs(out[0] - expected)).toBeLessThan(1e-11 * Math.max(1, Math.abs(expected)));
    },
  );

  test.prop(parameters, { numRuns: 300 })('has its entropy to 1e-6', ({ mu, logStd }) => {
    expect(Math.abs(entropy(mu, logStd) - entropyByIntegration(mu, logStd))).toBeLessThan(1e-6);
  });

  test.prop(parameters, { numRuns: 300 })('has the gradient of that entropy', ({ mu, logStd }) => {
    const gradient = new Float32Array(2);
    const at = Float64Array.of(mu, logStd);
    head.addPolicyGradient(at, Float32Array.of(mu), Float64Array.of(0), 1, 1, gradient);
    // E[−2 tanh u] and 1 + E[−2 tanh(u)·(u − μ)], the slopes under the integral.
    const expected = [
      mean((u) => -2 * Math.tanh(u), mu, logStd),
      1 + mean((u) => -2 * Math.tanh(u) * (u - mu), mu, logStd),
    ];
    expected.forEach((slope, k) => {
      expect(Math.abs(gradient[k] - slope)).toBeLessThan(1e-6 * Math.max(1, Math.abs(slope)));
    });
  });

  test('is even in its mean, and at most as spread as an even choice in (−1, 1)', () => {
    const random = randomStream(2, 'squashed');
    for (let i = 0; i < 200; i++) {
      const [mu, logStd] = [4 * random.normal(), 2 * random.normal()];
      expect(entropy(mu, logStd)).toBeCloseTo(entropy(-mu, logStd), 12);
      expect(entropy(mu, logStd)).toBeLessThan(Math.log(2));
    }
  });
});
