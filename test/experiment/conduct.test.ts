import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { openEnvironments } from '../../src/node/environments.ts';
import { resolveConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { comparison } from '../../src/experiment/comparison.ts';
import { conduct } from '../../src/experiment/conduct.ts';
import { type Contestant, runExperiment } from '../../src/experiment/experiment.ts';
import { openExperiment } from '../../src/experiment/experiment-directory.ts';
import type { RunPool, TaskOutcome } from '../../src/experiment/pool.ts';
import runTask from '../../src/experiment/worker.ts';
import { readPlaces } from '../../src/run/experiment-order.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-conduct-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function config(clipRange: number, over: object = {}): Config {
  const tree = {
    steps: 256,
    engine: 'reference',
    environment: { id: 'BernoulliBandit', copies: 2 },
    rollout: { steps: 16 },
    network: { policy: { hidden: [] }, value: { hidden: [] } },
    objective: { kind: 'clip', clipRange },
    ppo: { minibatchSize: 32 },
    ...over,
  };
  const { loaded, problems } = resolveConfig(tree, 'here', [], environmentOptions);
  if (loaded === undefined) throw new Error(problems[0]);
  return loaded.config;
}

const contestants = [
  { label: 'narrow', config: config(0.1) },
  { label: 'wide', config: config(0.3) },
];

/** Makes runs on the thread that asks for them. */
function inlinePool(made: string[], order: 'forwards' | 'backwards'): RunPool {
  return {
    async make(runs, { held, signal, onStart, onEnd }) {
      const outcomes: TaskOutcome[] = [];
      const shared = new Int32Array(new SharedArrayBuffer(4 * (runs.length + 1)));
      onStart?.(() => runs.map((_, i) => shared[i + 1] as number));
      const entries = [...runs.entries()];
      for (const [index, run] of order === 'forwards' ? entries : entries.toReversed()) {
        const outcome: TaskOutcome = signal?.aborted
          ? { status: 'interrupted', failure: null }
          : await runTask({ ...run, held, shared, slot: index + 1 });
        made.push(`${run.label}/seed-${run.config.seed}`);
        outcomes[index] = outcome;
        onEnd?.(index, outcome);
      }
      return outcomes;
    },
    async close() {},
  };
}

async function conducted(
  name: string,
  pool: RunPool,
  signal = new AbortController().signal,
  given: readonly Contestant[] = contestants,
  matchKl?: number,
) {
  const title = { name: 'x', description: '', command: 'leash compare' };
  const seeds = [0, 1];
  const experiment = comparison({
    contestants: given,
    seeds,
    matchKl,
    threshold: undefined,
    title,
  });
  const directory = openExperiment(folder, name, environmentOptions);
  try {
    return await conduct(experiment, directory, {
      ...{ pool, signal, onRemade: (line) => expect.fail(line), resolve: openEnvironments().resolve },
    });
  } finally {
    directory.release();
    await pool.close();
  }
}

test('whatever pool makes the runs, in whatever order, the report is the same bytes', async () => {
  const made: string[] = [];
  await conducted('backwards', inlinePool(made, 'backwards'));
  await conducted('forwards', inlinePool([], 'forwards'));
  expect(made).toEqual(['wide/seed-1', 'narrow/seed-1', 'wide/seed-0', 'narrow/seed-0']);
  for (const file of ['report.json', 'report.html']) {
    const [one, other] = ['backwards', 'forwards'].map((name) =>
      readFileSync(join(folder, name, file), 'utf8'),
    );
    expect(one).toBe(other);
  }
});

test('it remembers whose methods its configs are: a method has one place, and so one colour, in all worlds', async () => {
  const [narrow, wide] = contestants;
  const given = ['east', 'west'].flatMap((world) =>
    [narrow, wide].map(({ label, config: own }) => ({
      ...{ label: `${label}.${world}`, method: label, world },
      config: own,
    })),
  );
  await conducted('worlds', inlinePool([], 'forwards'), undefined, given);
  expect([...readPlaces(join(folder, 'worlds'))]).toEqual([
    ['narrow.east', 0],
    ['wide.east', 1],
    ['narrow.west', 0],
    ['wide.west', 1],
  ]);
});

test('interrupted, it gives no report; called again it makes what is missing and gives it', async () => {
  const controller = new AbortController();
  const made: string[] = [];
  const pool = inlinePool(made, 'backwards');
  const stopping: RunPool = {
    ...pool,
    make: (runs, options) =>
      pool.make(runs, {
        ...options,
        onEnd(index, outcome) {
          controller.abort();
          options.onEnd?.(index, outcome);
        },
      }),
  };
  expect(await conducted('again', stopping, controller.signal)).toBeUndefined();
  const missing: string[] = [];
  const report = await conducted('again', inlinePool(missing, 'backwards'));
  expect(report?.configs.map(({ runs }) => runs.map(({ status }) => status))).toEqual([
    ['completed', 'completed'],
    ['completed', 'completed'],
  ]);
  expect(missing).toEqual(['narrow/seed-1', 'wide/seed-0', 'narrow/seed-0']);
});

const trpo = {
  ...{ algorithm: 'trpo', ppo: undefined, objective: undefined },
  trpo: { value: { minibatchSize: 32 } },
};
/** Whose KL follows δ. */
const steps = [0.01, 0.03].map((delta) => ({
  label: `delta-${delta}`,
  config: config(0.2, { ...trpo, trustRegion: { delta } }),
}));

test('a try of --match-kl far from it takes the first two of the seeds, all five only one that is near', async () => {
  const made: string[] = [];
  const report = await conducted('matched', inlinePool(made, 'forwards'), undefined, steps, 0.004);
  const madeOf = (label: string, value: number): number =>
    made.filter((run) => run.startsWith(`${label}@${value}/`)).length;
  const configs = report?.calibration?.configs ?? [];
  expect(configs.map(({ label }) => label)).toEqual(['delta-0.01', 'delta-0.03']);
  for (const { label, target, tries, value } of configs) {
    expect(tries.map((each) => madeOf(label, each.value))).toEqual(tries.map(({ seeds }) => seeds));
    for (const { klMean, seeds } of tries)
      if (seeds === 2) expect(Math.abs(Math.log(klMean / target))).toBeGreaterThan(Math.log(1.15));
    expect(tries.find((each) => each.value === value)?.seeds).toBe(5);
  }
  expect(configs.flatMap(({ tries }) => tries.map(({ seeds }) => seeds))).toContain(2);
});

test('a try that is there on all five seeds, as a leash before made it, is taken as it is', async () => {
  const far = { ...steps[1], label: 'delta-0.03@0.03' };
  const seeds = [0, 1, 2, 3, 4].map((i) => 1_000_000 + i);
  const directory = openExperiment(folder, 'matched-before', environmentOptions);
  const signal = new AbortController().signal;
  await runExperiment(directory, [far], seeds, {
    ...{
      pool: inlinePool([], 'forwards'),
      signal,
      folder: 'calibration',
      onRemade: (line) => expect.fail(line),
    },
    resolve: openEnvironments().resolve,
  });
  directory.release();
  const made: string[] = [];
  const pool = inlinePool(made, 'forwards');
  const report = await conducted('matched-before', pool, undefined, steps, 0.004);
  expect(made.filter((run) => run.startsWith('delta-0.03@0.03/'))).toEqual([]);
  expect(report?.calibration?.configs[1].tries[0]).toMatchObject({ value: 0.03, seeds: 5 });
});
