import { createHash } from 'node:crypto';
import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { exp, expm1, log, log1p } from '../../src/elementary/exponential.ts';
import { tanh } from '../../src/elementary/hyperbolic.ts';
import { cos, sin, sinCos } from '../../src/elementary/trigonometry.ts';
import { ulpsApart } from './ulp.ts';

/** Draws arguments at every scale a function takes. */
type Draw = (u: () => number) => number;
const wide: Draw = (u) => (u() < 0.5 ? -1 : 1) * 10 ** (u() * 600 - 300);
const positive: Draw = (u) => 10 ** (u() * 600 - 300);
const within =
  (limit: number): Draw =>
  (u) =>
    (2 * u() - 1) * limit;
const aroundOne: Draw = (u) => 1 + (2 * u() - 1) * 10 ** (-8 * u());
const quarterTurns: Draw = (u) => (Math.round((2 * u() - 1) * 2 ** 20) * Math.PI) / 2;
const angles: Draw = (u) => (u() < 0.5 ? -1 : 1) * 10 ** (u() * 300 - 294);
const subnormal: Draw = (u) => u() * 2.2e-308;
const aboveMinusOne: Draw = (u) => (u() < 0.5 ? -1 + 10 ** (-16 * u()) : 10 ** (u() * 600 - 300));

/** Where Math has it, and the SHA-256 of the results on 10,000 draws: equal on every machine, for ever. */
const functions: { f: (x: number) => number; math: (x: number) => number; draws: Draw[]; hash: string }[] = [
  {
    f: exp,
    math: Math.exp,
    draws: [within(1), within(750), wide],
    hash: '0eb89874122598263cffe1a10b043ff330b3c6c5fa4c2b9e2f63bf31acd27389',
  },
  {
    f: expm1,
    math: Math.expm1,
    draws: [within(1), within(750), wide, subnormal],
    hash: '738d94f3b361533f316b5f488c48cd8614a83f3badc9a42c2cc8ab6879c86064',
  },
  {
    f: log,
    math: Math.log,
    draws: [aroundOne, positive, subnormal],
    hash: '2200e171bc01ec311c6bfc74f694f6ead11b4447b10d4c256779b0364a995f95',
  },
  {
    f: log1p,
    math: Math.log1p,
    draws: [within(1), aboveMinusOne, positive],
    hash: '1a22f228eb89881bdf1dbe6e73485d4e1d1165b4a930e58c08ff1d30c8db8009',
  },
  {
    f: tanh,
    math: Math.tanh,
    draws: [within(1), within(25), wide],
    hash: '77f6a39ff29be17ead15a0329d7bebbd16cc06600279a016f64836e913d5f01b',
  },
  {
    f: sin,
    math: Math.sin,
    draws: [within(4), within(1.6e6), angles, quarterTurns],
    hash: '7236c2f5750a14989798e9e33187c12bafd78a29a2388fb4812e061345b9566a',
  },
  {
    f: cos,
    math: Math.cos,
    draws: [within(4), within(1.6e6), angles, quarterTurns],
    hash: '759eae6aaa35111e7653a019e98ff2a8d1ef86acb71b5a53f2e1c0763a0ae03a',
  },
];

describe.each(functions)('$f.name', ({ f, math, draws, hash }) => {
  it('is within 2 ulp of Math on its whole range', () => {
    const uniform = seedrandom.alea(`accuracy of ${f.name}`);
    for (const draw of draws) {
      for (let i = 0; i < 20_000; i++) {
        const x = draw(uniform);
        const apart = ulpsApart(f(x), math(x));
        if (apart > 2) expect.fail(`${f.name}(${x}) is ${f(x)}, Math has ${math(x)}: ${apart} ulp apart`);
      }
    }
  });

  it('gives the very bytes it has always given', () => {
    const uniform = seedrandom.alea(`bytes of ${f.name}`);
    // Arguments by exact operations only: 10 ** u would be the engine's.
    const results = Float64Array.from({ length: 10_000 }, (_, i) => {
      const x = (2 * uniform() - 1) * 2 ** (i % 10);
      return f(f === log ? Math.abs(x) : x);
    });
    const bytes = new DataView(new ArrayBuffer(8 * results.length));
    results.forEach((y, i) => {
      bytes.setFloat64(8 * i, Number.isNaN(y) ? 0 : y, true); // the payload of NaN is the machine's
    });
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(hash);
  });
});

/** Every double next to a threshold or with a value of its own, beside what IEEE 754's annex or Math says. */
describe('special values', () => {
  it.each([
    [
      exp,
      [
        [0, 1],
        [-0, 1],
        [1, Math.E],
        [Infinity, Infinity],
        [-Infinity, 0],
        [NaN, NaN],
        [5e-324, 1],
      ],
    ],
    [
      exp,
      [
        [709.782712893384, 1.7976931348622732e308],
        [709.7827128933841, Infinity],
      ],
    ],
    [
      exp,
      [
        [-745.1332191019411, 5e-324],
        [-745.1332191019412, 0],
        [-708.5, 2.006132305331306e-308],
      ],
    ],
    [
      expm1,
      [
        [0, 0],
        [-0, -0],
        [Infinity, Infinity],
        [-Infinity, -1],
        [NaN, NaN],
        [-5e-324, -5e-324],
      ],
    ],
    [
      expm1,
      [
        [1e-20, 1e-20],
        [-40, -1],
        [709.7827128933841, Infinity],
        [709.782712893384, 1.7976931348622732e308],
      ],
    ],
    [
      log,
      [
        [0, -Infinity],
        [-0, -Infinity],
        [1, 0],
        [Infinity, Infinity],
        [-1, NaN],
        [-Infinity, NaN],
        [NaN, NaN],
      ],
    ],
    [
      log,
      [
        [5e-324, -744.4400719213812],
        [Number.MAX_VALUE, 709.782712893384],
        [2, Math.LN2],
        [Math.E, 1],
      ],
    ],
    [
      log1p,
      [
        [0, 0],
        [-0, -0],
        [-1, -Infinity],
        [-2, NaN],
        [Infinity, Infinity],
        [-Infinity, NaN],
        [NaN, NaN],
      ],
    ],
    [
      log1p,
      [
        [5e-324, 5e-324],
        [1e-20, 1e-20],
        [1, Math.LN2],
        [Number.MAX_VALUE, 709.782712893384],
      ],
    ],
    [
      tanh,
      [
        [0, 0],
        [-0, -0],
        [Infinity, 1],
        [-Infinity, -1],
        [NaN, NaN],
        [22, 1],
        [-22, -1],
        [1e-310, 1e-310],
      ],
    ],
    [
      sin,
      [
        [0, 0],
        [-0, -0],
        [Infinity, NaN],
        [NaN, NaN],
        [Math.PI, 1.2246467991473532e-16],
        [5e-324, 5e-324],
      ],
    ],
    [
      cos,
      [
        [0, 1],
        [-0, 1],
        [-Infinity, NaN],
        [NaN, NaN],
        [Math.PI / 2, 6.123233995736766e-17],
        [Math.PI, -1],
      ],
    ],
  ] as [(x: number) => number, [number, number][]][])('of %o are exact', (f, pairs) => {
    for (const [x, y] of pairs) expect([x, f(x)]).toEqual([x, y]);
  });

  it('of sinCos are those of sin and cos', () => {
    const both = new Float64Array(2);
    for (const x of [0, -0, 0.3, -0.78, 0.7853981633974483, 0.79, -3, 1e5, Infinity, NaN]) {
      sinCos(x, both);
      expect([...both]).toEqual([sin(x), cos(x)]);
    }
    expect(() => sinCos(1647100, both)).toThrow(RangeError);
  });

  it('of sin and cos beyond 2^20·π/2 are refused', () => {
    expect(() => sin(1647100)).toThrow(RangeError);
    expect(() => cos(-1e22)).toThrow('angle must be within ±1647099.4 radians, got -1e+22');
  });
});
