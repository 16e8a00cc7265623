import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { hasRedis, startRedis } from '../queue/redis-server.ts';
import { type Check, command, leash, require, Skipped, temporaryFolder } from './check.ts';

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
const LONG_FORM = { seeds: 200, steps: 512 * 60, killEvery: 10_000, cutFor: 30_000, resumed: 20 };
const SHORT_FORM = { seeds: 8, steps: 512 * 160, killEvery: 5000, cutFor: 10_000, resumed: 1 };

interface Process {
  readonly child: ChildProcess;
  said(): string;
}

function start(args: readonly string[]): Process {
  const child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
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

/** A way to a port that can be cut: nothing passes then, and nobody is told. */
async function cuttable(port: number): Promise<{ port: number; cut(isCut: boolean): void; close(): void }> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const listening = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => to.write(bytes));
      from.on('close', () => void to.destroy());
      from.on('error', () => {});
      if (isCut) from.pause();
    }
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return {
    port: (listening.address() as { port: number }).port,
    cut(now) {
      isCut = now;
      for (const socket of sockets)
        if (now) socket.pause();
        else socket.resume();
    },
    close() {
      listening.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

const survives: Check = async (isShort) => {
  if (!hasRedis) throw new Skipped('there is no redis-server here (Debian: apt-get install redis-server)');
  const { seeds, steps, killEvery, cutFor, resumed: least } = isShort ? SHORT_FORM : LONG_FORM;
  const folder = temporaryFolder();
  const file = join(folder, 'a.json');
  writeFileSync(file, JSON.stringify({ ...config, steps }));
  const server = await startRedis();
  const way = await cuttable(server.port);
  const compare = ['compare', file, '--seeds', String(seeds), '--name', 'study'];
  const over = [...compare, '--runs', join(folder, 'queue'), '--queue', server.address];
  const workers: Process[] = [];
  const said: string[] = [];
  const begin = (index: number): void => {
    // The last one goes the way that is cut.
    const address = index === WORKERS - 1 ? `redis://127.0.0.1:${way.port}` : server.address;
    workers[index] = start(['worker', '--queue', address, '--concurrency', '1']);
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
        way.cut(true);
        void setTimeout(cutFor).then(() => way.cut(false));
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
    await kill(coordinator);
    for (const worker of workers) {
      await kill(worker);
      said.push(worker.said());
    }
    way.close();
    await server.stop();
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
  return `${seeds} runs, each once and as one process makes it: ${kills} workers and 2 coordinators killed, Redis restarted, a worker cut off for ${cutFor / 1000} s; ${resumed} went on from a checkpoint elsewhere`;
};

export const checks: Record<string, Check> = { 'an experiment over a queue survives': survives };
