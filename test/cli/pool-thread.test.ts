import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { built } from '../built.ts';

const pool = new URL('../experiment/thread-pool.js', `file://${built}`).href;

it('a process may end while the threads of a pool are being loaded', async () => {
  // Threads that load at once, as on a busy machine: with a module that was required one of fifty such processes was aborted.
  const script = `const { openThreadPool } = await import('${pool}');
    for (let i = 0; i < 8; i++) openThreadPool(1);
    setTimeout(() => process.exit(0), Number(process.argv[1]));`;
  const ended = (after: number): Promise<unknown> =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, String(after)]);
  for (let after = 60; after < 360; after += 60)
    await Promise.all([0, 15, 30, 45].map((more) => ended(after + more)));
});

it('a thread of a pool begins with what Node.js does not have to wait for', async () => {
  const thread = await import(new URL('./pool-thread.cjs', pool).href);
  expect(typeof thread.default).toBe('function');
});
