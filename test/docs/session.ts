import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/*
 * A page whose commands are typed one after another in one folder, so that a later one finds the runs of an earlier. In the
 * Markdown stand, as comments that no reader sees:
 *
 *   <!-- file: cliff.json -->         the ```json block that follows is that file
 *   <!-- run: leash … -->             the ```text block that follows is the command and what it prints;
 *                                     <!-- run lines=1-9: … --> keeps those lines of it
 *   <!-- run quietly: leash … -->     run, shown nowhere
 *   <!-- picture: step.svg -->        the picture that follows, pictures/NAME.svg, is that file of the folder
 */

const STEP =
  /<!-- file: (\S+) -->\n```json\n([\s\S]*?)```|<!-- run quietly: leash (.*?) -->|<!-- run(?: lines=(\d+)-(\d+))?: leash (.*?) -->\n```text\n[\s\S]*?```|<!-- picture: (\S+) -->\n!\[[^\]]*\]\(pictures\/(\S+)\)/g;

/** A page as its commands write it now, and its pictures by name. */
export interface Session {
  readonly page: string;
  readonly pictures: ReadonlyMap<string, string>;
}

export async function session(page: string): Promise<Session> {
  const folder = mkdtempSync(join(tmpdir(), 'leash-session-'));
  const pictures = new Map<string, string>();
  let written = '';
  let at = 0;
  try {
    for (const step of page.matchAll(STEP)) {
      const [whole, file, content, quiet, from, to, command, picture, name] = step;
      written += page.slice(at, step.index);
      at = step.index + whole.length;
      if (file !== undefined) writeFileSync(join(folder, file), content as string);
      if (quiet !== undefined) await leash(quiet, folder);
      if (picture !== undefined) pictures.set(name as string, readFileSync(join(folder, picture), 'utf8'));
      written +=
        command === undefined ? whole : shown(whole, command, await leash(command, folder), from, to);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { page: written + page.slice(at), pictures };
}

function shown(whole: string, command: string, output: string, from = '1', to = '9999'): string {
  const lines = output === '' ? [] : output.trimEnd().split('\n');
  const kept = lines.slice(Number(from) - 1, Number(to)).map((line) => line.trimEnd());
  const cut = kept.length < lines.length ? ['…'] : [];
  const [comment] = whole.split('\n');
  const shownLines = [`$ leash ${command}`, ...kept, ...cut];
  return `${comment}\n\`\`\`text\n${shownLines.join('\n')}\n\`\`\``;
}

async function leash(command: string, cwd: string): Promise<string> {
  const main = new URL('../../dist/src/cli/main.js', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...command.split(' ')], { cwd });
  return stdout;
}
