import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { built } from '../built.ts';
import { temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';

/** Runs the command until it ends, or until it has said where it listens and was asked to end. */
function lab(
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [built, 'lab', ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => {
    out += String(text);
    if (out.startsWith('http') && out.includes('\n')) child.kill('SIGINT');
  });
  child.stderr.on('data', (text) => {
    err += String(text);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

const root = temporaryFolder();

it('prints its address, opens nothing, and ends at a signal', async () => {
  const { code, out, err } = await lab(['--port', '0'], root);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/ {2}is the laboratory; Ctrl-C ends it\n$/);
  expect(readdirSync(root)).toEqual([]);
});

it('writes a site, over its own of before, and beside files of others', async () => {
  const first = await lab(['--export', 'site/deep'], root);
  expect([first.code, first.err]).toEqual([0, '']);
  expect(first.out).toMatch(/^site\/deep {2}is the laboratory, \d+ files; [^\n]+\n$/);
  const files = readdirSync(join(root, 'site/deep')).sort();
  expect(files).toContain('index.html');
  writeFileSync(join(root, 'site/deep/CNAME'), 'mine');
  writeFileSync(join(root, 'site/deep/lab.js'), 'an old one');
  expect((await lab(['--export', 'site/deep'], root)).code).toBe(0);
  expect(readFileSync(join(root, 'site/deep/lab.js'), 'utf8').length).toBeGreaterThan(1000);
  expect(readdirSync(join(root, 'site/deep')).sort()).toEqual([...files, 'CNAME'].sort());
  mkdirSync(join(root, 'notes'));
  writeFileSync(join(root, 'notes/a.md'), 'mine');
  expect((await lab(['--export', 'notes'], root)).code).toBe(0);
});

it('refuses what it would write over, or where it cannot listen, in one line', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const { port } = blocker.address() as AddressInfo;
  mkdirSync(join(root, 'others'));
  writeFileSync(join(root, 'others/index.html'), '<!doctype html>mine');
  mkdirSync(join(root, 'linked'));
  writeFileSync(join(root, 'target.js'), 'mine');
  symlinkSync('../target.js', join(root, 'linked/lab.js'));
  writeFileSync(join(root, 'a-file'), 'mine');
  writeRun(join(root, 'runs'), { name: 'a' });
  const refused: [string[], RegExp][] = [
    [
      ['--export', 'others'],
      /^leash: --export others has index\.html already, which no leash lab wrote; name another folder\n$/,
    ],
    [['--export', 'linked'], /^leash: --export linked has lab\.js already, which no leash lab wrote/],
    [['--export', 'a-file'], /^leash: --export must be a folder, or not there yet, got the file a-file\n$/],
    [['--export', 'a-file/deep'], /^leash: --export a-file\/deep is below what is no folder\n$/],
    [['--export', ' '], /^leash: --export must name a folder, got a blank\n$/],
    [
      ['--export', 'runs/a/seed-0/site'],
      /^leash: --export runs\/a\/seed-0\/site is in the folder of the run/,
    ],
    [
      ['--port', String(port)],
      new RegExp(`^leash: --port ${port} is taken on 127.0.0.1; --port 0 takes a free one\n$`),
    ],
    [['--port', 'x'], /^leash: --port must be an integer in \[0, 65535\], got x\n$/],
    [
      ['--host', '203.0.113.7', '--port', '0'],
      /^leash: --host must be an address of this machine, got 203\.0\.113\.7\n$/,
    ],
    [['quickstart'], /^leash: [^\n]*quickstart[^\n]*\n$/],
  ];
  for (const [args, line] of refused) {
    const { code, out, err } = await lab(args, root);
    expect(err, args.join(' ')).toMatch(line);
    expect([code, out], args.join(' ')).toEqual([2, '']);
  }
  blocker.close();
  expect(readFileSync(join(root, 'others/index.html'), 'utf8')).toBe('<!doctype html>mine');
  expect(readFileSync(join(root, 'target.js'), 'utf8')).toBe('mine');
  expect(existsSync(join(root, 'runs/a/seed-0/site'))).toBe(false);
});
