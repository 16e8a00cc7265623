import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { errorFromOutside, isExitOfOthers } from '../../src/node/outside-error.ts';

const here = new URL('../../src/train/train.ts:1:2', import.meta.url).href;

function thrown(...frames: string[]): Error {
  const error = new TypeError('no luck');
  error.stack = ['TypeError: no luck', ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return error;
}

describe('what nobody caught', () => {
  it.each<[string, unknown]>([
    [
      'a timer of a file',
      thrown('Timeout._onTimeout (file:///theirs/e.mjs:6:98)', 'listOnTimeout (node:internal/timers:581:17)'),
    ],
    ['a file that leash called', thrown('Object.step (/theirs/e.cjs:6:98)', `Copies.step (${here})`)],
    [
      'a package of a file',
      thrown('go (file:///theirs/node_modules/x/x.mjs:1:2)', 'f (file:///theirs/e.mjs:6:98)'),
    ],
    ['nobody’s file', thrown('node:internal/deps/undici/undici:13510:13')],
    ['no stack', thrown()],
  ])('is from outside: %s', (_, error) => {
    const found = errorFromOutside(error);
    expect([found?.message, found?.exitCode, found?.cause]).toEqual([
      'an error came from outside of leash’s calls, of a timer or a promise: TypeError: no luck',
      1,
      error,
    ]);
  });

  it('may have no text', () => expect(errorFromOutside(Object.create(null))?.message).toMatch(/: \{\}$/));

  it.each<[string, Error]>([
    ['of its own file', thrown(`train (${here})`, 'f (file:///theirs/e.mjs:6:98)')],
    ['of its own file, by its path', thrown(`train (${fileURLToPath(here)})`)],
    ['of a package that it calls', thrown('go (file:///x/node_modules/ws/x.js:1:2)', `train (${here})`)],
    ['of packages alone', thrown('go (file:///x/node_modules/ws/x.js:1:2)')],
    ['thrown here', new Error('a test is of the package')],
  ])('is a bug of leash: %s', (_, error) => expect(errorFromOutside(error)).toBeUndefined());

  it('is no exit of a second signal’s', () =>
    expect([0, 1, 3, 130, 143, 129].map(isExitOfOthers)).toEqual([true, true, true, false, false, false]));
});
