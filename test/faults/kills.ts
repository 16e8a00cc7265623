import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { randomStream } from '../../src/random/random.ts';
import { type Check, leash, require, type Started, startLeash, temporaryFolder } from './check.ts';

const config = {
  steps: 20_000,
  environment: { id: 'CartPole-v1', copies: 2 },
  rollout: { steps: 32 },
  ppo: { minibatchSize: 64, epochs: 1 },
  network: { policy: { hidden: [8] }, value: { hidden: [8] } },
};

interface Listed {
  path: string;
  status: string;
  updates: number;
  updatesPlanned?: number;
}

async function listed(runs: string): Promise<Listed[]> {
  const { code, stdout, stderr } = await leash('runs', '--runs', runs, '--json');
  // Killed before the first run had its name: there is nothing to list.
  if (code === 2 && stderr.includes('no run at')) return [];
  require(code === 0, () => `leash runs exits with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Listed[];
}

/** What the rows and the record on disk say, read by other means than leash's. */
function told(path: string): { rows: number; recorded: string } {
  const lines = readFileSync(join(path, 'metrics.jsonl'), 'utf8').split('\n');
  const rows = lines.filter((line) => line.endsWith('}')).length;
  const file = join(path, 'run.json');
  const recorded = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')).status as string) : 'running';
  return { rows, recorded };
}

function requireTrue(runs: readonly Listed[]): void {
  for (const { path, status, updates } of runs) {
    const { rows, recorded } = told(path);
    const expected = recorded === 'running' ? 'dead' : recorded;
    require(status === expected && updates === rows, () =>
      `${path} is listed as ${status} after ${updates}; it is ${expected} after ${rows}`);
  }
}

/** The names of all folders below; of one that gets its name at this moment none. */
function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => [name, ...foldersIn(join(path, name))]);
  } catch {
    return [];
  }
}

/** Waits for the first folder of a run, or the end. */
async function begun(runs: string, started: Started): Promise<void> {
  let isOver = false;
  void started.ended.then(() => {
    isOver = true;
  });
  const isBegun = (): boolean => existsSync(runs) && foldersIn(runs).some((name) => name.startsWith('seed-'));
  while (!isOver && !isBegun()) await setTimeout(2);
}

/**
 * Kills `leash` at some moment, and does it again until the moments are many: most within `longest` ms of its first
 * run’s folder, every fifth as long from the start of the process.
 */
async function kill(
  kills: number,
  longest: number,
  args: (runs: string, file: string) => string[],
  isMade: (runs: string) => boolean,
): Promise<string> {
  const folder = temporaryFolder();
  const file = join(folder, 'a.json');
  writeFileSync(file, JSON.stringify(config));
  const random = randomStream(kills, 'kills');
  const seen: Record<string, number> = {};
  try {
    for (let i = 0; i < kills; i++) {
      const runs = join(folder, 'runs');
      const started = startLeash(args(runs, file));
      if (i % 5 > 0) await begun(runs, started);
      await setTimeout(random.uniform() * longest);
      started.process.kill('SIGKILL');
      await started.ended;
      const left = await listed(runs);
      requireTrue(left);
      for (const { status } of left) seen[status] = (seen[status] ?? 0) + 1;
      if (left.length === 0) seen.none = (seen.none ?? 0) + 1;
      const names = existsSync(runs) ? readdirSync(runs) : [];
      if (names.length > 0) {
        const removed = await leash('runs', 'rm', ...names, '--yes', '--runs', runs);
        require(removed.code === 0, () => `rm after kill ${i}: ${removed.stderr}`);
        require(readdirSync(runs).length === 0, () => `rm left ${readdirSync(runs).join()}`);
      }
      // Every tenth is made anew where it was killed.
      if (i % 10 !== 9) continue;
      const again = await leash(...args(runs, file));
      require(again.code === 0 && isMade(runs), () => `cannot be made again: ${again.stderr}`);
      rmSync(runs, { recursive: true });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const counts = Object.entries(seen).map(([status, count]) => `${count} ${status}`);
  return `${kills} kills, status and updates true for all runs (${counts.join(', ')}), all removed`;
}

const trainings: Check = (isShort) =>
  kill(
    isShort ? 6 : 100,
    1500,
    (runs, file) => ['train', file, '--quiet', '--runs', runs],
    (runs) => told(join(runs, 'a', 'seed-0')).recorded === 'completed',
  );

/** A comparison of three runs on two threads. */
function comparing(file: string, name: string, runs: string): string[] {
  const threads = ['--seeds', '3', '--workers', '2'];
  return ['compare', file, ...threads, '--json', '--name', name, '--runs', runs];
}

const comparisons: Check = (isShort) =>
  kill(
    isShort ? 4 : 100,
    3000,
    (runs, file) => comparing(file, 'study', runs),
    (runs) => existsSync(join(runs, 'study', 'report.json')),
  );

/** What was killed goes on, and ends as if it had not been. */
const continued: Check = async (isShort) => {
  const kills = isShort ? 2 : 20;
  const folder = temporaryFolder();
  const file = join(folder, 'a.json');
  writeFileSync(file, JSON.stringify(config));
  const compare = (name: string): string[] => comparing(file, name, folder);
  const rowsOf = (name: string): string =>
    [0, 1, 2]
      .map((seed) => readFileSync(join(folder, name, 'a', `seed-${seed}`, 'metrics.jsonl'), 'utf8'))
      .join('');
  const random = randomStream(kills, 'kills');
  try {
    require((await leash(...compare('whole'))).code === 0, () => 'the comparison fails');
    for (let i = 0; i < kills; i++) {
      const started = startLeash(compare('killed'));
      await setTimeout(1000 + random.uniform() * 4000);
      started.process.kill('SIGKILL');
      await started.ended;
    }
    const { code, stderr } = await leash(...compare('killed'));
    require(code === 0, () => `does not go on after kills: ${stderr}`);
    require(rowsOf('killed') === rowsOf('whole'), () => 'the rows of a killed comparison are others');
  } finally {
    rmSync(folder, { recursive: true });
  }
  return `a comparison killed ${kills} times went on and wrote the same rows as one that was not`;
};

export const checks: Record<string, Check> = {
  'killed-trainings': trainings,
  'killed-comparisons': comparisons,
  'killed-and-continued': continued,
};
