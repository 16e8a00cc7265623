import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { AnyCommand, CommandList } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { completionCommand } from '../../src/cli/commands/completion.ts';
import { completionScript, type Shell, shells } from '../../src/cli/completion.ts';
import { exportFormats } from '../../src/cli/policy/export-formats.ts';
import { plotFormats } from '../../src/cli/plot/formats.ts';
import { presetNames } from '../../src/config/presets.ts';
import { configSchema } from '../../src/config/schema.ts';
import { runCommand } from './run-command.ts';

/** A shell whose completion is run, with a script that prints what it offers after these words: the last is being typed. */
const programs: Record<Shell, (script: string, words: readonly string[]) => string[]> = {
  bash: (script, words) => [
    'bash',
    '--norc',
    '-c',
    `${script}\nCOMP_WORDS=(${words.map(quoted).join(' ')}); COMP_CWORD=${words.length - 1}; _leash; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  // What zsh's own functions would show is printed; the end, which registers it, is for zle.
  zsh: (script, words) => [
    'zsh',
    '-f',
    '-c',
    `compdef() {}
_describe() { local name=\${@[-1]}; print -rl -- "\${(@)\${(@P)name}%%:*}" }
_files() {}
compset() {}
compadd() { print -rl -- "\${@:2}" }
${script}
words=(${words.map(quoted).join(' ')}); CURRENT=${words.length}; _leash`,
  ],
  fish: (script, words) => [
    'fish',
    '--no-config',
    '-c',
    `${script}\ncomplete -C ${fishQuoted(words.join(' '))}`,
  ],
};
const quoted = (text: string): string => `'${text}'`;
const fishQuoted = (text: string): string => `"${text}"`;

/** A folder without files that could be offered. */
const nothing = mkdtempSync(join(tmpdir(), 'leash-completion-'));
afterAll(() => rmSync(nothing, { recursive: true }));

const isThere = (shell: Shell): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

function offered(shell: Shell, line: string): string[] {
  const [program = '', ...args] = programs[shell](completionScript(shell, commands), line.split(' '));
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: nothing });
  expect(stderr, line).toBe('');
  const typed = line.split(' ').at(-1) ?? '';
  const words = stdout.split('\n').map((each) => each.split('\t')[0] ?? '');
  // zsh itself leaves out what does not begin as what is typed.
  return words.filter((each) => each !== '' && each.startsWith(typed)).sort();
}

const flagsOf = (...path: string[]): string[] => {
  let at: CommandList = commands;
  for (const word of path.slice(0, -1)) at = (at[word] as { commands: CommandList }).commands;
  const command = at[path.at(-1) as string] as AnyCommand;
  return [...Object.keys(command.flags ?? {}), 'help'].map((name) => `--${name}`).sort();
};

describe.each(shells)('in %s', (shell) => {
  // Where the shell is not installed there is nothing to run: apt-get install zsh fish.
  const test = isThere(shell) ? it : it.skip;
  const name = isThere(shell) ? '' : ` (skipped: no ${shell} here)`;

  test(`the commands are offered${name}`, () => {
    expect(offered(shell, 'leash ')).toEqual(Object.keys(commands).sort());
    expect(offered(shell, 'leash co')).toEqual(['compare', 'completion', 'config']);
    expect(offered(shell, 'leash config ')).toEqual(['check', 'diff', 'schema', 'show']);
    expect(offered(shell, 'leash completion ')).toEqual(['bash', 'fish', 'zsh']);
  });

  test(`the flags of a command, and of a group’s usual one${name}`, () => {
    expect(offered(shell, 'leash train -')).toEqual(flagsOf('train'));
    expect(offered(shell, 'leash train configs/a.json --se')).toEqual(['--seed', '--seeds', '--set']);
    expect(offered(shell, 'leash config show --')).toEqual(flagsOf('config', 'show'));
    expect(offered(shell, 'leash runs --ta')).toEqual(['--tag']);
    expect(offered(shell, 'leash runs rm --y')).toEqual(['--yes']);
    expect(offered(shell, 'leash plot a b --x steps --th')).toEqual(['--theme']);
  });

  test(`what a flag can be, where the definition says it${name}`, () => {
    expect(offered(shell, 'leash train --like ')).toEqual([...presetNames].sort());
    expect(offered(shell, 'leash plot --theme d')).toEqual(['dark']);
    // Files: of these leash offers none itself.
    expect(offered(shell, 'leash train --name zzz')).toEqual([]);
  });
});

it('in bash the = of a flag is a word of its own', () => {
  const script = completionScript('bash', commands);
  const [program = '', ...args] = programs.bash(script, ['leash', 'plot', 'a', '--theme', '=', 'li']);
  expect(spawnSync(program, args, { encoding: 'utf8' }).stdout).toBe('light\n');
});

it('what definitions say that a flag can be is what is taken', () => {
  const valuesOf = (command: string, flag: string): unknown =>
    ((commands[command] as AnyCommand).flags?.[flag] as { values?: unknown } | undefined)?.values;
  const { engine, tfjsBackend } = configSchema.shape;
  expect(valuesOf('train', 'like')).toEqual(presetNames);
  expect(valuesOf('train', 'engine')).toEqual(engine.unwrap().options);
  expect(valuesOf('train', 'tfjs-backend')).toEqual(tfjsBackend.unwrap().options);
  expect(valuesOf('plot', 'format')).toEqual(Object.keys(plotFormats));
  expect(valuesOf('export', 'format')).toEqual(Object.keys(exportFormats));
});

it('is printed by leash completion; another shell is refused', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await runCommand(completionCommand, { SHELL: 'bash' });
  const printed = write.mock.calls.map(([text]) => String(text)).join('');
  write.mockRestore();
  expect(printed).toBe(completionScript('bash', commands));
  await expect(runCommand(completionCommand, { SHELL: 'tcsh' })).rejects.toThrow(
    'SHELL must be bash, zsh, fish, got tcsh',
  );
});
