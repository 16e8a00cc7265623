import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { built } from '../built.ts';
import { everything } from '../dashboard/listener.ts';
import { temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';

/** Runs the command until it ends, or until it has said its address and was asked to end. */
function dashboard(
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [built, 'dashboard', ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => {
    out += String(text);
    if (out.includes('\n')) child.kill('SIGINT');
  });
  child.stderr.on('data', (text) => {
    err += String(text);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

const root = temporaryFolder();
writeRun(join(root, 'runs'), { name: 'a' });

it('prints its address, opens nothing, and ends at a signal', async () => {
  for (const args of [
    ['--port', '0'],
    ['runs', '--port', '0'],
    [join(root, 'runs/a'), '--port', '0'],
    ['runs/a/seed-0', '--port', '0'],
  ]) {
    const { code, out, err } = await dashboard(args, root);
    expect([code, err], args.join(' ')).toEqual([0, '']);
    expect(out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/ {2}shows \S+; Ctrl-C ends it\n$/);
  }
});

it('says its token with the address where others can connect', async () => {
  const { out } = await dashboard(['--port', '0', '--host', '0.0.0.0'], root);
  expect(out).toMatch(/^http:\/\/localhost:\d+\/\?token=[\w-]{24} /);
});

it('refuses what it cannot show, or where it cannot listen, in one line', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const { port } = blocker.address() as AddressInfo;
  mkdirSync(join(root, 'empty'));
  writeFileSync(join(root, 'a.json'), '{}');
  const refused: [string[], RegExp][] = [
    [['nowhere'], /^leash: no run at nowhere; looked for \S+nowhere\n$/],
    [['empty'], /^leash: no run at empty: nothing in it has config\.json and metrics\.jsonl\n$/],
    [['a.json'], /^leash: [^\n]*a\.json[^\n]*\n$/],
    [[''], /^leash: RUN must name a run or a folder of runs, got ""\n$/],
    [
      ['--port', String(port)],
      new RegExp(`^leash: --port ${port} is taken on 127.0.0.1; --port 0 takes a free one\n$`),
    ],
    [['--port', 'x'], /^leash: --port must be an integer in \[0, 65535\], got x\n$/],
    [['--port', '65536'], /^leash: --port must be an integer in \[0, 65535\], got 65536\n$/],
    [
      ['--host', '203.0.113.7', '--port', '0'],
      /^leash: --host must be an address of this machine, got 203\.0\.113\.7\n$/,
    ],
  ];
  for (const [args, line] of refused) {
    const { code, out, err } = await dashboard(args, root);
    expect(err, args.join(' ')).toMatch(line);
    expect([code, out], args.join(' ')).toEqual([2, '']);
  }
  blocker.close();
});

/** A command that is looked at while it works: its address, and how it ends at a signal. */
function watched(args: readonly string[]) {
  const child = spawn(process.execPath, [built, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const address = new Promise<string>((resolve) => {
    child.stderr.on('data', (text) => {
      err += String(text);
      const found = /^watch {5}(\S+)\n/m.exec(err)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return { child, address, ended, said: () => err };
}

const config = new URL('../../configs/quickstart.json', import.meta.url).pathname;

it.each([
  ['train', [config, '--steps', '100000000', '--threads', '1']],
  ['train', [config, '--steps', '100000000', '--seeds', '2']],
  ['compare', [config, '--steps', '100000000', '--seeds', '2', '--name', 'compared']],
])('leash %s --watch %j serves the runs while they are made', async (command, args) => {
  const runs = temporaryFolder();
  const { child, address, ended } = watched([command, ...args, '--watch', '--runs', runs]);
  const place = await address;
  for (;;) {
    const [run] = (await everything(place)).runs;
    if (run?.status === 'alive' && run.rows > 3) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  await expect(everything(place)).rejects.toThrow('ECONNREFUSED');
});

it('says a mistake in one line with --watch, too', async () => {
  const { ended, said } = watched([
    'train',
    config,
    '--set',
    'steps=-1',
    '--watch',
    '--runs',
    temporaryFolder(),
  ]);
  expect(await ended).toBe(2);
  // Where the machine is busy the page listens before the config was read.
  expect(said()).toMatch(/^(watch {5}http:\S+\n)?leash: steps must be [^\n]+\n$/);
  const quiet = watched(['train', config, '--quiet', '--watch']);
  expect(await quiet.ended).toBe(2);
});
