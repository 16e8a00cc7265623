import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { loadEngine, surveyEngines } from '../../src/node/load-engine.ts';
import { objectives } from '../../src/objective/objective.ts';
import type { Threads } from '../../src/parallel/executor.ts';
import type { ActionSpace, EnvironmentDefinition } from '../../src/rollout/environment.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { decodePolicy, encodePolicy } from '../../src/run/policy-file.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { createTraining, type Training } from '../../src/train/training.ts';
import { identityWorld } from './identity-world.ts';
import { secondThread } from './second-thread.ts';

const engine = await loadEngine('wasm');
const reports = await surveyEngines();

const spaces: Record<string, ActionSpace> = {
  'several choices': { kind: 'multiDiscrete', n: [3, 1, 2] },
  bits: { kind: 'multiBinary', n: 2 },
};

function configOf(over: object = {}) {
  return configSchema.parse({
    environment: { id: 'Identity', copies: 8 },
    rollout: { steps: 32 },
    network: { policy: { hidden: [16] }, value: { hidden: [16] } },
    ppo: { minibatchSize: 64 },
    optimizer: { learningRate: 0.01 },
    trustRegion: { delta: 0.05 },
    steps: 256 * 60,
    ...over,
  });
}

function open(world: EnvironmentDefinition, over: object = {}, threads: Threads = 1): Training {
  return createTraining(configOf(over), world, engine, secondThread(threads));
}

/** Every update's row, and the policy's file. */
function run(training: Training): { rows: MetricsRow[]; file: Uint8Array } {
  const rows = Array.from({ length: training.updates }, () => training.update());
  const file = encodePolicy(training.stored());
  training.dispose();
  return { rows, file };
}

const algorithms: Record<string, object> = {
  ...Object.fromEntries(objectives.map(({ kind }) => [`PPO with ${kind}`, { objective: { kind } }])),
  TRPO: { algorithm: 'trpo' },
  NPG: { algorithm: 'npg' },
  GRPO: { advantage: { estimator: 'grpo', groupSize: 2, gamma: 1 } },
  'a reference in the loss': { reference: { policy: 'initial', beta: 0.001, placement: 'loss' } },
  'a reference in the reward': {
    reference: { policy: 'initial', beta: 0.001, placement: 'reward', estimator: 'k1' },
  },
  'an entropy bonus': { loss: { entropyCoefficient: 0.001 } },
};

describe.each(Object.entries(spaces))('a world of %s', (_, space) => {
  const world = { ...identityWorld(space), episodeLength: () => 4 } as EnvironmentDefinition;

  it.each(Object.entries(algorithms))('is learned by %s', (name, over) => {
    const { rows, file } = run(open(world, over));
    expect(rows.at(-1)?.returnMean).toBeGreaterThan(3.6);
    for (const row of rows) expect(Number.isFinite(row.klOldNewMean)).toBe(true);
    if (name === 'TRPO') expect(rows.every(({ deltaViolated }) => !deltaViolated)).toBe(true);
    const { returns } = evaluate({
      ...{ definition: world, options: {}, engine, stored: decodePolicy(file, 'it') },
      ...{ episodes: 32, mode: 'greedy', seed: 1, taskSeed: 0 },
    });
    expect([...returns]).toEqual(new Array(32).fill(4));
  });

  it('gives the same bytes on two threads, and after a snapshot', () => {
    const over = { steps: 256 * 6 };
    const one = run(open(world, over));
    expect(run(open(world, over, 2))).toEqual(one);
    const [first, second] = [open(world, over), open(world, over)];
    const rows = [first.update(), first.update(), first.update()];
    second.restore(first.snapshot());
    first.dispose();
    while (rows.length < second.updates) rows.push(second.update());
    expect(rows).toEqual(one.rows);
    expect(encodePolicy(second.stored())).toEqual(one.file);
    second.dispose();
  });

  it.each(reports.filter(({ missing }) => missing === undefined))(
    'is the same to float32 precision on $engine $backend',
    async ({ engine: name, backend: tfjsBackend }) => {
      const other = await loadEngine(name, { tfjsBackend });
      for (const over of [{}, { algorithm: 'trpo' }]) {
        const [a, b] = [engine, other].map((each) => {
          const training = createTraining(configOf({ ...over, steps: 256 }), world, each);
          const row = training.update();
          training.dispose();
          return row;
        }) as [MetricsRow, MetricsRow];
        for (const figure of ['klOldNewMean', 'entropy', 'policyLoss', 'gradientNorm'] as const)
          expect(
            Math.abs((a[figure] ?? 0) - (b[figure] ?? 1)) / Math.max(0.01, Math.abs(a[figure] ?? 0)),
            figure,
          ).toBeLessThan(2e-3);
      }
    },
  );
});
