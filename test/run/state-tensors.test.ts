import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { StateValue } from '../../src/elementary/state.ts';
import { stateOfTensors, tensorsOfState } from '../../src/run/state-tensors.ts';

/** As a file keeps it: the outline is JSON. */
function back(state: StateValue): StateValue {
  const { tensors, outline } = tensorsOfState(state);
  return stateOfTensors(JSON.parse(JSON.stringify(outline)), tensors);
}

/** Names, shapes and kinds of the arrays. */
function shapesOf(state: StateValue): Record<string, string> {
  const { tensors } = tensorsOfState(state);
  return Object.fromEntries(
    [...tensors].map(([name, { shape, data }]) => [name, `${data.constructor.name} [${shape.join()}]`]),
  );
}

const hard = [-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 0.1, 2 ** 53, 7, 0];

describe('a state comes back as it was', () => {
  it.each<[string, StateValue]>([
    ['every number there is, alone', Object.fromEntries(hard.map((value, i) => [`n${i}`, value]))],
    ['in a list', { list: hard }],
    [
      'in arrays',
      { a: Float64Array.from(hard), b: Float32Array.from(hard), c: Int32Array.of(-(2 ** 31), 0, 7) },
    ],
    ['nothing', null],
    ['empty things', { a: [], b: {}, c: new Float64Array(), d: '', e: [[], []] }],
    ['words and flags', { a: ['x', null, true], b: [{ isOn: true }, { isOn: false }], c: false }],
    [
      'things that are not alike',
      [1, 'a', [2, [3, -0]], { b: Float32Array.of(1) }, { b: Float32Array.of(1, 2) }],
    ],
    ['copies of null', { environments: [null, null, null] }],
    ['names with dots', { 'a.b': 0.5, a: { b: 0.25, 'c%2Ed': [0.5] } }],
  ])('%s', (_, state) => {
    expect(back(state)).toStrictEqual(state);
  });

  test('whatever it is', () => {
    const { state } = fc.letrec<{ state: StateValue }>((tie) => ({
      state: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.double(),
        fc.constantFrom(...hard),
        fc.constantFrom(null, true, false),
        fc.string({ maxLength: 3 }),
        fc.float64Array({ maxLength: 3 }),
        fc.float32Array({ maxLength: 3 }),
        fc.int32Array({ maxLength: 3 }),
        fc.array(tie('state'), { maxLength: 4 }),
        fc.dictionary(
          fc.string({ maxLength: 2 }).filter((name) => name !== '__proto__'),
          tie('state'),
          { maxKeys: 3, noNullPrototype: true },
        ),
        // Alike: one array for all.
        fc.array(
          fc.record(
            { x: fc.double(), y: fc.tuple(fc.float32Array({ minLength: 2, maxLength: 2 })) },
            { noNullPrototype: true },
          ),
          { maxLength: 3 },
        ),
      ),
    }));
    fc.assert(
      fc.property(state, (value) => {
        expect(back(value)).toStrictEqual(value);
      }),
      { numRuns: 500 },
    );
  });
});

test('what N copies have is one array, integers are float64', () => {
  const copy = (x: number): StateValue => ({
    at: Float64Array.of(x, 0),
    stream: { c: x, s0: 0.5 },
    name: 'cart',
  });
  expect(
    shapesOf({ update: 7, beta: 0.5, order: Int32Array.of(2, 1), copies: [copy(1), copy(2), copy(3)] }),
  ).toEqual({
    beta: 'Float64Array []',
    order: 'Float64Array [2]',
    'copies.at': 'Float64Array [3,2]',
    'copies.stream.c': 'Float64Array [3]',
    'copies.stream.s0': 'Float64Array [3]',
  });
});

describe('an outline that is not its arrays’ is refused', () => {
  const one = new Map([['a', { shape: [2], data: Float64Array.of(1, 2) }]]);
  it.each<[string, unknown, RegExp]>([
    ['an array that is not there', { b: ['f64'] }, /no array b of the shape/],
    ['another shape', { a: ['number'] }, /no array a of the shape/],
    ['another length', { a: ['list', 3, ['number']] }, /no array a of the shape/],
    ['an array that nothing speaks of', { b: 1 }, /an array a that nothing speaks of/],
    ['another kind', { a: ['f16'] }, /a is none of the things/],
    ['lists without end', { b: ['list', 2 ** 40, null] }, /lists of more than 16777216 values/],
    ['lists in lists', ['list', 5000, ['list', 5000, null]], /lists of more than/],
    ['a list of no length', ['list', -1, null], /none of the things/],
  ])('%s', (_, outline, message) => {
    expect(() => stateOfTensors(outline, one)).toThrow(message);
  });
});
