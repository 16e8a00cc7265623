import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { exportFormats } from '../../src/cli/policy/export-formats.ts';
import type { AnyCommand, CommandList, Flag } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { aside, commandAgain } from '../../src/cli/experiment/flags.ts';
import { plotFormats } from '../../src/cli/plot/formats.ts';
import { presetNames } from '../../src/config/presets.ts';
import { configSchema } from '../../src/config/schema.ts';

const root = new URL('../../', import.meta.url).pathname;
const folder = join(root, 'src/cli/commands');

/** Every command with the words that name it. */
function every(list: CommandList, above: readonly string[] = []): [string, AnyCommand][] {
  return Object.entries(list).flatMap(([name, definition]): [string, AnyCommand][] => {
    const path = [...above, name];
    return 'commands' in definition ? every(definition.commands, path) : [[path.join(' '), definition]];
  });
}

const all = every(commands);
const flagsOf = (command: AnyCommand): [string, Flag][] => Object.entries(command.flags ?? {});
const described = (name: string, flag: string): string =>
  new Map(flagsOf(new Map(all).get(name) as AnyCommand)).get(flag)?.describe ?? '';

describe('the definitions of commands', () => {
  it('are all in the list of commands or of a group', async () => {
    const listed = new Set<unknown>([...all.map(([, command]) => command), ...Object.values(commands)]);
    const forgotten: string[] = [];
    for (const file of readdirSync(folder).filter((name) => name !== 'index.ts')) {
      const exported = Object.values((await import(join(folder, file))) as Record<string, unknown>);
      if (!exported.some((each) => listed.has(each))) forgotten.push(file);
    }
    expect(forgotten).toEqual([]);
  });

  it('load nothing before the command runs: all of them are loaded at every start', () => {
    const builtins = /^node:(fs|path|timers\/promises)$/;
    const own = /^(\.\/[a-z-]+|\.\.\/(command|shared-flags)|\.\.\/\.\.\/user-error)\.ts$/;
    const heavy = readdirSync(folder).flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const imports = [...text.matchAll(/^import\s+(?!type\b)[^'"]*?from\s+'([^']+)'/gm)];
      const from = imports.map(([, name = '']) => name);
      return from.filter((name) => !builtins.test(name) && !own.test(name)).map((name) => `${file}: ${name}`);
    });
    expect(heavy).toEqual([]);
  });

  it('give a flag of one name one type, so that a wrong --name=value is told alike everywhere', () => {
    const types = new Map<string, string>();
    for (const [name, command] of all) {
      for (const [flag, { type }] of flagsOf(command)) {
        const kind = type === 'switch' ? 'switch' : 'text';
        expect(types.get(flag) ?? kind, `--${flag} of leash ${name}`).toBe(kind);
        types.set(flag, kind);
      }
    }
  });

  it('have examples that say only what there is', () => {
    const known = new Map(all);
    for (const [name, { examples = [] }] of all) {
      for (const example of examples) {
        expect(example.startsWith(`$0 ${name} `), example).toBe(true);
        const flags = [...example.matchAll(/ --([a-z-]+)/g)].map(([, flag = '']) => flag);
        const own = flagsOf(known.get(name) as AnyCommand).map(([flag]) => flag);
        expect(own, example).toEqual(expect.arrayContaining(flags));
      }
    }
  });
});

test('docs/cli.md names every command and every flag', () => {
  const page = readFileSync(join(root, 'docs/cli.md'), 'utf8');
  // `leash runs` alone lists them.
  const missing = all.flatMap(([name, command]) => [
    ...(page.includes(`leash ${name.replace(' list', '')}`) ? [] : [`leash ${name}`]),
    ...flagsOf(command).flatMap(([flag]) =>
      page.includes(`--${flag}`) ? [] : [`--${flag} of leash ${name}`],
    ),
  ]);
  expect(missing).toEqual([]);
});

describe('what help lists is what there is', () => {
  const either = (words: readonly string[]): string => `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

  it.each(['train', 'evaluate'])('the engines of leash %s', (name) => {
    const { engine, tfjsBackend } = configSchema.shape;
    expect(described(name, 'engine')).toContain(either(engine.unwrap().options));
    expect(described(name, 'tfjs-backend')).toContain(either(tfjsBackend.unwrap().options));
  });

  it('the presets', () => {
    for (const [name, command] of all) {
      if (flagsOf(command).some(([flag]) => flag === 'like'))
        expect(described(name, 'like'), name).toContain(either(presetNames));
    }
    expect(new Map(all).get('config diff')?.arguments?.A?.describe).toContain(presetNames.join(', '));
  });

  it('the kinds of file of leash plot and leash export', () => {
    expect(described('plot', 'format')).toBe(either(Object.keys(plotFormats)));
    const kinds = described('export', 'format').replace(/ \([^)]*\)/g, '');
    expect(kinds).toBe(either(Object.keys(exportFormats)));
  });
});

test('the command that a report repeats has every flag that changes the result', () => {
  const asked = new Map(all).get('compare') as AnyCommand;
  const given = Object.fromEntries(
    flagsOf(asked).map(([flag, { type }]) => [flag, type === 'switch' ? true : 'x']),
  );
  const line = commandAgain('compare', ['a.json'], {
    ...given,
    seeds: 'x',
    name: 'x',
    matchKl: 'x',
    untilDecided: true,
    maxSeeds: 'x',
    acrossEnvironments: true,
    byEvaluations: true,
    byExactReturns: true,
  });
  const missing = flagsOf(asked).flatMap(([flag]) => (line.includes(` --${flag}`) ? [] : [flag]));
  expect(missing.toSorted()).toEqual(aside.toSorted());
});
