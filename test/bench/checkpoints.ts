/**
 * What checkpoints cost, beside the same training without any, A B B A … in one process:
 *   npm run bench:checkpoints                       four workloads on one thread and on two, about four minutes
 *   npm run bench:checkpoints -- --updates 100      fewer pairs (300)
 *   npm run bench:checkpoints -- --only cart-pole   workloads whose name has that in it
 *
 * A line each: milliseconds of an update and of a checkpoint, and its bytes. "Keeping" is what an update takes longer where
 * the state of before a rollout collected ahead is kept for a checkpoint: the median over pairs of neighbours, and its 95%
 * interval. "Every 10" is that and the share of time that a checkpoint at every tenth update takes; "by default" that and the
 * share of one a second, or of one in 200 times what it takes where that is rarer, as a config has it that says nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findEnvironment } from '../../envs/registry.ts';
import type { Config } from '../../src/config/schema.ts';
import { nodeHost } from '../../src/node/host.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import type { RecordOfRun } from '../../src/run/record.ts';
import { createRun } from '../../src/run/run-directory.ts';
import { createKeeper } from '../../src/train/keeper.ts';
import { createTraining } from '../../src/train/training.ts';
import { secondThread } from '../train/second-thread.ts';
import { interval, median } from './measure.ts';
import { configWith } from './training.ts';

const EVERY = 10;
const workloads = ['quickstart', 'cart-pole-clip', 'cart-pole-trpo', 'pendulum-clip'];

const { values: flags } = parseArgs({
  options: { updates: { type: 'string', default: '300' }, only: { type: 'string', default: '' } },
});
const updates = Number(flags.updates);
if (!Number.isInteger(updates) || updates < 4 * EVERY)
  end(`--updates must be a whole number from ${4 * EVERY}, got "${flags.updates}"`);
const wanted = workloads.filter((name) => name.includes(flags.only));
if (wanted.length === 0) end(`--only must be part of ${workloads.join(', ')}, got "${flags.only}"`);

console.log(
  'workload        threads  ms/update  ms/checkpoint   bytes  keeping                   every 10  by default',
);
for (const name of wanted) for (const threads of [1, 2] as const) console.log(await measured(name, threads));

/** One of the two trainings. */
interface Side {
  /** @returns milliseconds of the next update, and of what is kept after it */
  update(): { own: number; kept: number };
  /** Bytes of the last checkpoint. */
  bytes(): number;
  close(): void;
}

async function sideOf(config: Config, root: string, name: string, threads: 1 | 2): Promise<Side> {
  const engine = await loadEngine(config.engine);
  const definition = findEnvironment(config.environment.id as string);
  const training = createTraining(config, definition, engine, secondThread(threads));
  const run = createRun(root, name, config);
  // A checkpoint makes the record durable, too, whatever it says.
  run.writeRecord({ status: 'running' } as RecordOfRun);
  let bytes = 0;
  const writer: typeof run = {
    ...run,
    writeCheckpoint(update, checkpoint, keep) {
      bytes = checkpoint.length;
      return run.writeCheckpoint(update, checkpoint, keep);
    },
  };
  const startedAt = new Date().toISOString();
  const keeper = createKeeper(config, training, engine, writer, nodeHost, () => ({
    startedAt,
    updatesOnTwo: training.updatesOnTwoThreads,
    module: undefined,
    best: undefined,
    warnings: [],
  }));
  return {
    update() {
      const begun = performance.now();
      const row = training.update();
      const own = performance.now() - begun;
      run.appendRow(row);
      const before = performance.now();
      keeper.after(row.update);
      return { own, kept: performance.now() - before };
    },
    bytes: () => bytes,
    close() {
      training.dispose();
      run.close();
    },
  };
}

async function measured(name: string, threads: 1 | 2): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'leash-bench-'));
  // Steps that no measurement comes to the end of.
  const base = { ...configWith(`configs/${name}.json`), steps: 1e9 };
  const checkpoint = { everyUpdates: EVERY, everySeconds: null, keep: 2 };
  const without = await sideOf({ ...base, checkpoint: null }, root, 'without', threads);
  const kept = await sideOf({ ...base, checkpoint }, root, 'with', threads);
  const ratios: number[] = [];
  const own: number[] = [];
  const writing: number[] = [];
  for (let i = 0; i < updates; i++) {
    // Who is second finds the caches warm: each is as often.
    const [a, b] = [without.update(), kept.update()];
    const [d, c] = [kept.update(), without.update()];
    // V8 compiles in the first quarter.
    if (i < updates / 4) continue;
    own.push(a.own, c.own);
    ratios.push((b.own + d.own) / (a.own + c.own));
    writing.push(...[b.kept, d.kept].filter((_, at) => (2 * i + at + 1) % EVERY === 0));
  }
  const bytes = kept.bytes();
  without.close();
  kept.close();
  rmSync(root, { recursive: true });
  const [update, one] = [median(own), median(writing)];
  const keeping = median(ratios) - 1;
  const [low, high] = interval(ratios).map((ratio) => percent(ratio - 1));
  const seconds = one / (Math.max(1000, 200 * one) + one);
  return [
    name.padEnd(15),
    `${threads}`.padStart(7),
    update.toFixed(2).padStart(10),
    one.toFixed(2).padStart(14),
    String(bytes).padStart(8),
    ` ${percent(keeping)} (${low} to ${high})`.padEnd(25),
    percent(keeping + one / (EVERY * update + one)).padStart(9),
    percent(keeping + seconds).padStart(11),
  ].join(' ');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}

function end(problem: string): never {
  console.error(`bench:checkpoints: ${problem}`);
  process.exit(1);
}
