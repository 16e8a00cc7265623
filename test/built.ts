import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The command as its users have it; it starts in a quarter of the processor time that its sources take. */
export const built = join(root, 'dist/src/cli/main.js');

/** Before the tests that start it: built anew where a source is newer. */
export default function build(): void {
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...['src', 'envs'].map(newest))) return;
  console.log('a source is newer than dist/: npm run build:typescript');
  execFileSync('npm', ['run', '--silent', 'build:typescript'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** When something in a folder, its own list of names too, was changed last, in ms. What a build writes there aside. */
function newest(folder: string): number {
  let last = 0;
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'build') last = Math.max(last, newest(path));
    else if (entry.isFile()) last = Math.max(last, statSync(join(root, path)).mtimeMs);
  }
  return last;
}
