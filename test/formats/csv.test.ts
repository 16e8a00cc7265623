import { expect, it } from 'vitest';
import { parseCsv, requireDistinctColumns } from '../../src/formats/csv.ts';

it('cells may be quoted, hold commas, doubled quotes and line ends, and be empty', () => {
  const text = '\ufeffa, b ,c\r\n"x, ""y""",,"two\nlines"\n\n# a remark, with a comma\nlast,1,\n';
  expect(parseCsv(text, 'here')).toEqual([
    { line: 1, cells: ['a', 'b', 'c'] },
    { line: 2, cells: ['x, "y"', '', 'two\nlines'] },
    { line: 6, cells: ['last', '1', ''] },
  ]);
});

it('a cell of 9 MB is read, quoted or not', () => {
  const long = 'x'.repeat(9e6);
  expect(parseCsv(`${long},"${long}"\n`, 'here')).toEqual([{ line: 1, cells: [long, long] }]);
});

it('more cells than memory should hold are refused', () => {
  expect(() => parseCsv(`a\n${','.repeat(1.1e7)}`, 'here')).toThrow('here:2: more than 10000000 cells');
});

it('an open quote, and text after a closed one, are named with their line', () => {
  expect(() => parseCsv('a\n"b', 'here')).toThrow('here:2: a quote does not close');
  expect(() => parseCsv('"a"b', 'here')).toThrow(
    "here:1: expected a comma after the closing quote, found 'b'",
  );
});

it('two columns of one name are refused, two without a name are not', () => {
  expect(() => requireDistinctColumns(['a', 'b', 'a'], 'here.csv')).toThrow(
    'here.csv has two columns called a',
  );
  expect(() => requireDistinctColumns(['', 'b', ''], 'here.csv')).not.toThrow();
});
