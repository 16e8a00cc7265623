import { expect, test } from 'vitest';
import { textWidth, truncate, truncateApart } from '../../src/plot/text-width.ts';

test('widths are those of DejaVu Sans', () => {
  expect(textWidth('i', 1000)).toBe(278);
  expect(textWidth('W', 1000)).toBe(989);
  expect(textWidth('ab', 10)).toBeCloseTo(12.48, 10);
});

test('a text that fits stays as it is', () => {
  expect(truncate('clip', 12, 100)).toBe('clip');
});

test('a long text is cut in its middle and fits', () => {
  const long = 'cart-pole with a very long name and learningRate 0.0003';
  const cut = truncate(long, 12, 120);
  expect(cut).toMatch(/^cart.*….*0003$/);
  expect(textWidth(cut, 12)).toBeLessThanOrEqual(120);
});

test('names that would look the same are numbered', () => {
  const names = ['start A of the same middle length end', 'start B of the same middle length end'];
  const plain = names.map((name) => truncate(name, 12, 40));
  expect(plain[0]).toBe(plain[1]);
  const apart = truncateApart(names, 12, 60);
  expect(apart[0]).not.toBe(apart[1]);
  expect(new Set(truncateApart([...names, 'x'], 12, 40)).size).toBe(3);
});
