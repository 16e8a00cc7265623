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

it.each(
  [
    '0',
    '10001',
    '',
    'a',
    '5-1',
    '-1',
    '1.5',
    '1,,2',
    '0-4294967296',
    '4294967296',
    '0-1e9',
    '0-999999999',
  ].concat('0-9999,10000', '9'.repeat(400)),
)('--seeds %s is refused before any seed is made', (text) => {
  const shown = text.length > 60 ? `"${text.slice(0, 58)}…` : JSON.stringify(text);
  expect(() => parseSeeds(text, '--seeds')).toThrow(
    `--seeds must be a count (10), a range (0-9) or a list (1,4,7): 1 to 10000 seeds in [0, 4294967295], got ${shown}`,
  );
});

it('a seed that is named twice is refused', () => {
  expect(() => parseSeeds('0-3,2', '--seeds')).toThrow('--seeds names seed 2 twice, got "0-3,2"');
});
