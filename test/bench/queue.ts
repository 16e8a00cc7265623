/**
 * What a queue adds to runs, and what its coordinator holds:
 *   npm run bench:queue                    five pairs of 100 runs, then 100 and 1,000 runs, some minutes on a machine that is idle
 *   npm run bench:queue -- --pairs 9       more pairs; 0 none
 *   npm run bench:queue -- --most 10000    also 10,000 runs
 *
 * The runs are of one update each, so that nearly all that they take is what surrounds them. A pair is the same study by one
 * worker over the queue and by one thread of the embedded pool, in turn, each a process from its start to its end; the
 * overhead is the difference for a run, the median over pairs and its 95% interval. Memory is the most that the process of
 * the coordinator held. Of as many runs as are made at most it is also said what they are while they wait, no worker being there.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { connect } from '../../src/queue/connection.ts';
import { cancelStudy, statusOf } from '../../src/queue/control.ts';
import { ended, leash, until } from '../queue/processes.ts';
import { startRedis } from '../queue/redis-server.ts';
import { built } from '../built.ts';
import { interval, median } from './measure.ts';

/** Runs of a side of a pair. */
const RUNS = 100;

const { values: flags } = parseArgs({
  options: { pairs: { type: 'string', default: '5' }, most: { type: 'string', default: '1000' } },
});
const [pairs, most] = [Number(flags.pairs), Number(flags.most)];
if (!Number.isInteger(pairs) || pairs < 0) end(`--pairs must be a whole number from 0, got "${flags.pairs}"`);
if (!Number.isInteger(most) || most < RUNS)
  end(`--most must be a whole number from ${RUNS}, got "${flags.most}"`);

const folder = mkdtempSync(join(tmpdir(), 'leash-bench-queue-'));
const file = join(folder, 'a.json');
writeFileSync(
  file,
  JSON.stringify({
    ...{ steps: 64, environment: { id: 'CartPole-v1', copies: 2 }, rollout: { steps: 32 } },
    ...{ ppo: { minibatchSize: 64, epochs: 1 }, checkpoint: null },
    network: { policy: { hidden: [8] }, value: { hidden: [8] } },
  }),
);
const peakMemory = pathToFileURL(fileURLToPath(new URL('peak-memory.mjs', import.meta.url))).href;
const server = await startRedis();
const queue = ['--queue', server.address];
const worker = leash(['worker', ...queue, '--concurrency', '1', '--dir', folder]);
let studies = 0;
try {
  // Who is first compiles and fills caches.
  await study(RUNS, queue);
  const differences: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const isQueueFirst = pair % 2 === 0;
    const first = await study(RUNS, isQueueFirst ? queue : ['--workers', '1']);
    const second = await study(RUNS, isQueueFirst ? ['--workers', '1'] : queue);
    const [over, local] = isQueueFirst ? [first, second] : [second, first];
    differences.push((over.ms - local.ms) / RUNS);
    console.log(
      `pair ${pair + 1}: ${(over.ms / RUNS).toFixed(1)} ms a run over the queue, ${(local.ms / RUNS).toFixed(1)} by a thread`,
    );
  }
  if (pairs > 0) {
    const [low, high] = interval(differences);
    console.log(
      `overhead: ${median(differences).toFixed(1)} ms a run (${low.toFixed(1)} to ${high.toFixed(1)})`,
    );
  }
  await waiting(most);
  for (let runs = RUNS; runs <= most; runs *= 10) {
    const { ms, megabytes } = await study(runs, queue);
    console.log(
      `${runs} runs: the coordinator held ${megabytes.toFixed(0)} MB at most, ${(ms / 1000).toFixed(0)} s`,
    );
  }
} finally {
  await ended(worker.child, 'SIGTERM');
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** A study from the start of its process to its end. */
async function study(runs: number, by: readonly string[]): Promise<{ ms: number; megabytes: number }> {
  const name = `study${++studies}`;
  const begun = performance.now();
  const { code, said, megabytes } = await coordinator(name, runs, by);
  if (code !== 0) throw new Error(`${name}: ${said}`);
  const ms = performance.now() - begun;
  rmSync(join(folder, 'runs'), { recursive: true });
  return { ms, megabytes };
}

/** A study whose runs wait, until it is cancelled: how soon they are there, and what that takes. */
async function waiting(runs: number): Promise<void> {
  const connection = await connect(server.address, 'waiting');
  const memory = async (): Promise<number> =>
    Number(/^used_memory:(\d+)/m.exec(await connection.redis.info('memory'))?.[1]) / 1e6;
  const timed = async (act: () => Promise<unknown>): Promise<string> => {
    const begun = performance.now();
    await act();
    return ((performance.now() - begun) / 1000).toFixed(2);
  };
  const before = await memory();
  const over = coordinator('waiting', runs, [...queue, '--queue-prefix', 'waiting']);
  const seconds = await timed(() => until(async () => (await statusOf(connection)).runs.waiting === runs));
  const held = (await memory()) - before;
  const looked = await timed(() => statusOf(connection));
  const cancelled = await timed(() => cancelStudy(connection, 'waiting'));
  const { megabytes } = await over;
  connection.close();
  console.log(
    `${runs} runs wait ${seconds} s after the call: ${held.toFixed(1)} MB of Redis; its coordinator held ${megabytes.toFixed(0)} MB at most; a look at the queue took ${looked} s, to cancel them ${cancelled} s`,
  );
}

/** The process of a study, to its end. */
async function coordinator(
  name: string,
  runs: number,
  by: readonly string[],
): Promise<{ code: number | null; said: string; megabytes: number }> {
  const args = ['compare', file, '--seeds', String(runs), '--name', name];
  const child = spawn(
    process.execPath,
    ['--import', peakMemory, built, ...args, '--runs', join(folder, 'runs'), ...by],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (text) => {
    said += String(text);
  });
  const code = await new Promise<number | null>((resolve) => void child.on('close', resolve));
  // Its threads say so, too: the process is the largest.
  const held = [...said.matchAll(/peak memory ([\d.]+) MB/g)].map(([, figure]) => Number(figure));
  return { code, said, megabytes: Math.max(...held) };
}

function end(problem: string): never {
  console.error(`bench:queue: ${problem}`);
  process.exit(1);
}
