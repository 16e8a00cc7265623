import { expect, test } from 'vitest';
import { naturalOrder } from '../../src/run/natural-order.ts';

const sorted = (...names: string[]): string[] => names.toReversed().sort(naturalOrder);

test('names stand in the order of the numbers in them, decimals and powers as well', () => {
  expect(sorted('seed-9', 'seed-10', 'seed-100')).toEqual(['seed-9', 'seed-10', 'seed-100']);
  const decimals = ['clip=0.05', 'clip=0.1', 'clip=0.15', 'clip=0.2', 'clip=1', 'clip=10'];
  expect(sorted(...decimals)).toEqual(decimals);
  const powers = ['lr=1e-5', 'lr=3e-5', 'lr=0.0001', 'lr=1e-3', 'lr=1e1'];
  expect(sorted(...powers)).toEqual(powers);
  expect(sorted('a=0.1,b=2', 'a=0.1,b=10', 'a=0.3,b=1')).toEqual(['a=0.1,b=2', 'a=0.1,b=10', 'a=0.3,b=1']);
});

test('names without numbers go letter by letter, the same on every machine', () => {
  expect(sorted('B', 'a', 'ab', 'b', 'ä')).toEqual(['B', 'a', 'ab', 'b', 'ä']);
  expect(sorted('a', 'a1', 'a2', 'ab')).toEqual(['a', 'a1', 'a2', 'ab']);
  expect(naturalOrder('x1', 'x1')).toBe(0);
  expect(naturalOrder('x1', 'x1.0')).toBeLessThan(0);
});
