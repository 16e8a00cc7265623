import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Check, emptyProcess, require, type Started, startLeash, temporaryFolder } from './check.ts';

/*
 * Signals at every moment of a command: what exit code, what record, how soon the end after the second.
 */

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof signals;

/** The end after the second signal, in ms, or twice what an empty process takes where the machine is that busy. */
const AT_ONCE = 1000;
/** Two signals within 300 ms are taken for one keypress. */
const APART = 400;

/** Commands whose update at hand takes long, most of them minutes, and one run of each. */
const endless = {
  'train, 1 thread': (folder: string) => ({ args: ['train', big(folder), '--threads', '1'], run: 'seed-0' }),
  'train, 2 threads': (folder: string) => ({ args: ['train', big(folder), '--threads', '2'], run: 'seed-0' }),
  'train, engine tfjs': (folder: string) => ({
    args: ['train', big(folder), '--engine', 'tfjs', '--tfjs-backend', 'cpu'],
    run: 'seed-0',
  }),
  'train, engine reference': (folder: string) => ({
    args: ['train', big(folder), '--engine', 'reference'],
    run: 'seed-0',
  }),
  'train, TRPO': (folder: string) => ({ args: ['train', bigTrpo(folder)], run: 'seed-0' }),
  compare: (folder: string) => ({ args: ['compare', big(folder), '--seeds', '2'], run: 'big/seed-0' }),
  fit: (folder: string) => ({ args: ['fit', bigFit(folder), '--set', 'batchSize=32'], run: 'seed-0' }),
};

const rollouts = {
  environment: { id: 'CartPole-v1', copies: 4 },
  steps: 1e9,
  rollout: { steps: 50_000 },
};

function big(folder: string): string {
  const ppo = { epochs: 1000, minibatchSize: 64 };
  return config(folder, 'big.json', { ...rollouts, ppo, trustRegion: { stop: null } });
}

function bigTrpo(folder: string): string {
  const trpo = { cgIterations: 1000, cgTolerance: 0, value: { epochs: 1000 } };
  return config(folder, 'trpo.json', { ...rollouts, algorithm: 'trpo', trpo });
}

function bigFit(folder: string): string {
  const lines = Array.from(
    { length: 100_000 },
    (_, i) => `${i % 97},${i % 89},${i % 2 === 0 ? 'even' : 'odd'}`,
  );
  writeFileSync(join(folder, 'big.csv'), `a,b,kind\n${lines.join('\n')}\n`);
  const data = { file: 'big.csv', table: { features: ['a', 'b'], target: ['kind'] } };
  return config(folder, 'fit.json', { data, network: { hidden: [256, 256] } });
}

function config(folder: string, name: string, content: object): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

interface Run extends Started {
  readonly path: string;
}

async function start(folder: string, name: string, args: readonly string[], run: string): Promise<Run> {
  const started = startLeash([...args, '--runs', folder, '--name', name]);
  const path = join(folder, name, run);
  while (!existsSync(join(path, 'run.json')) && started.process.exitCode === null) await setTimeout(10);
  return { ...started, path };
}

const statusOf = ({ path }: Run): string =>
  (JSON.parse(readFileSync(join(path, 'run.json'), 'utf8')) as { status: string }).status;

function requireWholeRows({ path }: Run): number {
  const text = readFileSync(join(path, 'metrics.jsonl'), 'utf8');
  require(text === '' || text.endsWith('\n'), () => `${path}: the last row is cut`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line)).length;
}

async function secondSignal(isShort: boolean): Promise<string> {
  const words: string[] = [];
  for (const [name, of] of Object.entries(endless)) {
    const folder = temporaryFolder();
    const { args, run } = of(folder);
    const times: number[] = [];
    for (const signal of (isShort ? ['SIGINT'] : Object.keys(signals)) as Signal[]) {
      const started = await start(folder, signal, args, run);
      // Until the update has begun.
      await setTimeout(2000);
      started.process.kill(signal);
      // On a busy machine it is heard late: two that are heard within 300 ms are one keypress.
      while (!started.stderr().includes('once more quits') && started.process.exitCode === null)
        await setTimeout(10);
      await setTimeout(APART);
      const since = performance.now();
      started.process.kill(signal);
      const { code, stderr } = await started.ended;
      const time = performance.now() - since;
      times.push(time);
      require(code === signals[signal], () => `${name}, ${signal}: exit code ${code}; ${stderr}`);
      requireWholeRows(started);
      const empty = time < AT_ONCE ? 0 : await emptyProcess();
      require(time < AT_ONCE || time < 2 * empty, () =>
        `${name}: ended ${Math.round(time)} ms after the second signal, an empty process in ${Math.round(empty)} ms`);
    }
    rmSync(folder, { recursive: true });
    words.push(`${name} ${Math.round(Math.max(...times))} ms`);
  }
  return `ended at most so long after the second signal: ${words.join(', ')}`;
}

/** A process that has ended is not always seen to have at once, ms; on a busy machine later. */
const UNSEEN = 250;

/** Whether a process ran on after a signal, for ms, rather than that it had ended and nobody had seen it. */
async function ranOn(time: number): Promise<boolean> {
  return time > UNSEEN && time > (await emptyProcess());
}

/** One signal at moments all over a run: at its start, in an update, in the last, at the end. */
async function anyMoment(isShort: boolean): Promise<string> {
  const folder = temporaryFolder();
  const counts = new Map<string, number>();
  const moments = isShort ? 8 : 120;
  const run = (name: string, engine: string): Started => {
    const args = ['train', 'configs/quickstart.json', '--engine', engine, '--steps', '8192', '--quiet'];
    return startLeash([...args, '--runs', folder, '--name', name]);
  };
  // On the main thread, and on one of its own.
  for (const engine of ['wasm', 'reference']) {
    const begun = performance.now();
    await run(engine, engine).ended;
    const whole = performance.now() - begun;
    for (let i = 0; i < moments / 2; i++) {
      const signal = Object.keys(signals)[i % 3] as Signal;
      const name = `${engine}-${i}`;
      const started = run(name, engine);
      await setTimeout((i / (moments / 2)) * 1.1 * whole);
      const isSent = started.process.exitCode === null && started.process.kill(signal);
      const since = performance.now();
      const { code } = await started.ended;
      const isHeard = isSent && (await ranOn(performance.now() - since));
      const end = started.process.signalCode ?? code;
      const there = { ...started, path: join(folder, name, 'seed-0') };
      const status = existsSync(join(there.path, 'run.json')) ? statusOf(there) : 'no run';
      const words = `${status}, ${end}`;
      counts.set(words, (counts.get(words) ?? 0) + 1);
      if (status !== 'no run') requireWholeRows(there);
      const isRight =
        // Before leash listens a signal ends it as it ends any program, and so it does after.
        end === signal
          ? status === 'no run' || status === 'completed'
          : status === 'interrupted'
            ? end === signals[signal]
            : status === 'completed' && (end === signals[signal] || (end === 0 && !isHeard));
      require(isRight, () => `${name}, ${signal}: ${words}`);
    }
  }
  rmSync(folder, { recursive: true });
  return [...counts].map(([end, count]) => `${count} × ${end}`).join('; ');
}

export const checks: Record<string, Check> = { secondSignal, anyMoment };
