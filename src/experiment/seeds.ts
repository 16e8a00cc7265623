import { UserError } from '../user-error.ts';

const MOST = 2 ** 32 - 1;

/**
 * Seeds as they are written: `10` is 0 … 9, `0-9` the same, `1,4,7` a list, `0-3,10` both.
 * @param place how errors call the text: `--seeds`
 * @throws UserError when it is none of these, or names a seed twice
 */
export function parseSeeds(text: string, place: string): number[] {
  const wrong = (why: string): UserError =>
    new UserError(`${place} must be a count (10), a range (0-9) or a list (1,4,7), ${why}`);
  if (/^\d+$/.test(text.trim())) {
    const count = Number(text);
    if (count < 1 || count > 10_000) throw wrong(`a count in [1, 10000], got ${text}`);
    return Array.from({ length: count }, (_, i) => i);
  }
  const seeds = text.split(',').flatMap((part) => {
    const [, first, last = first] = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part) ?? [];
    if (first === undefined) throw wrong(`got ${JSON.stringify(text)}`);
    const [low, high] = [Number(first), Number(last)];
    if (high < low || high > MOST || high - low >= 10_000) throw wrong(`got ${JSON.stringify(text)}`);
    return Array.from({ length: high - low + 1 }, (_, i) => low + i);
  });
  const twice = seeds.find((seed, i) => seeds.indexOf(seed) !== i);
  if (twice !== undefined) throw new UserError(`${place} names seed ${twice} twice, got ${text}`);
  return seeds;
}
