import { appendFileSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { Config } from '../../src/config/schema.ts';
import { objectives } from '../../src/objective/objective.ts';
import { readCheckpoint } from '../../src/node/checkpoints.ts';
import { nodeHost } from '../../src/node/host.ts';
import { parametersSha256, readPolicyFile } from '../../src/node/policy.ts';
import { readRows } from '../../src/node/read-run.ts';
import { findResumePoint } from '../../src/node/resume-point.ts';
import { type Checkpoint, encodeCheckpoint } from '../../src/run/checkpoint-file.ts';
import { begin, bytesOf, configOf, goOn } from './interrupted.ts';

const every = { checkpoint: { everyUpdates: 1, keep: 3 } };
const noisy = { trustRegion: { ledger: true }, evaluation: { every: 2, episodes: 3 } };

/** Of every kind that has a state of its own. */
const configs: Record<string, Config> = {
  ...Object.fromEntries(
    objectives.map(({ kind }) => [
      `objective ${kind}`,
      configOf('CartPole-v1', { ...every, objective: { kind } }),
    ]),
  ),
  'trpo on FrozenLake': configOf('FrozenLake-v1', { ...every, algorithm: 'trpo' }),
  'npg, rolled back, on a bandit with contexts': configOf('ContextualBandit', {
    ...every,
    algorithm: 'npg',
    trustRegion: { onOvershoot: 'rollback' },
  }),
  'both normalised, with ledger and evaluations': configOf('CartPole-v1', {
    ...every,
    ...noisy,
    environment: { normalizeObservations: true, normalizeRewards: true },
  }),
  'a Gaussian policy, rolled back': configOf('Pendulum-v1', {
    ...every,
    trustRegion: { onOvershoot: 'rollback', delta: 0.001 },
  }),
  'reference engine': configOf('CartPole-v1', { ...every, engine: 'reference' }),
  'TensorFlow.js': configOf('CartPole-v1', { ...every, engine: 'tfjs', tfjsBackend: 'cpu', steps: 63 * 6 }),
};

describe.each(Object.entries(configs))('%s', (_, config) => {
  it('interrupted twice and gone on with is the run that never was', async () => {
    const whole = bytesOf(await begin(config));
    const { path } = await begin(config, { until: 2 });
    await goOn(path, { until: 4 });
    expect(bytesOf(await goOn(path))).toEqual(whole);
  });
});

describe.each([
  'CliffWalking-v1',
  'Acrobot-v1',
  'MountainCar-v0',
  'MountainCarContinuous-v0',
  'BernoulliBandit',
  'FourRooms',
  'WindyGridworld',
  'Taxi-v4',
  'GaussianBandit',
])('environment %s', (id) => {
  it('goes on as if nothing had been', async () => {
    const config = configOf(id, { ...every, steps: 63 * 5 });
    const whole = bytesOf(await begin(config));
    const { path } = await begin(config, { until: 3 });
    expect(bytesOf(await goOn(path))).toEqual(whole);
  });
});

describe.each<[1 | 2 | 'auto', 1 | 2 | 'auto']>([
  [1, 2],
  [2, 1],
  [2, 2],
  ['auto', 2],
])('threads %s, then %s', (first, then) => {
  it.each(['ppo', 'trpo'])('%s gives the same bytes', async (algorithm) => {
    const config = configOf('CartPole-v1', {
      ...every,
      algorithm,
      environment: { normalizeObservations: true },
    });
    const whole = bytesOf(await begin(config));
    const { path } = await begin(config, { threads: first, until: 4 });
    expect(bytesOf(await goOn(path, { threads: then }))).toEqual(whole);
  });
});

describe('what others lose on resume', () => {
  /** A column after a run was interrupted and went on, and in one that never was. */
  async function columns(config: Config, name: 'learningRate' | 'beta'): Promise<[unknown[], unknown[]]> {
    const whole = await begin(config);
    const { path } = await begin(config, { until: 5 });
    await goOn(path);
    const [own, other] = [path, whole.path].map((each) => readRows(each).map((row) => (row as never)[name]));
    return [own as unknown[], other as unknown[]];
  }

  test('rsl_rl#221: the learning rate goes on where it was, not from the config’s', async () => {
    const learningRate = { schedule: 'linear', from: 0.003, to: 0.0001 };
    const [own, whole] = await columns(
      configOf('CartPole-v1', { ...every, optimizer: { learningRate } }),
      'learningRate',
    );
    expect(own).toEqual(whole);
    expect(new Set(own).size).toBe(9);
  });

  test('verl#2653: the KL controller goes on with its coefficient', async () => {
    const adapt = { rule: 'ziegler', target: 1e-5, horizon: 500 };
    const [own, whole] = await columns(
      configOf('CartPole-v1', { ...every, objective: { kind: 'klPenalty', adapt } }),
      'beta',
    );
    expect(own).toEqual(whole);
    expect(own[5]).not.toBe(own[0]);
  });

  test('ray#22444: an adaptive β goes on as it was', async () => {
    const adapt = { rule: 'rllib', target: 1e-6 };
    const [own, whole] = await columns(
      configOf('CartPole-v1', { ...every, objective: { kind: 'clipAndKlPenalty', adapt } }),
      'beta',
    );
    expect(own).toEqual(whole);
    expect(own[5]).not.toBe(own[0]);
  });
});

describe('a run that was longer than its last checkpoint', () => {
  const config = configOf('CartPole-v1', { checkpoint: { everyUpdates: 3, keep: 'all' }, ...noisy });

  async function killedAt(update: number) {
    const made = await begin(config, { until: update });
    // What a kill leaves: rows beyond the checkpoint, no end.
    rmSync(join(made.path, 'checkpoints', `update-${update}.safetensors`));
    return made.path;
  }

  it('is cut there: no row is doubled, none is lost', async () => {
    const whole = bytesOf(await begin(config));
    const path = await killedAt(8);
    appendFileSync(join(path, 'metrics.jsonl'), '{"update":9,"st');
    expect(bytesOf(await goOn(path))).toEqual(whole);
  });

  it('goes on from the one before where the last is damaged, and that is said', async () => {
    const whole = bytesOf(await begin(config));
    const path = await killedAt(8);
    const file = join(path, 'checkpoints', 'update-6.safetensors');
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    writeFileSync(file, bytes);
    const { cut, passedOver } = findResumePoint(path);
    expect([cut.update, passedOver]).toEqual([
      3,
      [`${file} is damaged: its bytes are not those of its sha256`],
    ]);
    expect(bytesOf(await goOn(path))).toEqual(whole);
    expect(readdirSync(join(path, 'checkpoints')).sort()).toEqual(
      [3, 6, 9].map((n) => `update-${n}.safetensors`),
    );
  });

  it.each(['metrics.jsonl', 'ledger.jsonl', 'evaluations.jsonl'])(
    'goes on from the one before where rows of %s are gone',
    async (name) => {
      const whole = bytesOf(await begin(config));
      const path = await killedAt(8);
      const lines = readFileSync(join(path, name), 'utf8').split('\n');
      const kept = lines.filter((line) => line !== '' && JSON.parse(line).update <= 5);
      truncateSync(join(path, name), Buffer.byteLength(kept.map((line) => `${line}\n`).join('')) + 3);
      expect(bytesOf(await goOn(path))).toEqual(whole);
    },
  );

  /** Another digit in the row of an update, of a file that has one every update. */
  function changeRow(path: string, name: string, update: number): void {
    const file = join(path, name);
    const row = new RegExp(`^(\\{"update":${update},.*\\d)\\d`, 'm');
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text.replace(row, (all, start: string) => `${start}${all.endsWith('7') ? 3 : 7}`),
    );
    expect(readFileSync(file, 'utf8')).not.toBe(text);
  }

  it.each(['metrics.jsonl', 'ledger.jsonl', 'evaluations.jsonl'])(
    'goes on from the one before where a digit of %s is another, and that is said',
    async (name) => {
      const whole = bytesOf(await begin(config));
      const path = await killedAt(8);
      changeRow(path, name, 4);
      const { cut, passedOver } = findResumePoint(path);
      const problem = `${join(path, name)} is not what it was at update 6: a row up to there was changed, leash verify ${path} says which`;
      expect([cut.update, passedOver]).toEqual([3, [problem]]);
      expect(bytesOf(await goOn(path))).toEqual(whole);
    },
  );

  it('does not go on where a digit before its first checkpoint is another', async () => {
    const path = await killedAt(8);
    changeRow(path, 'metrics.jsonl', 2);
    expect(() => findResumePoint(path)).toThrow(
      /has no checkpoint to go on from: .*metrics\.jsonl is not what it was at update 6: .* says which \(and 1 more\); train it again$/,
    );
  });

  it('goes on where a checkpoint of before has no hashes', async () => {
    const path = await killedAt(8);
    const file = join(path, 'checkpoints', 'update-6.safetensors');
    const checkpoint = readCheckpoint(file).checkpoint as Checkpoint;
    expect(checkpoint.hashes).toHaveProperty(['metrics.jsonl']);
    expect(checkpoint.hashes).not.toHaveProperty(['timing.jsonl']);
    writeFileSync(file, encodeCheckpoint({ ...checkpoint, hashes: undefined }, nodeHost.sha256));
    changeRow(path, 'metrics.jsonl', 4);
    expect(findResumePoint(path).cut.update).toBe(6);
  });

  it.each<[string, (file: string) => void, readonly number[]]>([
    ['gone', rmSync, [7, 8, 9]],
    ['cut off in a row', (file) => truncateSync(file, readFileSync(file).indexOf('\n') + 5), [1, 7, 8, 9]],
    ['another', (file) => writeFileSync(file, 'x'.repeat(9999)), [7, 8, 9]],
  ])('goes on where timing.jsonl is %s, and that is said', async (_, damage, timings) => {
    const whole = bytesOf(await begin(config));
    const path = await killedAt(8);
    const file = join(path, 'timing.jsonl');
    damage(file);
    const { cut, remark } = findResumePoint(path);
    expect([cut.update, remark]).toEqual([
      6,
      `${file} has not every row up to update 6: it goes on with those that are there, since nothing depends on times`,
    ]);
    expect(bytesOf(await goOn(path))).toEqual({ ...whole, timings });
    expect(readFileSync(join(path, 'log.jsonl'), 'utf8')).toContain(remark);
  });
});

describe('more steps', () => {
  it('extend a finished run to what it would have been, with its evaluations', async () => {
    const config = configOf('CartPole-v1', {
      ...every,
      ...noisy,
      seed: 1,
      optimizer: { learningRate: 0.01 },
    });
    const longer = await begin({ ...config, steps: 63 * 14 });
    const { path, record } = await begin(config);
    // The last evaluation is of the end alone: a longer run has none there, and its best policy is another.
    expect(record.best?.update).toBe(9);
    expect(bytesOf(await goOn(path, { steps: 63 * 14 }))).toEqual(bytesOf(longer));
  });

  it.each([
    ['before its next evaluation', 10],
    ['after it', 13],
  ])('extend one that is killed before its next checkpoint, %s', async (_, last) => {
    const config = configOf('CartPole-v1', {
      checkpoint: { everyUpdates: 100, keep: 1 },
      evaluation: { every: 4, episodes: 3 },
    });
    const longer = await begin({ ...config, steps: 63 * 14 });
    const { path } = await begin(config);
    const onUpdate = ({ update }: { update: number }): void => {
      if (update === last) throw new Error('killed');
    };
    // The evaluation of the end alone is gone then, which the only checkpoint counted.
    await expect(goOn(path, { steps: 63 * 14, onUpdate })).rejects.toThrow('killed');
    expect(bytesOf(await goOn(path))).toEqual(bytesOf(longer));
  });

  it('extend one from before its end, with the best policy by then', async () => {
    const config = configOf('CartPole-v1', {
      ...every,
      ...noisy,
      seed: 1,
      optimizer: { learningRate: 0.01 },
    });
    const { path, record } = await begin(config);
    const best = readCheckpoint(join(path, 'checkpoints', 'update-8.safetensors')).checkpoint?.best;
    expect([record.best?.update, best?.update]).toEqual([9, expect.any(Number)]);
    truncateSync(join(path, 'checkpoints', 'update-9.safetensors'), 100);
    const extended = await goOn(path, { steps: 63 * 14, until: 9 });
    expect(extended.record.best).toEqual(best);
    const stored = readPolicyFile(join(path, 'policy-best.safetensors'));
    expect(parametersSha256(stored)).toBe(best?.parametersSha256);
  });

  it('extend one whose evaluations are those of the longer one', async () => {
    const config = configOf('CartPole-v1', { ...every, evaluation: { every: 3, episodes: 3 } });
    const { path } = await begin(config);
    const longer = await begin({ ...config, steps: 63 * 14 });
    expect(bytesOf(await goOn(path, { steps: 63 * 14 }))).toEqual(bytesOf(longer));
    // And again, killed on the way.
    const longest = await begin({ ...config, steps: 63 * 20 });
    await goOn(path, { steps: 63 * 20, until: 16 });
    expect(bytesOf(await goOn(path))).toEqual(bytesOf(longest));
  });

  it.each([
    ['optimizer.learningRate', { optimizer: { learningRate: { schedule: 'linear', from: 0.001 } } }],
    ['trustRegion.delta', { trustRegion: { delta: { schedule: 'cosine', from: 0.1, to: 0.01 } } }],
    ['objective.clipRange', { objective: { clipRange: { schedule: 'linear', from: 0.2 } } }],
  ])('are refused where %s is a schedule', async (name, over) => {
    const { path } = await begin(configOf('CartPole-v1', { ...every, ...over }));
    await expect(goOn(path, { steps: 63 * 14 })).rejects.toThrow(
      `--steps 882: ${name} of ${path} is a schedule over its 567 steps; over more its past would have been another`,
    );
  });

  it('must be more', async () => {
    const { path } = await begin(configOf('CartPole-v1', every), { until: 3 });
    await expect(goOn(path, { steps: 63 * 5 })).rejects.toThrow('--steps must be at least the 567 that');
  });
});

test('a run that started from a policy’s file goes on without it', async () => {
  const config = configOf('CartPole-v1', every);
  const start = await begin({
    ...config,
    environment: { ...config.environment, normalizeObservations: true },
  });
  const from = (file: string): Config => ({
    ...config,
    environment: { ...config.environment, normalizeObservations: true },
    network: { ...config.network, initialWeights: file },
  });
  const file = join(start.path, 'policy.safetensors');
  const whole = bytesOf(await begin(from(file)));
  const { path } = await begin(from(file), { until: 3 });
  rmSync(file);
  expect(bytesOf(await goOn(path))).toEqual(whole);
});
