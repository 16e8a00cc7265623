import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AnyCommand, CommandGroup } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { type Random, randomStream } from '../../src/random/random.ts';

/* Random words after `leash`: an answer, or one line of what is wrong; never a bug's stack, never an end that waits. */

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const WORDS = [
  ...[
    '',
    ' ',
    '-',
    '--',
    '=',
    '--=',
    '-x',
    '--seed',
    '--help',
    '0',
    '-1',
    '1e9',
    'NaN',
    '0x10',
    'runs',
    'a.json',
    'b.json',
  ],
  ...[
    'nowhere',
    '../..',
    '/dev/null',
    '/',
    'a@3',
    '@',
    'quickstart',
    '{"a":1}',
    '\u202e',
    '💧',
    'x'.repeat(3000),
    '__proto__',
  ],
  ...[
    'seed=1',
    'ppo.epochs=0',
    'a.b=c',
    'steps=64',
    '__proto__.x=1',
    '=',
    '[',
    '{',
    '0.5,0.5',
    '0,1',
    '1/0',
    '%s',
    '$(id)',
  ],
];
const oneOf = <T>(random: Random, values: readonly T[]): T => values[random.integer(values.length)] as T;

/** Commands that start what takes long, or download; those that serve until a signal comes. */
const LEFT_OUT = ['engines', 'dashboard', 'lab'];

function commandsBelow(
  list: Readonly<Record<string, AnyCommand | CommandGroup>>,
  before: string[] = [],
): [string[], AnyCommand][] {
  return Object.entries(list).flatMap(([name, each]) => {
    if (LEFT_OUT.includes(name)) return [];
    if ('commands' in each) return commandsBelow(each.commands, [...before, name]);
    return [[[...before, name], each] as [string[], AnyCommand]];
  });
}

export function randomWords(random: Random): string[] {
  if (random.integer(12) === 0) return Array.from({ length: random.integer(5) }, () => oneOf(random, WORDS));
  const [names, command] = oneOf(random, commandsBelow(commands));
  const words = [...names];
  const parts = 1 + random.integer(5);
  for (let i = 0; i < parts; i++) {
    if (random.integer(2) === 0) words.push(oneOf(random, WORDS));
    const flags = Object.entries(command.flags ?? {});
    if (flags.length === 0 || random.integer(3) === 0) continue;
    const [name, flag] = oneOf(random, flags);
    words.push(`--${name}`);
    if (flag.type === 'switch') continue;
    words.push(flag.values && random.integer(2) === 0 ? oneOf(random, flag.values) : oneOf(random, WORDS));
  }
  return words;
}

interface Ended {
  readonly code: number | string | null | undefined;
  readonly stderr: string;
}

function run(words: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [main, ...words],
      { cwd, timeout: 120_000, maxBuffer: 2 ** 26 },
      (error, _stdout, stderr) =>
        resolve({ code: error === null ? 0 : error.killed ? 'no end' : error.code, stderr }),
    );
    child.stdin?.end();
  });
}

/** @throws Error with the words that failed */
export async function fuzzCommandLines(count: number, seed: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const folder = mkdtempSync(join(tmpdir(), 'leash-fuzz-'));
  const small = {
    environment: { id: 'BernoulliBandit' },
    steps: 64,
    rollout: { steps: 16 },
    ppo: { minibatchSize: 16 },
  };
  writeFileSync(join(folder, 'a.json'), JSON.stringify(small));
  writeFileSync(join(folder, 'b.json'), '{"environment":');
  try {
    for (let i = 0; i < count; i++) {
      const words = randomWords(randomStream(seed, `words/${i}`)).map((word) =>
        word.replaceAll('\u0000', ''),
      );
      const { code, stderr } = await run(words, folder);
      const isAnswer = code === 0 || code === 1 || code === 2;
      const lines = stderr.trimEnd().split('\n');
      if (!isAnswer || /this is a bug|^\s+at /m.test(stderr) || (code === 2 && stderr === ''))
        throw new Error(
          `words ${i} of seed ${seed}, ${JSON.stringify(words)}: exit ${code}: ${stderr.slice(0, 2000)}`,
        );
      if (code === 2 && lines.some((line) => line.length > 2000))
        throw new Error(`words ${i} of seed ${seed}: a line of ${lines[0]?.length} characters`);
      counts[`exit ${code}`] = (counts[`exit ${code}`] ?? 0) + 1;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return counts;
}
