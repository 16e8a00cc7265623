import { expect, test } from 'vitest';
import { decimal } from '../../src/config/decimal.ts';

test.each([
  ['0', 0],
  ['-12', -12],
  [' 12 ', 12],
  ['+0.5', 0.5],
  ['.5', 0.5],
  ['5.', 5],
  ['1e3', 1000],
  ['-2.5E-1', -0.25],
])('decimal(%j) is %d', (text, number) => {
  expect(decimal(text)).toBe(number);
});

test.each(['', ' ', '.', '-', 'e3', '0x10', '0b1', '0o7', '1_000', '1,000', '1n', 'Infinity', 'NaN', '1 2'])(
  'decimal(%j) is none',
  (text) => {
    expect(decimal(text)).toBeNaN();
  },
);
