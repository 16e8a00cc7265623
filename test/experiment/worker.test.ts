import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import runTask from '../../src/experiment/worker.ts';
import type { PoolTask } from '../../src/experiment/thread-pool.ts';

const root = mkdtempSync(join(tmpdir(), 'leash-worker-'));
afterAll(() => rmSync(root, { recursive: true }));

it('tells a bug in the outcome, with its stack, and leaves no run that could not begin', async () => {
  const config = configSchema.parse({ environment: { id: 'CartPole-v1', options: {} } });
  // What no schema lets through.
  const broken = { ...config, environment: { ...config.environment, options: undefined } };
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const { ino, dev } = statSync(root);
  const held = { folder: root, path: root, ino, dev };
  const task = { config: broken, root, held, label: 'broken', shared, slot: 1 } as unknown as PoolTask;
  const outcome = await runTask(task);
  expect(outcome.status).toBe('failed');
  expect(outcome.failure).toMatch(/^ZodError[\s\S]*\n\s+at /);
  expect(readdirSync(root)).toEqual([]);
});

/** Has no room for another folder; undefined where none can be mounted: it takes root. */
const full = ((): string | undefined => {
  const path = mkdtempSync(join(tmpdir(), 'leash-full-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=1', 'none', path]);
  return status === 0 ? path : undefined;
})();
afterAll(() => void (full !== undefined && spawnSync('umount', ['--lazy', full])));

it.skipIf(full === undefined)('a disk that is full before a run begins is the machine’s fault', async () => {
  const config = configSchema.parse({ environment: { id: 'CartPole-v1', options: {} } });
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const task = { config, root: full as string, held: undefined, label: 'late', shared, slot: 1 };
  expect(await runTask(task)).toEqual({
    status: 'failed',
    failure: `--runs ${full}: cannot make ${full}/late/seed-0 (ENOSPC)`,
    fault: 'machine',
  });
});

it('begins no run in a folder that was taken away from the experiment', async () => {
  const config = configSchema.parse({ environment: { id: 'CartPole-v1', options: {} } });
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const held = { folder: root, path: join(root, '.lock.a.1'), ino: 1, dev: 1 };
  const outcome = await runTask({ config, root, held, label: 'late', shared, slot: 1 });
  expect(outcome).toEqual({
    status: 'failed',
    failure: `${root} was removed or replaced; the experiment in it ends and leaves it alone`,
    fault: 'start',
  });
  expect(readdirSync(root)).toEqual([]);
});
