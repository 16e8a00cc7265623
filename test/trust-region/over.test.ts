import { expect, it } from 'vitest';
import { regionScopes } from '../../src/trust-region/over.ts';

const kls = Float64Array.of(0.01, 0.04, 0, 0.03, 7);

it.each([
  ['mean', 0.02, 0.02],
  ['max', 0.04, 0.04],
  ['perState', 0.04, 0],
] as const)('%s holds %f to δ and ends an update by %f', (over, held, ends) => {
  expect(regionScopes[over].held(kls, 4)).toBeCloseTo(held, 15);
  expect(regionScopes[over].ends(kls, 4)).toBeCloseTo(ends, 15);
});

it('a KL that is no number is inside nowhere', () => {
  for (const { held, ends } of Object.values(regionScopes)) {
    expect(held(Float64Array.of(0.1, Number.NaN, 0), 3)).toBeNaN();
    expect(ends(Float64Array.of(0.1, Number.NaN, 0), 3)).toBeNaN();
  }
});
