import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** What a clock says is another each time. */
function withoutTimes(text: string): string {
  return text
    .replaceAll(/[\d,.]+ steps\/s/g, 'N steps/s')
    .replaceAll(/ {2}[\d. hm]+ s left/g, '  N s left')
    .replaceAll(/ in [\d. hm]+ s,/g, ' in N s,');
}

test('README.md shows what its commands print, but for the lines that … stands for', () => {
  const [, transcript = ''] = /## What it looks like\n\n```\n([\s\S]*?)\n```/.exec(readme) ?? [];
  const commands = transcript.split(/^\$ npx leash /m).slice(1);
  expect(commands.length).toBe(2);
  const folder = mkdtempSync(join(tmpdir(), 'leash-readme-'));
  symlinkSync(join(root, 'configs'), join(folder, 'configs'));
  for (const each of commands) {
    const [command = '', ...shown] = each.trimEnd().split('\n');
    const args = [join(root, 'dist/src/cli/main.js'), ...command.split(' ')];
    const printed = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    let at = 0;
    for (const part of shown.join('\n').split(/^…$/m)) {
      const wanted = withoutTimes(part.trim());
      const found = withoutTimes(printed).replaceAll(/ +$/gm, '').indexOf(wanted, at);
      expect(found, `${command}\n${printed}\ndoes not go on with\n${wanted}`).toBeGreaterThanOrEqual(at);
      at = found + wanted.length;
    }
  }
});
