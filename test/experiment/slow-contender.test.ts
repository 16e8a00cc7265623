import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { acquireLock } from '../../src/experiment/experiment-lock.ts';

/** What happens between the moment a process has found a hold over and the moment it takes the next number. */
const meanwhile = vi.hoisted(() => ({ happens: (): void => {} }));

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    linkSync(from: string, to: string) {
      const { happens } = meanwhile;
      meanwhile.happens = () => {};
      happens();
      return real.linkSync(from, to);
    },
  };
});

const folder = fs.mkdtempSync(join(tmpdir(), 'leash-slow-'));
const take = (token = 'ab') => acquireLock(folder, () => token);
const locks = (): string[] => fs.readdirSync(folder).sort();

it('a process that was slow, and takes a number that others left behind, withdraws', () => {
  for (const holdsBetween of [0, 1, 2, 5]) {
    let other: ReturnType<typeof take>;
    meanwhile.happens = () => {
      for (let i = 0; i < holdsBetween; i++) take()?.release();
      other = take();
    };
    expect(() => take()).toThrow(`process ${process.pid} is at work in ${folder}`);
    // What it took is gone again; the other one has the folder.
    expect(locks()).toHaveLength(1);
    expect(() => take()).toThrow('is at work in');
    other?.release();
  }
});

it('and takes the folder where the others are through with it by then', () => {
  meanwhile.happens = () => {
    for (let i = 0; i < 3; i++) take()?.release();
  };
  const lock = take();
  expect(() => take()).toThrow('is at work in');
  lock?.release();
});

it('nothing is taken of an experiment that was made again meanwhile', () => {
  let token = 'ab';
  const before = locks();
  meanwhile.happens = () => {
    token = 'cd';
  };
  expect(acquireLock(folder, () => token)).toBeUndefined();
  expect(locks()).toEqual(before);
});

it('nor where the folder is gone', () => {
  const gone = fs.mkdtempSync(join(tmpdir(), 'leash-gone-'));
  meanwhile.happens = () => fs.rmSync(gone, { recursive: true });
  expect(acquireLock(gone, () => 'ab')).toBeUndefined();
});
