import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { hasRedis, startRedis } from '../queue/redis-server.ts';
import { type Check, command, leash, require, Skipped, temporaryFolder } from './check.ts';
import { namespaces, relay } from './network.ts';

/*
 * What happens to an experiment over a queue: workers killed every few seconds, the coordinator twice, Redis restarted, a
 * worker cut off; every run must be there once, as one process makes it.
 */

const config = {
  environment: { id: 'CartPole-v1', copies: 2 },
  rollout: { steps: 256 },
  ppo: { minibatchSize: 64, epochs: 8 },
  network: { policy: { hidden: [64, 64] }, value: { hidden: [64, 64] } },
  checkpoint: { everySeconds: 0.5, keep: 2 },
};

const WORKERS = 4;
/** Runs, ms between two kills, ms for which one worker is cut off, and runs that must have gone on from a checkpoint elsewhere. */
const LONG_FORM = { seeds: 200, steps: 512 * 140, killEvery: 10_000, cutFor: 30_000, resumed: 20 };
const SHORT_FORM = { seeds: 8, steps: 512 * 160, killEvery: 5000, cutFor: 10_000, resumed: 1 };

interface Process {
  readonly child: ChildProcess;
  said(): string;
}

/** @param before what its command begins with */
function start(args: readonly string[], before: readonly string[] = []): Process {
  const [file, ...words] = [...before, process.execPath, command, ...args] as [string, ...string[]];
  const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      text += String(chunk);
    });
  return { child, said: () => text };
}

async function kill({ child }: Process): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

const survives: Check = async (isShort) => {
  if (!hasRedis) throw new Skipped('there is no redis-server here (Debian: apt-get install redis-server)');
  const { seeds, steps, killEvery, cutFor, resumed: least } = isShort ? SHORT_FORM : LONG_FORM;
  const folder = temporaryFolder();
  const file = join(folder, 'a.json');
  writeFileSync(file, JSON.stringify({ ...config, steps }));
  const spaces = namespaces(WORKERS);
  const server = await startRedis(
    ...(spaces ? ['--bind', '127.0.0.1', spaces.gateway, '--protected-mode', 'no'] : []),
  );
  const network = spaces ?? (await relay(WORKERS, server.port));
  const isOver = new AbortController();
  const compare = ['compare', file, '--seeds', String(seeds), '--name', 'study'];
  const over = [...compare, '--runs', join(folder, 'queue'), '--queue', server.address];
  const workers: Process[] = [];
  const said: string[] = [];
  const begin = (index: number): void => {
    const { at, before } = network.placeOf(index, server.port);
    workers[index] = start(['worker', '--queue', `redis://${at}`, '--concurrency', '1'], before);
  };
  for (let index = 0; index < WORKERS; index++) begin(index);
  let coordinator = start(over);
  let kills = 0;
  const runs = join(folder, 'queue', 'study', 'a');
  const done = (): number =>
    !existsSync(runs)
      ? 0
      : readdirSync(runs).filter((name) => {
          const record = join(runs, name, 'run.json');
          return existsSync(record) && readFileSync(record, 'utf8').includes('"completed"');
        }).length;
  const killCoordinator = async (): Promise<void> => {
    await kill(coordinator);
    await setTimeout(3000);
    coordinator = start(over);
  };
  /** Once so many of the runs are there. */
  const events: [share: number, act: () => Promise<void>][] = [
    [0.1, killCoordinator],
    [
      0.2,
      async () => {
        network.cut(WORKERS - 1, true);
        const { signal } = isOver;
        void setTimeout(cutFor, undefined, { signal }).then(
          () => network.cut(WORKERS - 1, false),
          () => {},
        );
      },
    ],
    [0.4, () => server.restart()],
    [0.7, killCoordinator],
  ];
  let killedAt = performance.now();
  try {
    while (coordinator.child.exitCode === null) {
      await setTimeout(200);
      const [next] = events;
      if (next !== undefined && done() >= next[0] * seeds) {
        events.shift();
        await next[1]();
      }
      if (performance.now() - killedAt < killEvery) continue;
      killedAt = performance.now();
      const index = kills++ % (WORKERS - 1);
      await kill(workers[index] as Process);
      said.push((workers[index] as Process).said());
      begin(index);
    }
    require(coordinator.child.exitCode === 0, () => `the coordinator: ${coordinator.said()}`);
    require(events.length === 0, () => `${events.length} events were still to come`);
  } finally {
    isOver.abort();
    await kill(coordinator);
    for (const worker of workers) {
      await kill(worker);
      said.push(worker.said());
    }
    await server.stop();
    network.close();
  }
  const { code, stderr } = await leash(...compare, '--runs', join(folder, 'local'), '--json');
  require(code === 0, () => stderr);
  const there = readdirSync(runs).filter((name) => name.startsWith('seed-'));
  require(there.length === seeds, () => `${there.length} runs of ${seeds}`);
  for (const run of there)
    for (const name of ['config.json', 'metrics.jsonl', 'policy.safetensors'])
      require(readFileSync(join(runs, run, name)).equals(
        readFileSync(join(folder, 'local', 'study', 'a', run, name)),
      ), () => `${run}/${name} is not as one process makes it`);
  const [own, local] = ['queue', 'local'].map((each) =>
    readFileSync(join(folder, each, 'study', 'report.json'), 'utf8'),
  );
  require(own === local, () => 'the report is another');
  const resumed = said.join('\n').match(/goes on from update [1-9]\d*/g)?.length ?? 0;
  require(resumed >= least, () =>
    `${resumed} runs went on from a checkpoint elsewhere, at least ${least} should`);
  return `${seeds} runs, each once and as one process makes it, of ${WORKERS} workers, ${network.kind}: ${kills} times one and twice the coordinator killed, Redis restarted, a worker cut off for ${cutFor / 1000} s; ${resumed} went on from a checkpoint elsewhere`;
};

export const checks: Record<string, Check> = { 'an experiment over a queue survives': survives };
