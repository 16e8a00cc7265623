import { readFileSync } from 'node:fs';
import { expect, it, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { inspectRunConfig } from '../../src/config/run-config.ts';

const written = new URL('../fixtures/experiment-0.1.0/', import.meta.url);
const config = (run: string): Record<string, Record<string, unknown>> =>
  JSON.parse(readFileSync(new URL(`${run}/config.json`, written), 'utf8'));
const inspect = (value: unknown) => inspectRunConfig(value, 'x.json', environmentOptions);

it('a setting that came later is its default, wherever it stands', () => {
  const whole = config('compare/clip/seed-0');
  const older = structuredClone(whole);
  delete older.loss;
  delete older.advantage.standardize;
  delete (older.trustRegion.stop as Record<string, unknown>).factor;
  delete (older.environment.options as Record<string, unknown>).wind;
  expect(inspect(older)).toEqual(inspect(whole));
  const since = {
    reference: null,
    groundTruth: false,
    evaluation: null,
    checkpoint: { everyUpdates: null, everySeconds: 1, keep: 2 },
    snapshots: null,
    environment: {
      ...whole.environment,
      options: { ...(whole.environment.options as object), maskWalls: false },
      wrappers: [],
    },
    network: {
      ...whole.network,
      policy: { ...(whole.network.policy as object), bias: true },
      value: { ...(whole.network.value as object), bias: true },
      stateDependentStd: false,
      squash: false,
    },
    advantage: { ...whole.advantage, estimator: 'gae', groupSize: null, divideByStd: null },
    trustRegion: { ...whole.trustRegion, over: 'mean', projection: null },
  };
  expect(inspect(whole).config).toEqual({ ...whole, ...since });
});

it('what 0.1.0 called none is the surrogate', () => {
  expect(config('compare/surrogate/seed-0').objective).toEqual({ kind: 'none' });
  expect(inspect(config('compare/surrogate/seed-0')).config?.objective).toEqual({ kind: 'surrogate' });
});

it('an environment that is not known here keeps its options as they are', () => {
  const environment = { id: 'Mine-v0', options: { depth: 3 } };
  expect(inspect({ environment }).config?.environment).toMatchObject(environment);
});

it('a run of leash fit has its data for an environment', () => {
  expect(inspect({ seed: 1, data: { file: 'a.csv' } }).config).toMatchObject({
    seed: 1,
    environment: { id: 'a.csv' },
  });
  expect(inspect({ seed: 1, data: 3 }).problems).toEqual(['data must be an object, got 3 (x.json)']);
});

test.each([
  [{ environment: { id: 'CartPole-v1' }, future: 1 }, true],
  [{ environment: { id: 'CartPole-v1', options: { future: 1 } } }, true],
  [{ environment: { id: 'CartPole-v1' }, seed: 'x' }, false],
  [{ environment: { id: 'CartPole-v1' }, seed: 'x', future: 1 }, false],
  [{}, false],
  [[], false],
  [null, false],
])('%j is no config; of another version: %s', (value, isForeign) => {
  const found = inspect(value);
  expect(found.problems?.[0]).toMatch(/\(x\.json\)$/);
  expect(found).toMatchObject({ isForeign });
});
