import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { checkpointAt } from '../../src/node/checkpoints.ts';
import { nodeHost } from '../../src/node/host.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { readPolicyFile } from '../../src/node/policy.ts';
import { readTrainingInputs } from '../../src/node/read-inputs.ts';
import { loadRun } from '../../src/node/read-run.ts';
import { readRunPolicy } from '../../src/node/run-policy.ts';
import { encodePolicy } from '../../src/run/policy-file.ts';
import { createRun } from '../../src/run/run-directory.ts';
import { train } from '../../src/train/train.ts';
import { layoutOf } from '../../src/network/layout.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-updates-'));
afterAll(() => rmSync(folder, { recursive: true }));
const definition = findEnvironment('CartPole-v1');

async function run(seed: number, over: object = {}): Promise<string> {
  const config: Config = configSchema.parse({
    seed,
    engine: 'reference',
    environment: { id: 'CartPole-v1', copies: 2, options: definition.options.parse({}) },
    rollout: { steps: 8 },
    steps: 16 * 6,
    network: { policy: { hidden: [3] }, value: { hidden: [3] } },
    ppo: { epochs: 1, minibatchSize: 16 },
    snapshots: { everyUpdates: 2 },
    checkpoint: { everyUpdates: 3, everySeconds: null, keep: 'all' },
    ...over,
  });
  const directory = createRun(folder, 'a', config);
  const engine = await loadEngine('reference');
  await train({ config, definition, engine, directory, host: nodeHost });
  return directory.path;
}

let [path, other] = ['', ''];
beforeAll(async () => {
  path = await run(0);
  other = await run(1);
});
const file = (run: string, kind: string, update: number): string =>
  join(run, kind, `update-${update}.safetensors`);

/** What stands there for as long as the action lasts. */
function holding(target: string, bytes: Uint8Array, action: () => void): void {
  const before = readFileSync(target);
  writeFileSync(target, bytes);
  try {
    action();
  } finally {
    writeFileSync(target, before);
  }
}

const weightsOf = (place: string): unknown =>
  readTrainingInputs(
    configSchema.parse({ environment: { id: 'CartPole-v1' }, network: { initialWeights: place } }),
  );

it.each([
  ['snapshots', 2],
  ['checkpoints', 3],
])('a file of %s that is another run’s is refused by whoever reads it', (kind, update) => {
  const place = `${path}@${update}`;
  const target = file(path, kind, update);
  expect(readRunPolicy(place, environmentOptions).file).toBe(target);
  const problem = `${join(path, 'config.json')} is not what the run was made with: seed is 0, in ${target} 1`;
  holding(target, readFileSync(file(other, kind, update)), () => {
    expect(() => readRunPolicy(place, environmentOptions)).toThrow(problem);
    expect(() => weightsOf(place)).toThrow(`network.initialWeights: ${problem}`);
    if (kind === 'checkpoints') expect(() => checkpointAt(loadRun(path), update)).toThrow(problem);
  });
  holding(target, readFileSync(file(path, kind, 6)), () => {
    expect(() => readRunPolicy(place, environmentOptions)).toThrow(`${target} holds update 6`);
  });
});

it('the policy of the last update, asked for by its number, is that of run.json', () => {
  const target = join(path, 'policy.safetensors');
  holding(target, readFileSync(join(other, 'policy.safetensors')), () => {
    expect(() => readRunPolicy(`${path}@6`)).toThrow(`${target} is not the policy that its run ended with`);
  });
});

it('a snapshot of before, which does not say what it is of, is read', () => {
  const target = file(path, 'snapshots', 2);
  const stored = readPolicyFile(target);
  const { policy, value } = stored;
  if (value === undefined) throw new Error('it has a value network');
  const before = encodePolicy({
    ...stored,
    policy: { ...policy, layout: layoutOf(policy.shape) },
    value: { ...value, layout: layoutOf(value.shape) },
  });
  expect(before.length).toBeLessThan(readFileSync(target).length);
  holding(target, before, () => {
    // What its observations went through is in its run's config.
    expect(readRunPolicy(`${path}@2`).stored).toEqual({ ...stored, observationWrappers: [] });
  });
});

it('a run that was moved reads its own files, whatever they name', async () => {
  const near = join(folder, 'near.safetensors');
  copyFileSync(join(path, 'policy.safetensors'), near);
  const held = await run(2, { reference: { policy: near, beta: 0.1 } });
  const moved = join(folder, 'elsewhere', 'seed-2');
  cpSync(held, moved, { recursive: true });
  const config = JSON.parse(readFileSync(join(moved, 'config.json'), 'utf8')) as Config;
  const reference = { ...config.reference, policy: '../../near.safetensors' };
  writeFileSync(join(moved, 'config.json'), JSON.stringify({ ...config, reference }));
  for (const update of [2, 3])
    expect(readRunPolicy(`${moved}@${update}`).stored).toEqual(readRunPolicy(`${held}@${update}`).stored);
  const renamed = { ...config.reference, policy: '../../far.safetensors' };
  writeFileSync(join(moved, 'config.json'), JSON.stringify({ ...config, reference: renamed }));
  expect(() => readRunPolicy(`${moved}@2`)).toThrow('reference.policy is "far.safetensors", in ');
});
