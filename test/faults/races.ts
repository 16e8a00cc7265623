import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ownerHere } from '../../src/run/owner.ts';
import { type Check, require, root, temporaryFolder } from './check.ts';

/** Processes that race each other, and how long before the start they are told of it, ms. */
const RACERS = 3;
const NOTICE = 4;

interface Racer {
  /** @returns what it answered */
  race(at: number, name: string): Promise<string>;
  end(): void;
}

function startRacer(what: string, folder: string): Racer {
  const script = join(root, 'test/faults/racer.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, what, folder], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async race(at, name) {
      child.stdin.write(`${at} ${name}\n`);
      const { value } = await lines.next();
      return String(value);
    },
    end: () => child.stdin.end(),
  };
}

/** Lets the racers race for one name after the other. @param check is given the answers of each race */
async function raceFor(
  what: string,
  races: number,
  prepare: (folder: string, name: string) => void,
  check: (answers: readonly string[], folder: string, name: string) => void,
): Promise<void> {
  const folder = temporaryFolder();
  const racers = Array.from({ length: RACERS }, () => startRacer(what, folder));
  try {
    for (let race = 0; race < races; race++) {
      const name = `race-${race}`;
      prepare(folder, name);
      const at = performance.timeOrigin + performance.now() + (race === 0 ? 5000 : NOTICE);
      check(await Promise.all(racers.map((racer) => racer.race(at, name))), folder, name);
    }
  } finally {
    for (const racer of racers) racer.end();
    rmSync(folder, { recursive: true });
  }
}

/** One got it, and each of the others was told so in one line. */
function requireOneOwner(answers: readonly string[], told: RegExp): void {
  const others = answers.filter((answer) => answer !== 'got');
  require(others.length === RACERS - 1 && others.every((answer) => told.test(answer)), () =>
    `not one owner: ${answers.join(' | ')}`);
}

const runFolders: Check = async (isShort) => {
  const races = isShort ? 40 : 1000;
  await raceFor(
    'run',
    races,
    () => {},
    (answers, folder, name) => {
      requireOneOwner(answers, /^UserError: \S+ is there already: process \d+ is at work in it/);
      const left = readdirSync(join(folder, name)).join();
      require(left === 'seed-0', () => `left beside the run: ${left}`);
    },
  );
  return `${races} races of ${RACERS} processes for a run's folder, one owner each, the others told`;
};

const TOLD = /^UserError: process \d+ is at work in \S+; wait for it, or choose another --name$/;

const newExperiments: Check = async (isShort) => {
  const races = isShort ? 40 : 1000;
  const answered = (answers: readonly string[]): void => requireOneOwner(answers, TOLD);
  await raceFor('experiment', races, () => {}, answered);
  return `${races} races of ${RACERS} processes that make one experiment, one owner each, the others told`;
};

const staleExperiments: Check = async (isShort) => {
  const races = isShort ? 40 : 1000;
  let race = 0;
  const answered = (answers: readonly string[]): void => requireOneOwner(answers, TOLD);
  await raceFor('experiment', races, (folder, name) => leaveStale(join(folder, name), race++), answered);
  return `${races} races of ${RACERS} processes for an experiment whose owner was killed, one owner each, the others told`;
};

/** An experiment as a killed process left it: of this version, of leash 0.1.0, or after several. */
function leaveStale(path: string, race: number): void {
  mkdirSync(join(path, 'a'), { recursive: true });
  const marker = { format: 'leash-experiment-1', ...(race % 3 === 0 ? {} : { token: 'ab' }) };
  writeFileSync(join(path, 'experiment.json'), JSON.stringify(marker));
  if (race % 3 === 0) writeFileSync(join(path, 'lock'), '4194304\n');
  const dead = JSON.stringify({ ...ownerHere('leash-lock-1'), processStart: '1' });
  for (let i = 1; i <= race % 3; i++) writeFileSync(join(path, `.lock.ab.${i}`), `${dead}\n`);
}

export const checks: Record<string, Check> = {
  'run-folder-races': runFolders,
  'experiment-races': newExperiments,
  'stale-experiment-races': staleExperiments,
};
