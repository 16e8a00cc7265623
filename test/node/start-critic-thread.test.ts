import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { startCriticThread } from '../../src/node/start-critic-thread.ts';

const root = process.cwd();
afterAll(() => process.chdir(root));

test('the thread of the value network starts from any working folder', async () => {
  process.chdir(mkdtempSync(join(tmpdir(), 'leash-elsewhere-')));
  const thread = startCriticThread();
  await vi.waitFor(() => expect(thread.isAlive()).toBe(true), 200_000);
  await thread.terminate();
  expect(thread.isAlive()).toBe(false);
});

test('its error ends no process: it is told in one line, and the thread is gone', () => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const thread = startCriticThread();
    thread.emit('error', new Error('Cannot find module\nkernels'));
    expect(thread.isAlive()).toBe(false);
    expect(written.mock.calls).toEqual([['leash: the thread of the value network: Cannot find module\n']]);
    thread.terminate();
  } finally {
    written.mockRestore();
  }
});
