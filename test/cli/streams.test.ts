import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { loadRun } from '../../src/node/read-run.ts';
import { built } from '../built.ts';

const root = new URL('../../', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'leash-streams-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bandit = {
  steps: 1024,
  environment: { id: 'BernoulliBandit', copies: 4 },
  rollout: { steps: 16 },
  network: { policy: { hidden: [] }, value: { hidden: [] } },
  ppo: { minibatchSize: 32 },
};
function config(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}
/** Made on the main thread, and on one of its own. */
const configs = {
  main: config('main.json', bandit),
  thread: config('thread.json', { ...bandit, engine: 'reference' }),
};

const leash = `"${process.execPath}" "${built}"`;
const runs = `--runs "${folder}"`;

function shell(line: string): { code: number | null; err: string } {
  const { status, stderr } = spawnSync('sh', ['-c', line], { cwd: root, encoding: 'utf8' });
  return { code: status, err: stderr };
}

const warningsOf = (run: string): string[] =>
  readFileSync(join(folder, run, 'seed-0/log.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { level: number; msg: string })
    .filter(({ level }) => level === 40)
    .map(({ msg }) => msg);

const LOST = 'the run goes on, what it would print is lost';
const hasFullDevice = existsSync('/dev/full');

test.skipIf(!hasFullDevice).each([
  ['main', '> /dev/full', [`stdout cannot be written (no space left on the device): ${LOST}`]],
  ['thread', '> /dev/full', [`stdout cannot be written (no space left on the device): ${LOST}`]],
  ['thread', '2> /dev/full > /dev/full', [`stdout cannot be written (no space left on the device): ${LOST}`]],
  ['main', '| true', [`stdout cannot be written (nobody reads it any more): ${LOST}`]],
  ['thread', '| true', [`stdout cannot be written (nobody reads it any more): ${LOST}`]],
  ['main', '>&-', [`stdout is closed or /dev/null: ${LOST}`]],
  ['thread', '>&-', [`stdout is closed or /dev/null: ${LOST}`]],
  ['main', '2>&-', [`stderr is closed or /dev/null: ${LOST}`]],
] as const)(
  'training on the %s thread goes on with %s, and its log says so',
  (thread, redirection, warnings) => {
    const name = `${thread}${redirection.replaceAll(/\W/g, '')}`;
    const command = `${leash} train ${configs[thread]} ${runs} --name ${name} ${redirection}`;
    expect(shell(command)).toEqual({ code: 0, err: '' });
    expect(loadRun(join(folder, name)).record.status).toBe('completed');
    expect(warningsOf(name)).toEqual(warnings);
  },
);

test.skipIf(!hasFullDevice)('a comparison makes its runs and its report without a stdout', () => {
  const command = `${leash} compare ${configs.main} ${runs} --seeds 2 --name compared > /dev/full`;
  expect(shell(command)).toEqual({ code: 0, err: '' });
  expect(existsSync(join(folder, 'compared/report.html'))).toBe(true);
});

test
  .skipIf(!hasFullDevice)
  .each([
    'kl --p 0.5,0.5 --q 0.4,0.6',
    `config show ${configs.main} --json`,
    '--help',
    'envs',
    `train ${configs.main} ${runs} --name result-main --json`,
    `train ${configs.thread} ${runs} --name result-thread --json`,
  ])('leash %s whose output cannot be written ends with exit 1 and one line', (command) => {
  const err = 'leash: stdout cannot be written (no space left on the device)\n';
  expect(shell(`${leash} ${command} > /dev/full`)).toEqual({ code: 1, err });
});

test('a pipe that is closed when enough was read is no failure', () => {
  const err = 'exit 0\n';
  expect(shell(`(${leash} config schema; echo "exit $?" >&2) | true`).err).toBe(err);
});

/** Of util-linux: runs a command in a terminal. */
const hasTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux');

/** Runs a command in a terminal and takes that away once the run has a row. */
async function loseTerminal(command: string, run: string): Promise<void> {
  const terminal = spawn('script', ['-qfc', command, '/dev/null'], { cwd: root });
  terminal.stdout.resume();
  const metrics = join(run, 'metrics.jsonl');
  while (!existsSync(metrics) || readFileSync(metrics, 'utf8') === '') await setTimeout(10);
  terminal.kill('SIGKILL');
}

describe.skipIf(!hasTerminal).each(['main', 'thread'] as const)('on the %s thread', (thread) => {
  const train = `${leash} train ${configs[thread]} ${runs}`;

  test('a terminal that is closed ends training as SIGHUP does', async () => {
    const run = join(folder, `hangup-${thread}`, 'seed-0');
    // The first process of a terminal gets the signal.
    await loseTerminal(`exec ${train} --set steps=1e9 --name hangup-${thread}`, run);
    while (loadRun(run).record.status === 'running') await setTimeout(10);
    expect(loadRun(run).record.status).toBe('interrupted');
  });

  test('training that outlives its terminal ends with exit 0', async () => {
    const run = join(folder, `outlives-${thread}`, 'seed-0');
    const code = join(folder, `${thread}.code`);
    // So long that it outlives it on any machine; at such a rate there is nothing else to warn of.
    const long = '--set steps=262144 --set optimizer.learningRate=1e-6';
    const command = `${train} ${long} --name outlives-${thread}`;
    await loseTerminal(`trap "" HUP; ${command}; echo $? > ${code}`, run);
    while (!existsSync(code) || readFileSync(code, 'utf8') === '') await setTimeout(10);
    expect(readFileSync(code, 'utf8')).toBe('0\n');
    expect(loadRun(run).record.status).toBe('completed');
    expect(warningsOf(`outlives-${thread}`)).toEqual([
      `stdout cannot be written (input/output error): ${LOST}`,
    ]);
  });
});
