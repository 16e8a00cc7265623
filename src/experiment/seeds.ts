import { show } from '../config/problem.ts';
import { UserError } from '../user-error.ts';

const GREATEST = 2 ** 32 - 1;
const MOST = 10_000;

/**
 * Seeds as they are written: `10` is 0 … 9, `0-9` the same, `1,4,7` a list, `0-3,10` both.
 * @param place how errors call the text: `--seeds`
 * @throws UserError when it is none of these, or names a seed twice
 */
export function parseSeeds(text: string, place: string): number[] {
  const ranges = /^\s*\d+\s*$/.test(text) ? [[0, Number(text) - 1]] : text.split(',').map(parseRange);
  // Counted before any is made: 0-1e9 would be gigabytes.
  const count = ranges.reduce((sum, [low, high]) => sum + high - low + 1, 0);
  if (ranges.some(([low, high]) => !(low <= high && high <= GREATEST)) || count > MOST) {
    throw new UserError(
      `${place} must be a count (10), a range (0-9) or a list (1,4,7): 1 to ${MOST} seeds in [0, ${GREATEST}], got ${show(text)}`,
    );
  }
  const seeds = new Set<number>();
  for (const [low, high] of ranges) {
    for (let seed = low; seed <= high; seed++) {
      if (seeds.has(seed)) throw new UserError(`${place} names seed ${seed} twice, got ${show(text)}`);
      seeds.add(seed);
    }
  }
  return [...seeds];
}

/** `3-9` or `3`; NaN where it is neither. */
function parseRange(text: string): [number, number] {
  const [, first, last = first] = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(text) ?? [];
  return [Number(first), Number(last)];
}
