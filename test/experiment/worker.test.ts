import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import runTask from '../../src/experiment/worker.ts';
import type { PoolTask } from '../../src/experiment/pool.ts';

const root = mkdtempSync(join(tmpdir(), 'leash-worker-'));
afterAll(() => rmSync(root, { recursive: true }));

it('tells a bug in the outcome, with its stack, and leaves no run that could not begin', async () => {
  const config = configSchema.parse({ environment: { id: 'CartPole-v1', options: {} } });
  // What no schema lets through.
  const broken = { ...config, environment: { ...config.environment, options: undefined } };
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const task = { config: broken, root, label: 'broken', shared, slot: 1 } as unknown as PoolTask;
  const outcome = await runTask(task);
  expect(outcome.status).toBe('failed');
  expect(outcome.failure).toMatch(/^ZodError[\s\S]*\n\s+at /);
  expect(readdirSync(join(root, 'broken'))).toEqual([]);
});
