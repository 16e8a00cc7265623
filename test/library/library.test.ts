import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configOf, createTraining, defineEnvironment, loadPolicy, train } from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-library-'));
afterAll(() => rmSync(folder, { recursive: true }));
const tiny = { environment: { id: 'BernoulliBandit' }, steps: 512, rollout: { steps: 32 } };

describe('configOf', () => {
  it('names field, value, range and place', () => {
    expect(() => configOf({ ...tiny, trustRegion: { delta: -1 } })).toThrow(
      /^trustRegion\.delta must be .*, got -1 \(config\)$/,
    );
    expect(() => configOf({ ...tiny, environment: { id: 'CartPole' } })).toThrow(/did you mean CartPole-v1/);
    expect(() => configOf(join(folder, 'none.json'))).toThrow(/none\.json/);
  });

  it('fills in the options of an environment of one’s own, and refuses its own unknown ones', () => {
    const own = defineEnvironment({ id: 'Mine', create: () => expect.unreachable() });
    expect(configOf({}, own).environment).toMatchObject({ id: 'Mine', options: {} });
    expect(() => configOf({ environment: { id: 'Mine', options: { size: 3 } } }, own)).toThrow(/size/);
    expect(configOf(tiny, own).environment.id).toBe('BernoulliBandit');
  });
});

describe('train and loadPolicy', () => {
  let path = '';
  beforeAll(async () => {
    ({ path } = await train({ config: tiny, runs: folder, name: 'bandit' }));
  });

  it('gives the bytes of a training in memory', async () => {
    const training = await createTraining({ config: tiny });
    for (let i = 0; i < training.updates; i++) training.update();
    const policy = await loadPolicy(path);
    expect(policy.stored.policy.parameters).toEqual(training.stored().policy.parameters);
    training.dispose();
    policy.dispose();
  });

  it('refuses a run that is there, and leaves it', async () => {
    await expect(train({ config: tiny, runs: folder, name: 'bandit' })).rejects.toThrow(/is there already/);
  });

  it('refuses an observation that its environment cannot give, and a question that its head has no answer to', async () => {
    const policy = await loadPolicy(path);
    expect(() => policy.act([0, 0])).toThrow('has 1 numbers, got 2');
    expect(() => policy.act([0.5])).toThrow('whole number in [0, 0], got 0.5');
    expect(() => policy.value([Number.NaN])).toThrow('observation[0] must be finite, got NaN');
    expect(() => policy.gaussian([0])).toThrow('has discrete actions');
    expect(() => policy.evaluate({ episodes: 0 })).toThrow('episodes must be a whole number from 1, got 0');
    expect(policy.probabilities([0]).reduce((sum, p) => sum + p)).toBeCloseTo(1, 12);
    policy.dispose();
  });

  it('asks for the environment of a file, and whether it fits', async () => {
    const file = join(path, 'policy.safetensors');
    await expect(loadPolicy(file)).rejects.toThrow('does not say its environment');
    await expect(loadPolicy(file, { environment: 'CartPole-v1' })).rejects.toThrow(
      /CartPole-v1 needs a categorical of 4/,
    );
    await expect(loadPolicy(join(folder, 'nothing'))).rejects.toThrow(/nothing/);
  });
});
