import { describe, expect, it } from 'vitest';
import { categoricalHead } from '../../src/policy/categorical.ts';
import { mean, measureKl, sampleKl } from '../../src/trust-region/measure.ts';

it('the mean is of the first values alone', () => {
  expect(mean([1, 2, 6, 100], 3)).toBe(3);
});

it('sampleKl has −ℓ, ½ℓ² and e^ℓ − 1 − ℓ, each its mean', () => {
  // ℓ = ln 2 and −ln 2: ½(−.693147 + .693147), ½ ln² 2, ½(1 − .693147 − ½ + .693147)
  const { k1, k2, k3 } = sampleKl(
    Float64Array.of(Math.log(0.5), Math.log(0.25)),
    Float64Array.of(Math.log(0.25), Math.log(0.5)),
    2,
  );
  expect(k1).toBeCloseTo(0, 15);
  expect(k2).toBeCloseTo(0.240226507, 9);
  expect(k3).toBeCloseTo(0.25, 15);
});

describe('the measure of a step', () => {
  const head = categoricalHead(2);
  const logs = (...p: number[]): Float64Array => Float64Array.from(p, Math.log);
  // Three states: from ½ to ⅞, ½ and ¾. KL(½‖¾) = −½ ln ¾, KL(½‖⅞) = −½ ln(7/16).
  const old = logs(0.5, 0.5, 0.5, 0.5, 0.5, 0.5);
  const current = logs(0.125, 0.875, 0.5, 0.5, 0.25, 0.75);

  it('is exact over the states both ways and sampled on the actions', () => {
    const half = Math.log(0.5);
    const found = measureKl(
      head,
      old,
      current,
      Float32Array.of(0, 0, 1),
      Float64Array.of(half, half, half),
      3,
      0.2,
      new Float64Array(3),
    );
    const literal = {
      klOldNewMean: 0.18572677, // (0 + .143841 + .413339)/3
      klOldNewP95: 0.38638946, // .143841 + .9·(.413339 − .143841)
      klOldNewMax: 0.41333929,
      statesOutsideDelta: 1 / 3, // beyond 0.2
      klNewOldMean: 0.14906302, // (0 + .130812 + .316377)/3: ln 2 minus the entropies
      k1: 0.32694308, // −(0 + ln 1.5 + ln ¼)/3
      k2: 0.34770233, // (0 + ½ ln² 1.5 + ½ ln² ¼)/3
      k3: 0.24360975, // (0 + .5 − .405465 − .75 + 1.386294)/3
      entropy: 0.54408416, // (.693147 + .562335 + .376770)/3
    };
    for (const [name, value] of Object.entries(literal)) {
      expect(found[name as keyof typeof found], name).toBeCloseTo(value, 7);
    }
  });

  it('has the same bits as the exact KL alone', () => {
    const { klOldNewMean } = measureKl(
      head,
      old,
      current,
      new Float32Array(3),
      new Float64Array(3),
      3,
      1,
      new Float64Array(3),
    );
    const kls = new Float64Array(3);
    head.kl(old, current, 3, kls);
    expect(mean(kls, 3)).toBe(klOldNewMean);
  });
});
