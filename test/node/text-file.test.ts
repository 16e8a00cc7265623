import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readTextFile } from '../../src/node/text-file.ts';

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
  expect(() => readTextFile(huge, 'file')).toThrow(`${huge} is larger than 64 MB: it has 65 MB`);
});

it('a device, a socket or a named pipe, which may never end or never begin, is not opened', async () => {
  for (const device of ['/dev/zero', '/dev/tty', '/dev/null', '/dev/random'])
    expect(() => readTextFile(device, 'config file')).toThrow(`${device} is a device, not a config file`);
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(() => readTextFile(pipe, 'file')).toThrow(`${pipe} is a named pipe, not a file`);
  symlinkSync(pipe, join(folder, 'link'));
  expect(() => readTextFile(join(folder, 'link'), 'file')).toThrow('link is a named pipe, not a file');
  const socket = join(folder, 'socket');
  const server = createServer().listen(socket);
  await once(server, 'listening');
  expect(() => readTextFile(socket, 'file')).toThrow(`${socket} is a socket, not a file`);
  server.close();
});

it('what a shell pipes into the command is read, and given up where it has no end', () => {
  const source = JSON.stringify(new URL('../../src/node/text-file.ts', import.meta.url).pathname);
  const program = `import(${source}).then(({ readTextFile }) => console.log(readTextFile(process.argv[1], 'file').length)).catch((error) => console.log(error.message))`;
  const node = `"${process.execPath}" --import tsx -e "$PROGRAM"`;
  const shell = (command: string): string =>
    execFileSync('bash', ['-c', command], {
      encoding: 'utf8',
      env: { ...process.env, PROGRAM: program },
      cwd: new URL('../..', import.meta.url),
    }).trim();
  expect(shell(`head -c 200000 /dev/zero | ${node} /dev/stdin`)).toBe('200000');
  expect(shell(`${node} <(printf abc)`)).toBe('3');
  expect(shell(`cat /dev/zero | ${node} /dev/stdin`)).toBe('/dev/stdin is larger than 64 MB');
  expect(shell(`${node} /dev/stdin < /dev/zero`)).toBe('/dev/stdin is a device, not a file');
});

it.skipIf(!existsSync('/proc'))('what stands in /proc, of no size, is read', () => {
  expect(readTextFile('/proc/self/status', 'file')).toContain('Name:');
});
