/**
 * `npm run mutation [-- ROOM…]`: changes the code of each room of rooms.json in every small way that Stryker's mutators
 * know, one change at a time, and counts those that no test of the room notices. The tests of a room are those that say
 * what its files mean: a mutant that only a distant test would notice counts as survived. Survivors are printed with
 * their place; exit code 1 where a bar is missed.
 *
 * Stryker itself starts the tests anew for every mutant, half a second each; runner.ts runs them all in one process.
 */
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import rooms from './rooms.json' with { type: 'json' };

/** Least share of mutants killed: over all rooms, and in each. */
const BAR = { overall: 0.85, room: 0.75 };

/** Seconds beyond which nothing will end a mutant from inside: these, and this many times what all tests take. */
const PATIENCE = { seconds: 60, times: 10 };

interface Mutant {
  readonly id: string;
  readonly fileName: string;
  readonly mutatorName: string;
  readonly replacement: string;
  /** From 0. */
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
  readonly status?: 'Ignored';
  readonly statusReason?: string;
}

const columns = ['Killed', 'Survived', 'NoCoverage', 'Timeout', 'Ignored'] as const;
type Status = (typeof columns)[number];

/** Mutants by what became of them. */
type Count = Record<Status, number>;

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What became of each mutant of a room. */
async function judge(room: keyof typeof rooms): Promise<(readonly [Mutant, Status])[]> {
  const folder = mkdtempSync(join(tmpdir(), 'leash-mutation-'));
  const [sources, results] = [join(folder, 'sources.json'), join(folder, 'results.jsonl')];
  writeFileSync(results, '');
  execFileSync(process.execPath, ['test/mutation/instrument.mjs', room, sources], { cwd: root });
  const { mutants } = JSON.parse(readFileSync(sources, 'utf8')) as { mutants: Mutant[] };
  const judged = (): Map<string, Status> =>
    new Map(linesOf(results).flatMap((line) => ('id' in line ? [[line.id, line.status]] : [])));
  const left = (): Mutant[] => mutants.filter(({ id, status }) => status === undefined && !judged().has(id));
  while (left().length > 0) {
    const before = left().length;
    const code = await runTests(room, sources, results);
    const [stuck] = left();
    if (code === 'stuck' && stuck) {
      appendFileSync(results, `${JSON.stringify({ id: stuck.id, status: 'Timeout' })}\n`);
    } else if (code !== 0 || left().length === before) {
      throw new Error(
        `the tests of ${room} ended with ${code}, ${left().length} mutants to go; results in ${folder}`,
      );
    }
  }
  const status = judged();
  rmSync(folder, { recursive: true });
  return mutants.map((mutant) => [mutant, mutant.status ?? (status.get(mutant.id) as Status)] as const);
}

/** What runner.ts writes: that the tests have run without a mutant, and what became of each one. */
type Line = { readonly ready: number } | { readonly id: string; readonly status: Status };

function linesOf(results: string): Line[] {
  return readFileSync(results, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

/** @returns the exit code, or `stuck` where a mutant had to be ended from outside */
async function runTests(
  room: keyof typeof rooms,
  sources: string,
  results: string,
): Promise<number | null | 'stuck'> {
  const env = {
    ...process.env,
    LEASH_MUTATION_SOURCES: sources,
    LEASH_MUTATION_RESULTS: results,
    LEASH_MUTATION_TESTS: JSON.stringify(rooms[room].tests),
    LEASH_MUTATION_TOO_SLOW: (rooms[room] as { tooSlow?: string }).tooSlow,
  };
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config',
    'test/mutation/vitest.config.ts',
    '--reporter=dot',
  ];
  // A group of its own, to be ended with all that it started.
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  let code: number | null | undefined;
  child.on('exit', (status) => (code = status));
  const before = linesOf(results).length;
  for (let seen = before, since = 0; code === undefined; since += 1) {
    await setTimeout(1000);
    const own = linesOf(results).slice(before);
    if (before + own.length > seen) since = 0;
    seen = before + own.length;
    const [first] = own;
    if (first && 'ready' in first && since > PATIENCE.seconds + PATIENCE.times * first.ready) {
      process.kill(-(child.pid as number), 'SIGKILL');
      return 'stuck';
    }
  }
  if (code !== 0) console.error(output);
  return code;
}

function count(judged: readonly (readonly [Mutant, Status])[]): Count {
  const of = (status: Status): number => judged.filter(([, own]) => own === status).length;
  return Object.fromEntries(columns.map((status) => [status, of(status)])) as Count;
}

/** Share killed of those that the tests decided on: without the ones that never ended. */
function score({ Killed, Survived, NoCoverage }: Count): number {
  return Killed / (Killed + Survived + NoCoverage);
}

function line(name: string, count: Count): string {
  const cells = columns.map((status) => String(count[status]).padStart(11));
  return `${name.padEnd(13)}${cells.join('')}${`${(100 * score(count)).toFixed(1)}%`.padStart(9)}`;
}

function describe(
  { fileName, location, mutatorName, replacement, statusReason }: Mutant,
  status: Status,
): string {
  const { line, column } = location.start;
  const why =
    { NoCoverage: ', reached by no test', Ignored: `, ignored: ${statusReason}` }[status as string] ?? '';
  const change = replacement.replaceAll(/\s+/g, ' ');
  return `  ${fileName}:${line + 1}:${column + 1} ${mutatorName} → ${change}${why}`;
}

const isRoom = (name: string): name is keyof typeof rooms => name in rooms;
const { positionals } = parseArgs({ allowPositionals: true });
const unknown = positionals.find((name) => !isRoom(name));
if (unknown !== undefined) {
  console.error(
    `npm run mutation -- ROOM…: a room is one of ${Object.keys(rooms).join(', ')}, got ${unknown}`,
  );
  process.exit(2);
}
const results: [string, Count][] = [];
for (const room of (positionals.length > 0 ? positionals : Object.keys(rooms)).filter(isRoom)) {
  const judged = await judge(room);
  results.push([room, count(judged)]);
  console.log(`${room}: what no test noticed`);
  for (const [mutant, status] of judged) {
    if (status !== 'Killed' && status !== 'Timeout') console.log(describe(mutant, status));
  }
}
const overall = Object.fromEntries(
  columns.map((status) => [status, results.reduce((sum, [, each]) => sum + each[status], 0)]),
) as Count;
console.log(`\n${''.padEnd(13)}${columns.map((status) => status.padStart(11)).join('')}    score`);
for (const [room, each] of results) console.log(line(room, each));
console.log(line('all', overall));
const missed = results.filter(([, each]) => !(score(each) >= BAR.room)).map(([room]) => room);
if (!(score(overall) >= BAR.overall)) missed.push('all');
if (missed.length > 0) {
  console.log(
    `below the bar (${100 * BAR.room}% a room, ${100 * BAR.overall}% in all): ${missed.join(', ')}`,
  );
  process.exitCode = 1;
}
