import { expect, it } from 'vitest';
import { requireName, requirePrintable, shellWord } from '../../src/run/run-name.ts';

it.each(['a', 'clip-0.1_δ', 'Übung 3', 'a.b', 'console', 'a@b', 'a@1.5', '@', 'x'.repeat(200)])(
  '%j is a name',
  (name) => {
    expect(() => requireName(name)).not.toThrow();
  },
);

it.each([
  ['', 'without slashes'],
  ['..', 'without slashes'],
  ['a/b', 'without slashes'],
  ['a\nb', 'without control characters'],
  ['a\u001b[31mb', 'without control characters'],
  ['a\u202eb', 'without control characters'],
  ['a\u2028b', 'without control characters'],
  ['a\ud800b', 'without control characters'],
  ['é'.repeat(101), 'of at most 200 bytes'],
  ['a.', 'that every system takes'],
  ['a ', 'that every system takes'],
  ['con', 'that every system takes'],
  ['NUL.txt', 'that every system takes'],
  ['.hidden', 'without a dot at its start (hidden folders are not looked into for runs)'],
  ['a@16', 'without @ and a number at its end (RUN@UPDATE is a run after an update)'],
])('%j is none', (name, why) => {
  expect(() => requireName(name)).toThrow(`--name must be a folder name ${why}`);
});

it.each(['a@16', '.hidden'])('leaves a folder of before its name: %s', (name) => {
  expect(() => requireName(name, true)).not.toThrow();
});

it('a path of what is to be made has no control characters', () => {
  expect(() => requirePrintable('--out', 'a b/ü👩‍💻.svg')).not.toThrow();
  for (const path of ['a\nb', 'a\u001b[31m', 'a\u2028b'])
    expect(() => requirePrintable('--out', path)).toThrow(
      '--out must be a path without control characters, got "a',
    );
});

it.each([
  ['runs/a', 'runs/a'],
  ['my runs', "'my runs'"],
  ["it's", `'it'\\''s'`],
  ["z\u001b[31m's\\", String.raw`$'z\u001b[31m\'s\\'`],
])('%j is the word %s of a shell', (text, word) => {
  expect(shellWord(text)).toBe(word);
});
