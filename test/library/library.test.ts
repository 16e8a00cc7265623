import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
    for (const environment of ['Mine', null, 3, []] as never[])
      expect(() => configOf({ environment }, own)).toThrow(
        expect.objectContaining({
          name: 'UserError',
          message: expect.stringMatching(/^environment must be/),
        }),
      );
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

  it('refuses a policy that is not the one its run ended with', async () => {
    const { path: copy } = await train({ config: tiny, runs: folder, name: 'flipped' });
    const file = join(copy, 'policy.safetensors');
    const bytes = readFileSync(file);
    bytes[bytes.length - 2] ^= 1;
    writeFileSync(file, bytes);
    await expect(loadPolicy(copy)).rejects.toThrow(/is not the policy that its run ended with/);
  });

  it('reads the policy of an update on the way, and of the best evaluation', async () => {
    const config = { ...tiny, snapshots: { everyUpdates: 1 }, evaluation: { every: 1, episodes: 2 } };
    const run = await train({ config, runs: folder, name: 'kept' });
    const training = await createTraining({ config });
    training.update();
    const first = await loadPolicy(`${run.path}@1`);
    expect(first.stored.policy.parameters).toEqual(training.stored().policy.parameters);
    const best = await loadPolicy(run.path, { best: true });
    expect(best.stored.policy.parameters.length).toBe(first.stored.policy.parameters.length);
    await expect(loadPolicy(`${run.path}@99`)).rejects.toThrow(/has no policy of update 99/);
    await expect(loadPolicy(path, { best: true })).rejects.toThrow(/has no policy-best/);
    for (const each of [training, first, best]) each.dispose();
  });

  it('goes on with an interrupted run of an environment of one’s own to the bytes of one that was not, and replaces it', async () => {
    const coin = defineEnvironment({
      id: 'Coin',
      timeLimit: () => 4,
      create: () => ({
        observationSpace: { kind: 'discrete', n: 1 },
        actionSpace: { kind: 'discrete', n: 2 },
        reset: (_random, observation) => void observation.fill(0),
        step(action, random, observation, transition) {
          transition.reward = random.uniform() < 0.3 + 0.4 * action[0] ? 1 : 0;
          transition.terminated = false;
          observation[0] = 0;
        },
        snapshot: () => null,
        restore: () => {},
      }),
    });
    const config = { steps: 1024, rollout: { steps: 32 } };
    const stop = new AbortController();
    const options = { environment: coin, config, runs: folder, name: 'coin' };
    const onUpdate = ({ update }: { update: number }): void => {
      if (update === 2) stop.abort();
    };
    expect((await train({ ...options, signal: stop.signal, onUpdate })).status).toBe('interrupted');
    const resumed = await train({ ...options, resume: true });
    const whole = await train({ ...options, name: 'whole' });
    expect(resumed.parametersSha256).toBe(whole.parametersSha256);
    const rows = (path: string): string => readFileSync(join(path, 'metrics.jsonl'), 'utf8');
    expect(rows(resumed.path)).toBe(rows(whole.path));
    expect((await train({ ...options, resume: true })).finishedAt).toBe(resumed.finishedAt);
    expect((await train({ ...options, replace: true })).parametersSha256).toBe(whole.parametersSha256);
    await expect(train({ ...options, replace: true, resume: true })).rejects.toThrow(/exclude each other/);
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
