import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import type { Config } from '../../src/config/schema.ts';
import { findBranch } from '../../src/node/branch.ts';
import { readRows } from '../../src/node/read-run.ts';
import { findResumePoint } from '../../src/node/resume-point.ts';
import { objectives } from '../../src/objective/objective.ts';
import { begin, branchOff, configOf, goOn, type Made } from './interrupted.ts';

const every = { checkpoint: { everyUpdates: 1, keep: 'all' } };
const LINES = ['metrics.jsonl', 'ledger.jsonl', 'evaluations.jsonl'];

/** Lines of updates after one. */
function after(path: string, name: string, update: number): string[] {
  try {
    const lines = readFileSync(join(path, name), 'utf8').trimEnd().split('\n');
    return lines.filter((line) => line !== '' && JSON.parse(line).update > update);
  } catch {
    return [];
  }
}

/** What has to be the same of a run after an update. */
function tailOf({ path, record }: Made, update: number): unknown {
  const lines = LINES.map((name) => after(path, name, update).map((line) => line.replace(/"best":.*/, '')));
  const policy = readFileSync(join(path, 'policy.safetensors'), 'latin1');
  const { updates, steps, parametersSha256, status } = record;
  return { lines, policy, updates, steps, parametersSha256, status };
}

const configs: Record<string, Config> = {
  ...Object.fromEntries(
    objectives.map(({ kind }) => [
      `objective ${kind}`,
      configOf('CartPole-v1', { ...every, objective: { kind } }),
    ]),
  ),
  'an adaptive β of a reference': configOf('CartPole-v1', {
    ...every,
    reference: { policy: 'initial', adapt: { target: 1e-5 } },
  }),
  'an adaptive β': configOf('CartPole-v1', {
    ...every,
    objective: { kind: 'klPenalty', adapt: { target: 1e-6 } },
  }),
  'trpo on FrozenLake': configOf('FrozenLake-v1', { ...every, algorithm: 'trpo' }),
  'npg, rolled back': configOf('ContextualBandit', {
    ...every,
    algorithm: 'npg',
    trustRegion: { onOvershoot: 'rollback' },
  }),
  'schedules, ledger, evaluations, all normalised': configOf('CartPole-v1', {
    ...every,
    environment: { normalizeObservations: true, normalizeRewards: true },
    trustRegion: { ledger: true, delta: { schedule: 'cosine', from: 0.05, to: 0.001 } },
    optimizer: { learningRate: { schedule: 'linear', from: 0.003 } },
    evaluation: { every: 2, episodes: 3 },
  }),
  'a Gaussian policy': configOf('Pendulum-v1', {
    ...every,
    trustRegion: { onOvershoot: 'rollback', delta: 0.001 },
  }),
  'reference engine': configOf('CartPole-v1', { ...every, engine: 'reference' }),
};

describe.each(Object.entries(configs))('%s', (_, config) => {
  it('with nothing changed, a branch is its parent from there on', async () => {
    const parent = await begin(config);
    const branch = await branchOff(`${parent.path}@4`, {}, { threads: 2 });
    expect(tailOf(branch, 4)).toEqual(tailOf(parent, 4));
    expect(readRows(branch.path).map(({ update }) => update)).toEqual([5, 6, 7, 8, 9]);
    expect(branch.record.parent).toMatchObject({ run: 'a/seed-3', update: 4 });
  });
});

describe('a branch', () => {
  const config = configOf('CartPole-v1', every);

  it('that was killed before its own first checkpoint begins again, without its parent', async () => {
    const parent = await begin(config);
    const whole = await branchOff(`${parent.path}@4`, { objective: { clipRange: 0.1 } });
    const { path } = await branchOff(`${parent.path}@4`, { objective: { clipRange: 0.1 } }, { until: 6 });
    rmSync(parent.path, { recursive: true });
    rmSync(join(path, 'checkpoints'), { recursive: true });
    expect(findResumePoint(path).cut).toMatchObject({ update: 4, sizes: {} });
    expect(tailOf(await goOn(path), 4)).toEqual(tailOf(whole, 4));
  });

  it('goes on from its own checkpoints, and can be branched itself', async () => {
    const parent = await begin(config);
    const whole = await branchOff(`${parent.path}@4`, { trustRegion: { delta: 1e-4 } });
    const { path } = await branchOff(`${parent.path}@4`, { trustRegion: { delta: 1e-4 } }, { until: 6 });
    const ended = await goOn(path);
    expect(tailOf(ended, 4)).toEqual(tailOf(whole, 4));
    expect(ended.record.parent).toEqual(whole.record.parent);
    const second = await branchOff(`${path}@7`);
    expect(tailOf(second, 7)).toEqual(tailOf(whole, 7));
  });

  it('halves δ of TRPO, and stays inside', async () => {
    const parent = await begin(configOf('CartPole-v1', { ...every, algorithm: 'trpo' }));
    const { path } = await branchOff(`${parent.path}@4`, { trustRegion: { delta: 0.01 } });
    const rows = readRows(path);
    expect(rows.map(({ delta }) => delta)).toEqual([0.01, 0.01, 0.01, 0.01, 0.01]);
    expect(rows.every(({ deltaViolated }) => !deltaViolated)).toBe(true);
    expect(rows[0]?.klOldNewMean).not.toBe(readRows(parent.path)[4]?.klOldNewMean);
  });

  it.each([
    ['clip', 'klPenalty'],
    ['klPenalty', 'clipAndKlPenalty'],
    ['softClip', 'clip'],
  ])('changes the objective %s into %s', async (from, to) => {
    const parent = await begin(configOf('CartPole-v1', { ...every, objective: { kind: from } }));
    const { record } = await branchOff(`${parent.path}@4`, { objective: { kind: to } });
    expect(record.status).toBe('completed');
  });

  it.each([
    ['ppo', 'trpo'],
    ['trpo', 'ppo'],
    ['npg', 'trpo'],
  ])('changes %s into %s, whose settings were not the usual ones', async (from, to) => {
    const own =
      from === 'ppo' ? { ppo: { epochs: 3, minibatchSize: 16 }, loss: { entropyCoefficient: 0.01 } } : {};
    const parent = await begin(configOf('CartPole-v1', { ...every, ...own, algorithm: from }));
    const { record } = await branchOff(`${parent.path}@4`, {
      algorithm: to,
      ...(to === 'ppo' && { ppo: { minibatchSize: 16 } }),
    });
    expect(record.status).toBe('completed');
  });

  it('runs for longer, and a schedule of it over all its updates', async () => {
    const parent = await begin(config);
    const learningRate = { schedule: 'linear', from: 0.01 };
    const { path } = await branchOff(`${parent.path}@4`, { steps: 63 * 20, optimizer: { learningRate } });
    const rates = readRows(path).map((row) => row.learningRate);
    expect(rates.length).toBe(16);
    expect(rates[0]).toBe(0.01 - 0.01 * (4 / 20));
  });

  it('changes its engine', async () => {
    const parent = await begin(config);
    const { record } = await branchOff(`${parent.path}@4`, { engine: 'reference' });
    expect(record.engine).toBe('reference');
  });
});

describe('β of a branch', () => {
  const adapt = { rule: 'rllib', target: 1e-6 };
  const config = configOf('CartPole-v1', { ...every, objective: { kind: 'klPenalty', beta: 0.5, adapt } });
  const betaOf = async (settings: Record<string, unknown>, of = config): Promise<[number, number]> => {
    const { path } = await begin(of);
    const { point } = findBranch(`${path}@4`, { settings }, environmentOptions);
    const before = (readRows(path)[4] as never as { beta: number }).beta;
    return [point.checkpoint.state.beta, before];
  };

  it('goes on where it was, also where it adapts no more', async () => {
    const [same, before] = await betaOf({});
    expect(same).toBe(before);
    expect(before).not.toBe(0.5);
    const [fixed] = await betaOf({ objective: { adapt: null } });
    expect(fixed).toBe(before);
  });

  it('stays within its new bounds, is what is said, and what is usual where there was none', async () => {
    const [bounded] = await betaOf({ objective: { adapt: { min: 0.45 } } });
    expect(bounded).toBe(0.45);
    const [said] = await betaOf({ objective: { beta: 0.7 } });
    expect(said).toBe(0.7);
    const [usual] = await betaOf({ objective: { kind: 'klPenalty' } }, configOf('CartPole-v1', every));
    expect(usual).toBe(1);
  });
});

describe('refused in one line', () => {
  const config = configOf('CartPole-v1', { ...every, environment: { normalizeObservations: true } });

  it.each([
    ['seed', { seed: 4 }, 'seed must stay 3'],
    ['steps', { steps: 63 * 4 }, 'steps must be more than the 252 that'],
    ['environment.copies', { environment: { copies: 2 } }, 'environment.copies must stay 3'],
    ['environment.id', { environment: { id: 'FrozenLake-v1' } }, 'environment.id must stay "CartPole-v1"'],
    [
      'environment.options',
      { environment: { options: { timeLimit: 3 } } },
      'environment.options.timeLimit must stay 500 in a branch of',
    ],
    [
      'normalisers',
      { environment: { normalizeObservations: false } },
      'environment.normalizeObservations must stay true',
    ],
    ['rollout.steps', { rollout: { steps: 2 } }, 'rollout.steps must stay 21'],
    ['hidden layers', { network: { policy: { hidden: [9] } } }, 'network.policy.hidden must stay [8]'],
    [
      'activation',
      { network: { value: { activation: 'relu' } } },
      'network.value.activation must stay "tanh"',
    ],
    ['gains', { network: { hiddenGain: 1 } }, 'network.hiddenGain must stay'],
    ['initial weights', { network: { initialWeights: 'x' } }, 'network.initialWeights must stay null'],
    ['what is no setting', { ppo: { epoch: 3 } }, 'ppo.epoch is not a setting'],
    ['what is out of range', { ppo: { epochs: 0 } }, 'ppo.epochs must be'],
  ])('%s', async (_, settings, message) => {
    const { path } = await begin(config);
    const branch = (): unknown => findBranch(`${path}@4`, { settings }, environmentOptions);
    expect(branch).toThrow(message);
  });

  test('a checkpoint that is not there, or damaged, and a config that was edited', async () => {
    const { path } = await begin(config);
    const branch = (update: number) => () => findBranch(`${path}@${update}`, {}, environmentOptions);
    expect(branch(10)).toThrow(`${path} has no checkpoint of update 10; it has those of 9, 8,`);
    const file = join(path, 'checkpoints', 'update-4.safetensors');
    const bytes = readFileSync(file);
    bytes[300] = (bytes[300] as number) ^ 4;
    writeFileSync(file, bytes);
    expect(branch(4)).toThrow(`${file} is damaged: its bytes are not those of its sha256`);
    const written = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8'));
    written.optimizer.learningRate = 0.5;
    writeFileSync(join(path, 'config.json'), JSON.stringify(written));
    expect(branch(5)).toThrow('is not what the run was made with: optimizer.learningRate is 0.5');
  });

  test.each([
    ['gone', (file: string) => rmSync(file), 'is not there any more'],
    [
      'another',
      (file: string) =>
        writeFileSync(
          file,
          readFileSync(file).map((byte, at) => (at === 999 ? byte ^ 1 : byte)),
        ),
      'its sha256 is another than in run.json',
    ],
  ])('to go on with a branch whose beginning is %s', async (_, spoil, message) => {
    const { path } = await begin(config);
    const branch = await branchOff(`${path}@4`, {}, { until: 6 });
    spoil(join(branch.path, 'parent.safetensors'));
    rmSync(join(branch.path, 'checkpoints'), { recursive: true });
    expect(() => findResumePoint(branch.path)).toThrow(message);
  });
});
