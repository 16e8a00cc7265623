import { spawn } from 'node:child_process';
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, uptime } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  describeOwner,
  isAlive,
  isOpen,
  type Owner,
  ownerHere,
  parseOwner,
  processStart,
  readOwner,
  SILENCE,
} from '../../src/run/owner.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-owner-'));
const LONG_AGO = 0;

it('this process owns what it marks, however long ago it last gave a sign of life', () => {
  expect(isAlive(ownerHere('x'), LONG_AGO)).toBe(true);
});

it('two holds of one process have different tokens', () => {
  expect(ownerHere('x').token).not.toBe(ownerHere('x').token);
});

it('a process id that another process has by now is not the owner', () => {
  expect(isAlive({ ...ownerHere('x'), processStart: '1' }, Date.now())).toBe(false);
});

it('a process that is gone, or ended and waits for its parent, is dead at once; a stopped one is not', async () => {
  const child = spawn('sleep', ['60']);
  const pid = child.pid as number;
  const start = processStart(pid);
  if (start === undefined) throw new Error('sleep did not start');
  const owner: Owner = { ...ownerHere('x'), pid, processStart: start };
  process.kill(pid, 'SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isAlive(owner, LONG_AGO)).toBe(true);
  const ended = new Promise((resolve) => child.on('close', resolve));
  child.kill('SIGKILL');
  await ended;
  expect(isAlive(owner, Date.now())).toBe(false);
});

it('on another host, and in another container, the last sign of life decides', () => {
  const elsewhere: Partial<Owner>[] = [
    { host: 'other', boot: 'other' },
    { pidNamespace: 'pid:[1]' },
    { host: 'other', boot: null, pidNamespace: null },
  ];
  for (const other of elsewhere) {
    const owner = { ...ownerHere('x'), ...other };
    expect(isAlive(owner, Date.now() - 0.9 * SILENCE)).toBe(true);
    expect(isAlive(owner, Date.now() - 1.1 * SILENCE)).toBe(false);
  }
  expect(describeOwner({ pid: 7, host: 'other' })).toBe('process 7 on other');
});

it('after a reboot an owner of before is dead at once', () => {
  const owner: Owner = { ...ownerHere('x'), boot: 'the last' };
  const booted = Date.now() - 1000 * uptime();
  expect(isAlive(owner, booted - 1000)).toBe(false);
  // Another machine of the same name has given a sign since.
  expect(isAlive(owner, Date.now() - 1000)).toBe(true);
  expect(isAlive({ ...owner, host: 'other' }, Math.max(booted, Date.now() - 0.9 * SILENCE))).toBe(true);
});

it('an owner is read back; what is none, damaged or behind a link is not', () => {
  const file = join(folder, 'owner.json');
  const owner = ownerHere('x');
  const text = JSON.stringify(owner);
  writeFileSync(file, text);
  expect(readOwner(file)).toEqual(owner);
  for (const damaged of [
    '',
    '3',
    'null',
    '[]',
    '{}',
    text.slice(0, -9),
    text.replace(/"pid":\d+/, '"pid":"7"'),
  ]) {
    expect(parseOwner(damaged)).toBeUndefined();
  }
  symlinkSync(file, join(folder, 'link'));
  expect(readOwner(join(folder, 'link'))).toBeUndefined();
  expect(readOwner(join(folder, 'none'))).toBeUndefined();
});

it.runIf(process.platform === 'linux')(
  'a file that a process has open is told from one that none has',
  async () => {
    const file = join(folder, 'rows');
    writeFileSync(file, '');
    expect(isOpen(file)).toBe(false);
    const child = spawn('sh', ['-c', 'exec 3<"$1"; echo; sleep 60', 'sh', file]);
    await new Promise((resolve) => child.stdout.on('data', resolve));
    expect(isOpen(file)).toBe(true);
    child.kill('SIGKILL');
  },
);
