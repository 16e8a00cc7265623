import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the commands of checkpoints.md work one after another, as they are printed', () => {
  const page = readFileSync(join(root, 'docs/checkpoints.md'), 'utf8');
  const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block.trimEnd().split('\n'),
  );
  expect(commands.length).toBe(5);
  const cwd = mkdtempSync(join(tmpdir(), 'leash-checkpoints-'));
  try {
    symlinkSync(join(root, 'configs'), join(cwd, 'configs'));
    for (const command of commands) {
      const [name, ...args] = command.split(' ');
      expect(name).toBe('leash');
      // It throws where one fails, with what it says.
      execFileSync(process.execPath, [join(root, 'dist/src/cli/main.js'), ...args], { cwd, stdio: 'pipe' });
    }
  } finally {
    rmSync(cwd, { recursive: true });
  }
});
