import { expect, it } from 'vitest';
import { parseSeeds } from '../../src/experiment/seeds.ts';

it.each([
  ['3', [0, 1, 2]],
  ['0-2', [0, 1, 2]],
  ['7-7', [7]],
  ['1,4,7', [1, 4, 7]],
  ['0-2, 9', [0, 1, 2, 9]],
])('--seeds %s', (text, seeds) => {
  expect(parseSeeds(text, '--seeds')).toEqual(seeds);
});

it.each([
  ['0', 'a count in [1, 10000], got 0'],
  ['', 'got ""'],
  ['a', 'got "a"'],
  ['5-1', 'got "5-1"'],
  ['-1', 'got "-1"'],
  ['1.5', 'got "1.5"'],
  ['1,,2', 'got "1,,2"'],
  ['0-4294967296', 'got "0-4294967296"'],
])('--seeds %s is refused', (text, why) => {
  expect(() => parseSeeds(text, '--seeds')).toThrow(
    `--seeds must be a count (10), a range (0-9) or a list (1,4,7), ${why}`,
  );
});

it('a seed that is named twice is refused', () => {
  expect(() => parseSeeds('0-3,2', '--seeds')).toThrow('--seeds names seed 2 twice, got 0-3,2');
});
