import { expect, test } from 'vitest';
import { changes } from './compare.ts';
import { type GoldenRecord, whereRowsDiffer } from './record.ts';

const rowsOf = (...lines: string[]): GoldenRecord => ({
  parameters: 'p',
  rows: lines.join(),
  ...whereRowsDiffer(lines),
});
const kept = rowsOf('{"update":1,"a":1,"b":2}', '{"update":2,"a":1,"b":3}');

test('the same record has no changes', () => {
  expect(changes(kept, { ...kept })).toEqual([]);
});

test('parameters, ledger and moments are named', () => {
  const now = { ...kept, parameters: 'q', ledger: 'l', moments: 'm' };
  expect(changes(kept, now)).toEqual(['parameters changed', 'ledger changed', 'moments changed']);
});

test.each<[string, string[], string]>([
  ['a value', ['{"update":1,"a":1,"b":2}', '{"update":2,"a":1,"b":4}'], ' from update 2 of 2: b'],
  [
    'a new column',
    ['{"update":1,"a":1,"b":2,"c":0}', '{"update":2,"a":1,"b":3}'],
    ' from update 1 of 2: c (new)',
  ],
  ['a column that went', ['{"update":1,"b":2}', '{"update":2,"b":3}'], ' from update 1 of 2: a (gone)'],
  [
    'an order',
    ['{"update":1,"b":2,"a":1}', '{"update":2,"b":3,"a":1}'],
    ' from update 1 of 2: the order or spelling of their columns',
  ],
  ['fewer updates', ['{"update":1,"a":1,"b":2}'], ' from update 2 of 2, 1 instead of 2: update, a, b'],
])('rows: %s is named with its first update', (_, lines, words) => {
  expect(changes(kept, rowsOf(...lines))).toEqual([`rows changed${words}`]);
});

test('a case that was never recorded says how to', () => {
  expect(changes(undefined, kept)).toEqual(['is not in hashes.json: npm run golden -- --write']);
});
