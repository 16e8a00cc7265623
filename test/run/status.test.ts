import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { progressOnDisk, standingOf } from '../../src/run/status.ts';
import { writeRun } from '../plot/runs-on-disk.ts';

const root = mkdtempSync(join(tmpdir(), 'leash-status-'));

it('what run.json says is the end, where it says one', () => {
  const path = writeRun(root, { name: 'ended', status: 'dead' });
  for (const status of ['completed', 'interrupted', 'failed'] as const) {
    expect(standingOf(path, status)).toBe(status);
  }
});

it('a run that says running, or nothing, is alive as long as its owner is', () => {
  const alive = writeRun(root, { name: 'alive', status: 'running' });
  const dead = writeRun(root, { name: 'dead', status: 'dead' });
  for (const recorded of ['running', undefined, null, 7, 'NaN']) {
    expect(standingOf(alive, recorded)).toBe('alive');
    expect(standingOf(dead, recorded)).toBe('dead');
  }
});

it('a run of which nobody knows the owner is dead where no process has its rows open', () => {
  const path = writeRun(root, { name: 'unmarked', status: 'running' });
  rmSync(join(path, 'owner.json'));
  expect(standingOf(path, 'running')).toBe(process.platform === 'linux' ? 'dead' : 'alive');
  const damaged = writeRun(root, { name: 'damaged', status: 'running' });
  writeFileSync(join(damaged, 'owner.json'), '{"format":"leash-');
  expect(standingOf(damaged, 'running')).toBe(process.platform === 'linux' ? 'dead' : 'alive');
});

it('how far a run got is told by the rows that can be read', () => {
  const path = writeRun(root, { name: 'far', status: 'dead', updates: 20, row: () => ({ episodes: 2 }) });
  appendFileSync(join(path, 'metrics.jsonl'), '{"update": 21, "ret');
  const { updates, final } = progressOnDisk(path);
  expect(updates).toBe(20);
  // The last tenth of the twenty rows: the mean of 1.9 and 2, two episodes each.
  expect(final?.returnMeanLastTenth).toBeCloseTo(1.95, 12);
  expect(final?.updatesOutsideDelta).toBe(0);
});

it('a run without a row has got nowhere', () => {
  const path = join(root, 'bare');
  mkdirSync(path);
  expect(progressOnDisk(path)).toEqual({ updates: 0, final: undefined });
  writeFileSync(join(path, 'metrics.jsonl'), 'null\n[]\n{"update":"x"}\n');
  expect(progressOnDisk(path)).toEqual({ updates: 0, final: undefined });
});
