import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeHost } from '../../src/node/host.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import type { Environment, EnvironmentDefinition } from '../../src/rollout/environment.ts';
import { encodeRow } from '../../src/row/encode.ts';
import { fieldsWhen, type Occasion } from '../../src/row/field.ts';
import { metricFields, type MetricsRow } from '../../src/row/metrics.ts';
import { readPolicyFile } from '../../src/node/policy.ts';
import { createRun } from '../../src/run/run-directory.ts';
import { loadRun, readRows } from '../../src/node/read-run.ts';
import { train } from '../../src/train/train.ts';

const engine = await loadEngine('auto');
const cartPole = findEnvironment('CartPole-v1');

function configOf(seed = 0) {
  return configSchema.parse({
    seed,
    steps: 320,
    environment: { id: 'CartPole-v1', copies: 2 },
    rollout: { steps: 32 },
    ppo: { minibatchSize: 24 },
  });
}

const newRoot = (): string => mkdtempSync(join(tmpdir(), 'leash-test-'));

/** The columns of every row of ours and those of these occasions, in order. */
const names = (...when: Occasion[]): string[] =>
  fieldsWhen(metricFields, undefined, 'critic', 'afterFirstRelease', ...when).map(({ name }) => name);
/** The cells of a row by their names, as they stand in its file. */
const written = (row: MetricsRow): string[] => Object.keys(JSON.parse(encodeRow(row)));

it('a run holds config, record, rows, timings, log and policy, all readable', async () => {
  const directory = createRun(newRoot(), 'demo', configOf());
  const record = await train({ config: configOf(), definition: cartPole, engine, directory, host: nodeHost });
  expect(record.status).toBe('completed');
  expect(record).toMatchObject({ updates: 5, updatesPlanned: 5, steps: 320, engine: 'wasm', seed: 0 });
  const run = loadRun(directory.path);
  expect(run.record).toEqual(JSON.parse(JSON.stringify(record)));
  expect(run.config).toEqual(configOf());
  const rows = readRows(run.path);
  expect(rows.map((row) => row.update)).toEqual([1, 2, 3, 4, 5]);
  for (const row of rows) expect(written(row)).toEqual(names());
  const log = readFileSync(join(run.path, 'log.jsonl'), 'utf8');
  expect(log).toContain('the last minibatch of each epoch holds 16 samples');
  expect(readPolicyFile(join(run.path, 'policy.safetensors')).policy.shape.outputs).toBe(2);
});

it('a TRPO run has columns of its own after the common ones, and warns of its own minibatch size', async () => {
  const config = configSchema.parse({
    algorithm: 'trpo',
    steps: 128,
    environment: { id: 'CartPole-v1', copies: 2 },
    rollout: { steps: 32 },
    trpo: { value: { minibatchSize: 24 } },
  });
  const directory = createRun(newRoot(), 'demo', config);
  const record = await train({ config, definition: cartPole, engine, directory, host: nodeHost });
  expect(record.final).toMatchObject({ gradientStepsPlanned: 2, updatesOutsideDelta: 0 });
  for (const row of readRows(directory.path)) expect(written(row)).toEqual(names('naturalStep'));
  const log = readFileSync(join(directory.path, 'log.jsonl'), 'utf8');
  expect(log).toContain('holds 16 samples: trpo.value.minibatchSize 24 does not divide the rollout');
});

it('the same config and seed write the same metrics.jsonl and the same parameters', async () => {
  const write = async () => {
    const directory = createRun(newRoot(), 'demo', configOf(3));
    const { parametersSha256 } = await train({
      config: configOf(3),
      definition: cartPole,
      engine,
      directory,
      host: nodeHost,
    });
    return { parametersSha256, metrics: readFileSync(join(directory.path, 'metrics.jsonl'), 'utf8') };
  };
  expect(await write()).toEqual(await write());
});

it('an aborted run finishes its update, keeps its rows and its policy and is marked interrupted', async () => {
  const directory = createRun(newRoot(), 'demo', configOf());
  const abort = new AbortController();
  const record = await train({
    config: configOf(),
    definition: cartPole,
    engine,
    directory,
    host: nodeHost,
    signal: abort.signal,
    onUpdate: (row) => {
      if (row.update === 2) abort.abort();
    },
  });
  expect(record).toMatchObject({ status: 'interrupted', updates: 2 });
  expect(readRows(directory.path)).toHaveLength(2);
  expect(readPolicyFile(join(directory.path, 'policy.safetensors')).head).toBe('categorical');
});

it('each row is on disk before the next update starts', async () => {
  const directory = createRun(newRoot(), 'demo', configOf());
  const seen: number[] = [];
  await train({
    config: configOf(),
    definition: cartPole,
    engine,
    directory,
    host: nodeHost,
    onUpdate: () => seen.push(readRows(directory.path).length),
  });
  expect(seen).toEqual([1, 2, 3, 4, 5]);
});

it('an existing run is never overwritten', () => {
  const root = newRoot();
  createRun(root, 'demo', configOf()).close();
  expect(() => createRun(root, 'demo', configOf())).toThrow(
    /seed-0 is there already: process \d+ is at work in it; choose another --name/,
  );
});

it('a name that leaves the runs folder is refused', () => {
  expect(() => createRun(newRoot(), '../x', configOf())).toThrow(/--name must be a folder name/);
});

it('a reward that is not a number stops the run with update, quantity and last good figures', async () => {
  const broken: EnvironmentDefinition = {
    ...cartPole,
    create(options, task) {
      const environment = cartPole.create(options, task);
      let steps = 0;
      const step: Environment['step'] = (action, random, observation, transition) => {
        environment.step(action, random, observation, transition);
        steps += 1;
        if (steps === 100) transition.reward = Number.NaN;
      };
      return { ...environment, step, reset: environment.reset.bind(environment) };
    },
  };
  const directory = createRun(newRoot(), 'demo', configOf());
  const failing = train({ config: configOf(), definition: broken, engine, directory, host: nodeHost });
  await expect(failing).rejects.toThrow(
    /update 4: reward is NaN in copy 0 of CartPole-v1; last good: update 3, return/,
  );
  await expect(failing).rejects.toMatchObject({ exitCode: 1 });
  expect(loadRun(directory.path).record.status).toBe('failed');
  expect(readRows(directory.path)).toHaveLength(3);
});
