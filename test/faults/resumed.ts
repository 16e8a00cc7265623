import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findResumePoint } from '../../src/node/resume-point.ts';
import { type Random, randomStream } from '../../src/random/random.ts';
import { UserError } from '../../src/user-error.ts';
import { type Check, require, temporaryFolder } from './check.ts';
import type { Dying, Phase } from './dying.ts';

/* Runs that die at every instant and go on: the finished one is the one that never died. */

/** Ten updates of 32 steps, a checkpoint every two. */
const config = {
  steps: 320,
  environment: { id: 'CartPole-v1', copies: 2, options: { timeLimit: 500 }, normalizeObservations: true },
  rollout: { steps: 16 },
  ppo: { minibatchSize: 16, epochs: 1 },
  network: { policy: { hidden: [4] }, value: { hidden: [4] } },
  objective: { kind: 'klPenalty', adapt: { target: 0.001 } },
  trustRegion: { ledger: true },
  evaluation: { every: 3, episodes: 2 },
  checkpoint: { everyUpdates: 2, keep: 2 },
};

/** Instants of each phase in a whole run, about: steps, gradients, calls of the file system. */
const INSTANTS: Readonly<Record<Phase, number>> = {
  rollout: 300,
  'collected ahead': 260,
  'gradient steps': 18,
  checkpoint: 60,
  'the end': 30,
};

interface Ended {
  readonly code: number | null;
  readonly said: readonly string[];
  readonly stderr: string;
}

function run(dying: Omit<Dying, 'config'>): Promise<Ended> {
  const file = fileURLToPath(new URL('dying.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, JSON.stringify({ ...dying, config })]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += String(text);
  });
  child.stderr.on('data', (text) => {
    stderr += String(text);
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, stderr, said: stdout.trimEnd().split('\n') }));
  });
}

const FILES = [
  'metrics.jsonl',
  'ledger.jsonl',
  'evaluations.jsonl',
  'policy.safetensors',
  'policy-best.safetensors',
];

/** All that has to be the same. */
function bytesOf(root: string): string[] {
  const path = join(root, 'run', 'seed-0');
  const { status, parametersSha256, final } = JSON.parse(readFileSync(join(path, 'run.json'), 'utf8'));
  const timed = readFileSync(join(path, 'timing.jsonl'), 'utf8').trimEnd().split('\n');
  return [
    ...FILES.map((name) => readFileSync(join(path, name), 'latin1')),
    JSON.stringify([status, parametersSha256, final, timed.map((line) => JSON.parse(line).update)]),
  ];
}

/** The update that a run goes on from; −1: it has to begin anew. */
function pointOf(root: string): number {
  const path = join(root, 'run', 'seed-0');
  try {
    return existsSync(join(path, 'config.json')) ? findResumePoint(path).cut.update : -1;
  } catch (cause) {
    if (cause instanceof UserError && cause.message.includes('no checkpoint')) return -1;
    throw cause;
  }
}

function requireReported(root: string, { said }: Ended, words: string): void {
  const reported = said.flatMap((line) => /^checkpoint (\d+)$/.exec(line)?.[1] ?? []).map(Number);
  const last = reported.at(-1) ?? -1;
  require(pointOf(root) >= last, () => `${words}: checkpoint ${last} was reported and is gone`);
}

/** Goes on, dying again where that is asked for, and then to the end. @returns how often it died */
async function finish(
  root: string,
  again: readonly Pick<Dying, 'phase' | 'at'>[],
  words: string,
): Promise<number> {
  let died = 0;
  for (const dying of [...again, {}]) {
    // Killed before its first checkpoint: nothing was reported, it begins anew.
    if (pointOf(root) < 0) rmSync(join(root, 'run'), { recursive: true, force: true });
    const ended = await run({ root, ...dying });
    if (ended.code === null) {
      died += 1;
      requireReported(root, ended, words);
    } else require(ended.code === 0, () => `${words}: ${ended.stderr}`);
    if (ended.said.includes('completed')) return died;
  }
  return died;
}

function instantOf(phase: Phase, random: Random, part = 1): Pick<Dying, 'phase' | 'at'> {
  return { phase, at: 1 + random.integer(Math.max(1, Math.round(INSTANTS[phase] * part))) };
}

const phaseNames = Object.keys(INSTANTS) as Phase[];

const killed: Check = async (isShort) => {
  const folder = temporaryFolder();
  const each = isShort ? 1 : 40;
  const random = randomStream(each, 'kills');
  const counts = new Map<Phase, number>();
  let second = 0;
  try {
    const whole = join(folder, 'whole');
    await run({ root: whole });
    const expected = bytesOf(whole);
    for (const phase of phaseNames) {
      for (let i = 0; i < each; ) {
        const root = join(folder, 'killed');
        const dying = instantOf(phase, random);
        const words = `killed in ${phase} at instant ${dying.at}`;
        const first = await run({ root, ...dying });
        require(first.code === null || first.code === 0, () => `${words}: ${first.stderr}`);
        if (first.code === null) {
          i += 1;
          counts.set(phase, (counts.get(phase) ?? 0) + 1);
          requireReported(root, first, words);
          if (!first.said.includes('completed')) {
            const next = phaseNames[random.integer(phaseNames.length)] as Phase;
            second += await finish(root, [instantOf(next, random, 0.5)], words);
          }
        }
        const found = bytesOf(root);
        require(found.join('') === expected.join(''), () => `${words}: resumed, it is another run`);
        rmSync(root, { recursive: true });
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const told = [...counts].map(([phase, count]) => `${count} in ${phase}`).join(', ');
  return `${told}, ${second} of them killed again: every resumed run equals the one that was never killed`;
};

const powerCuts: Check = async (isShort) => {
  const folder = temporaryFolder();
  const cuts = isShort ? 2 : 60;
  const random = randomStream(cuts, 'power');
  let begun = 0;
  try {
    const whole = join(folder, 'whole');
    await run({ root: whole });
    const expected = bytesOf(whole);
    for (let i = 0; i < cuts; ) {
      const [root, power] = [join(folder, 'lost'), join(folder, 'disk')];
      mkdirSync(root);
      const phase = phaseNames[random.integer(phaseNames.length)] as Phase;
      const dying = instantOf(phase, random);
      const words = `power lost in ${phase} at instant ${dying.at}`;
      const ended = await run({ root, power, ...dying });
      if (ended.code === null) {
        i += 1;
        requireReported(power, ended, words);
        if (pointOf(power) < 0) begun += 1;
        const isOver = ended.said.includes('completed');
        if (!isOver) await finish(power, [], words);
        require(bytesOf(power).join('') === expected.join(''), () =>
          `${words}: what was synced goes on to another run`);
        rmSync(power, { recursive: true });
      }
      rmSync(root, { recursive: true });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return `${cuts} times all that was not synced was dropped: no reported checkpoint and no reported end was lost, ${cuts - begun} runs went on and ${begun} had reported nothing, all equal the one that was never stopped`;
};

export const checks: Record<string, Check> = { 'killed-and-resumed': killed, 'power-cuts': powerCuts };
