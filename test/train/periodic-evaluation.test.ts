import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEnvironments } from '../../src/node/environments.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { nodeHost } from '../../src/node/host.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { parametersSha256, readPolicyFile } from '../../src/node/policy.ts';
import type { Threads } from '../../src/parallel/executor.ts';
import type { EvaluationRow } from '../../src/row/evaluation.ts';
import { readEvaluations } from '../../src/run/read-rows.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { createRun } from '../../src/run/run-directory.ts';
import { createEvaluator, evaluate } from '../../src/train/evaluate.ts';
import { createPeriodicEvaluation } from '../../src/train/periodic-evaluation.ts';
import { train } from '../../src/train/train.ts';
import { secondThread } from './second-thread.ts';

const engine = await loadEngine('auto');
const evaluation = { every: 3, episodes: 5, greedy: false };

const lake = { environment: { id: 'FrozenLake-v1', copies: 4 }, rollout: { steps: 32 }, steps: 1280 };
const pole = {
  environment: { id: 'CartPole-v1', copies: 4, normalizeObservations: true },
  rollout: { steps: 32 },
  steps: 1280,
};
const pendulum = {
  algorithm: 'trpo',
  environment: { id: 'Pendulum-v1', copies: 2 },
  rollout: { steps: 100 },
  steps: 2000,
};

interface Made {
  readonly path: string;
  readonly record: RunRecord;
  readonly config: Config;
  text(file: string): string;
}

async function run(given: object, threads: Threads = 1): Promise<Made> {
  const parsed = configSchema.parse(given);
  const definition = await openEnvironments().resolve(parsed.environment);
  const options = definition.options.parse(parsed.environment.options) as Record<string, unknown>;
  const config = { ...parsed, environment: { ...parsed.environment, options } };
  const directory = createRun(mkdtempSync(join(tmpdir(), 'leash-evaluation-')), 'x', config);
  const second = secondThread(threads);
  const record = await train({ config, definition, engine, directory, host: nodeHost, second });
  const { path } = directory;
  return { path, record, config, text: (file) => readFileSync(join(path, file), 'latin1') };
}

const rowsOf = ({ path }: Made): readonly EvaluationRow[] => {
  const { rows, problems } = readEvaluations(path, false);
  expect(problems).toEqual([]);
  return rows;
};

describe.each([
  ['FrozenLake', lake],
  ['CartPole, observations standardised', pole],
  ['Pendulum by TRPO', pendulum],
])('evaluations in the course of training on %s', (_, config) => {
  it('change not a byte of training, and are not there where they are off', async () => {
    const [off, on] = [await run(config), await run({ ...config, evaluation })];
    expect(on.text('metrics.jsonl')).toBe(off.text('metrics.jsonl'));
    expect(on.text('policy.safetensors')).toBe(off.text('policy.safetensors'));
    expect(existsSync(join(off.path, 'evaluations.jsonl'))).toBe(false);
    expect(existsSync(join(off.path, 'policy-best.safetensors'))).toBe(false);
    expect(off.record.best).toBeUndefined();
  });

  it('give the same bytes on one thread and on two', async () => {
    const [one, two] = [await run({ ...config, evaluation }), await run({ ...config, evaluation }, 2)];
    for (const file of ['metrics.jsonl', 'evaluations.jsonl', 'policy-best.safetensors'])
      expect(two.text(file), file).toBe(one.text(file));
  });

  it('come after every third update and the last, the best one kept and recorded', async () => {
    const made = await run({ ...config, evaluation });
    const rows = rowsOf(made);
    expect(rows.map(({ update }) => update)).toEqual([3, 6, 9, 10]);
    let greatest = Number.NEGATIVE_INFINITY;
    for (const { returnMean, best } of rows) {
      expect(best).toBe(returnMean > greatest);
      greatest = Math.max(greatest, returnMean);
    }
    const best = rows.findLast((row) => row.best) as EvaluationRow;
    const stored = readPolicyFile(join(made.path, 'policy-best.safetensors'));
    const { update, steps, episodes, returnMean } = best;
    expect(made.record.best).toEqual({
      ...{ update, steps, episodes, returnMean },
      parametersSha256: parametersSha256(stored),
    });
    expect(await played(made, stored, best.update)).toMatchObject({ returnMean });
  });

  it('are those of the policy as it stands then, on streams that seed and update alone determine', async () => {
    const made = await run({ ...config, evaluation });
    const last = rowsOf(made).at(-1) as EvaluationRow;
    const stored = readPolicyFile(join(made.path, 'policy.safetensors'));
    expect(await played(made, stored, 10)).toEqual({
      returnMean: last.returnMean,
      lengthMean: last.lengthMean,
    });
    // A run that goes on from update 9 has made no evaluation itself.
    const definition = await openEnvironments().resolve(made.config.environment);
    const again = createPeriodicEvaluation(made.config, definition, engine, 10, () => stored as never, 1e9);
    expect(again?.play(10, last.steps, stored as never)).toEqual({ ...last, best: false });
    again?.dispose();
  });
});

/** The same episodes by `evaluate`. */
async function played(
  { config }: Made,
  stored: ReturnType<typeof readPolicyFile>,
  update: number,
  mode: 'greedy' | 'sampled' = 'sampled',
): Promise<{ returnMean: number; lengthMean: number }> {
  const definition = await openEnvironments().resolve(config.environment);
  const { options } = config.environment;
  const { returns, lengths } = evaluate({
    ...{ definition, options, engine, stored, episodes: 5, mode },
    ...{ seed: config.seed, taskSeed: config.seed, streams: `evaluation/update-${update}` },
  });
  const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;
  return { returnMean: mean(returns), lengthMean: mean(lengths) };
}

it('other updates and seeds draw other episodes', async () => {
  const made = await run({ ...pole, evaluation });
  const stored = readPolicyFile(join(made.path, 'policy.safetensors'));
  const definition = await openEnvironments().resolve(made.config.environment);
  const { options } = made.config.environment;
  const evaluator = createEvaluator(
    { definition, options, engine, episodes: 5, taskSeed: 0 },
    stored.policy.shape,
  );
  const returnsAt = (seed: number, update: number): string =>
    evaluator.play(stored, { mode: 'sampled', seed, streams: `evaluation/update-${update}` }).returns.join();
  const drawn = [returnsAt(0, 1), returnsAt(0, 2), returnsAt(1, 1), returnsAt(0, 1)];
  expect(new Set(drawn).size).toBe(3);
  expect(drawn[3]).toBe(drawn[0]);
  evaluator.dispose();
});

it('greedy evaluations take the likeliest action', async () => {
  const made = await run({ ...pole, evaluation: { ...evaluation, greedy: true } });
  const stored = readPolicyFile(join(made.path, 'policy.safetensors'));
  const { returnMean } = await played(made, stored, 10, 'greedy');
  expect(rowsOf(made).at(-1)?.returnMean).toBe(returnMean);
  expect(returnMean).not.toBe((await played(made, stored, 10)).returnMean);
});

it('a figure of literal returns', async () => {
  // An arm that always pays: every episode returns 1 (a bandit’s episode is one step).
  const sure = {
    environment: { id: 'BernoulliBandit', copies: 2, options: { means: [1, 1] } },
    rollout: { steps: 8 },
    ppo: { minibatchSize: 16 },
    steps: 32,
    evaluation: { every: 1, episodes: 3, greedy: true },
  };
  const made = await run(sure);
  const row = { episodes: 3, returnMean: 1, returnStd: 0, returnMin: 1, returnMax: 1, lengthMean: 1 };
  expect(rowsOf(made)).toEqual([
    { update: 1, steps: 16, ...row, best: true },
    { update: 2, steps: 32, ...row, best: false },
  ]);
});
