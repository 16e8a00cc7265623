import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readTextFile } from '../../src/config/text-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-text-file-'));
const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

it('a text of several chunks comes back as it was written, its byte order mark too', () => {
  const text = `\ufeff${'é∑😀\r\n'.repeat(100_000)}`;
  expect(readTextFile(file('long.txt', text), 'file')).toBe(text);
  expect(readTextFile(file('empty.txt', ''), 'file')).toBe('');
});

it('what cannot be read is named', () => {
  expect(() => readTextFile(join(folder, 'none'), 'config file')).toThrow(
    `there is no config file ${folder}/none`,
  );
  expect(() => readTextFile(join(folder, 'long.txt', 'x'), 'file')).toThrow(
    `there is no file ${folder}/long.txt/x`,
  );
  expect(() => readTextFile(folder, 'config file')).toThrow(`${folder} is a directory, not a config file`);
  expect(() => readTextFile('a\0b', 'file')).toThrow('no file has the name "a\\u0000b"');
  expect(() => readTextFile('x'.repeat(1000), 'file')).toThrow(/^cannot read the file x+: ENAMETOOLONG$/);
});

it('bytes that are not UTF-8 are named with their line', () => {
  const latin1 = file('latin1.csv', Buffer.from('a,b\ncaf\xe9,1\n', 'latin1'));
  expect(() => readTextFile(latin1, 'file')).toThrow(`${latin1}:2: not UTF-8 text: byte 0xE9 at offset 7`);
});

it('a file that is too large, or has no end, is given up', () => {
  const huge = file('huge', '');
  truncateSync(huge, 2 ** 26 + 1);
  expect(() => readTextFile(huge, 'file')).toThrow(`${huge} is larger than 64 MB`);
  expect(() => readTextFile('/dev/zero', 'file')).toThrow('/dev/zero is larger than 64 MB');
});
