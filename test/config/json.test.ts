import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keysAsWritten, parseJson } from '../../src/config/json.ts';

test.each([
  ['{"a": 1,}', "x:1:9: not valid JSON: expected a key in double quotes, found '}'"],
  ['{\n  "a": 1\n  "b": 2\n}', `x:3:3: not valid JSON: expected ',' or '}', found '"'`],
  ['{"a": 1', "x:1:8: not valid JSON: expected ',' or '}', found the end"],
  ["{'a': 1}", "x:1:2: not valid JSON: expected a key in double quotes, found '''"],
  ['{"a": 01}', "x:1:8: not valid JSON: expected ',' or '}', found '1'"],
  ['// no\n{}', 'x:1:1: not valid JSON: expected a value, found a comment'],
  ['{"a": 1, "a": 2}', 'x:1:10: not valid JSON: the key "a" stands there twice'],
  ['{"a": NaN}', "x:1:7: not valid JSON: expected a value, found 'N'"],
  ['', 'x:1:1: not valid JSON: expected a value, found the end'],
  ['{"a": 1, "\\u0061": 2}', 'x:1:10: not valid JSON: the key "\\u0061" stands there twice'],
  ['{"__proto__": {}}', 'x:1:2: not valid JSON: the key "__proto__" has no meaning'],
  [`${'['.repeat(5000)}1${']'.repeat(5000)}`, 'x:1:202: not valid JSON: nested more than 200 deep'],
  ['"\u0000"', "x:1:1: not valid JSON: expected a value, found '\"'"],
  [
    `{"${'k'.repeat(9e6)}": 1, `,
    'x:1:9000009: not valid JSON: expected a key in double quotes, found the end',
  ],
  ['[1] 2', "x:1:5: not valid JSON: expected the end, found '2'"],
])('%j is refused with line and column', (text, message) => {
  expect(() => parseJson(text, 'x')).toThrow(message);
});

test('every JSON text is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(readOrTwice(text)).toEqual(JSON.parse(text));
    }),
  );
});

/** JSON.parse lets the last of two equal keys win; parseJson refuses them. */
function readOrTwice(text: string): unknown {
  try {
    return parseJson(text, 'x');
  } catch (error) {
    if (/stands there twice|has no meaning/.test(String(error))) return JSON.parse(text);
    throw error;
  }
}

test('a text is refused exactly when JSON.parse refuses it or a key stands there twice', () => {
  const broken = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', ']', 'x', '1', ' ', '\\', ':'))
    .map(([text, at, inserted]) => {
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + inserted + text.slice(cut + 1);
    });
  fc.assert(
    fc.property(broken, (text) => {
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      if (isJson) expect(readOrTwice(text)).toEqual(JSON.parse(text));
      else expect(() => parseJson(text, 'x')).toThrow('not valid JSON');
    }),
  );
});

test('a text of 9 MB is read', () => {
  const text = 'ä'.repeat(9e6);
  expect(parseJson(JSON.stringify([text]), 'x')).toEqual([text]);
});

test('a byte order mark is skipped', () => {
  expect(parseJson('\ufeff{"a":1}', 'x')).toEqual({ a: 1 });
});

test('the keys of an object are known in the order of its text, also where they are whole numbers', () => {
  const text = '[{"b": {"10": 1, "a": 2, "2": [{"1": 0, "0": 0}]}, "1": 0}, {"y": 0, "x": 0}]';
  const [first, second] = parseJson(text, 'x') as [Record<string, Record<string, object[]>>, object];
  expect(keysAsWritten(first)).toEqual(['b', '1']);
  expect(keysAsWritten(first.b)).toEqual(['10', 'a', '2']);
  expect(keysAsWritten(first.b['2'][0])).toEqual(['1', '0']);
  expect(keysAsWritten(second)).toEqual(['y', 'x']);
  expect(keysAsWritten({ z: 0, a: 0 })).toEqual(['z', 'a']);
});
