import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { exp, log1p } from '../../src/elementary/exponential.ts';
import { loadWasmEngine } from '../../src/node/load-engine.ts';

const SIZE = 64;
const tiles = {
  strict: loadWasmEngine().createTile(SIZE),
  'fast math': loadWasmEngine(true).createTile(SIZE),
};
/** Both sides of every branch of exp and log1p. */
const edges = [
  ...[
    0,
    -0,
    1,
    -1,
    NaN,
    Infinity,
    -Infinity,
    5e-324,
    -5e-324,
    1e-300,
    709.7,
    709.8,
    710,
    708,
    -708,
    -745,
    -746,
  ],
  ...[0.34657359027997264, -0.34657359027997264, 1.5, 3, 7, 2 ** 20, 2 ** 53, 2 ** 53 + 2, 1e300],
  ...[2 ** -29, 2 ** -30, 2 ** -54, 2 ** -55, -(2 ** -29), -(2 ** -30), Math.SQRT2 - 1, 0.41421350836753845],
  ...[-0.2928925, -0.2928933, -0.999, 1 - 2 ** -21, 1 + 2 ** -21, 3 - 2 ** -20],
];
const numbers = fc.oneof(
  fc.double({ min: -8, max: 0 }),
  fc.double({ min: 0, max: 20 }),
  fc.double(),
  fc.constantFrom(...edges),
);

describe.each(Object.entries(tiles))('a tile of the wasm engine (%s) gives the bits of', (_, tile) => {
  const compare = (name: 'exp' | 'log1p', one: (x: number) => number, values: readonly number[]): void => {
    tile.x.fill(0);
    tile.x.set(values);
    tile[name](values.length);
    expect([...tile.y.subarray(0, values.length)]).toEqual(values.map(one));
    expect([...tile.x.subarray(0, values.length)]).toEqual(values);
  };

  property.prop([fc.array(numbers, { minLength: 1, maxLength: SIZE })], { numRuns: 2000 })('exp', (values) =>
    compare('exp', exp, values),
  );
  property.prop([fc.array(numbers, { minLength: 1, maxLength: SIZE })], { numRuns: 2000 })(
    'log1p',
    (values) => compare('log1p', log1p, values),
  );

  test('exp and log1p at every edge', () => {
    for (const edge of edges) {
      compare('exp', exp, [edge, -0.5]);
      compare('exp', exp, [-0.5, edge]);
      compare('log1p', log1p, [edge, 0.5]);
      compare('log1p', log1p, [0.5, edge]);
    }
  });
});
