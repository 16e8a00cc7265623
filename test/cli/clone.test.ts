import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-web';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cloneCommand } from '../../src/cli/commands/clone.ts';
import { compareCommand } from '../../src/cli/commands/compare.ts';
import { evaluateCommand } from '../../src/cli/commands/evaluate.ts';
import { exportCommand } from '../../src/cli/commands/export.ts';
import { importCommand } from '../../src/cli/commands/import.ts';
import { resumeCommand } from '../../src/cli/commands/resume.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { describeFailure } from '../../src/cli/failure.ts';
import type { CloneRecord } from '../../src/cli/policy/clone-here.ts';
import { describeClone } from '../../src/cli/print/clone.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { optimum } from '../../src/ground-truth/optimum.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { readPolicyFile } from '../../src/node/policy.ts';
import { randomStream } from '../../src/random/random.ts';
import { expectedReturn } from '../../src/rollout/dynamic-programming.ts';
import { Table } from '../../src/rollout/table.ts';
import { oneHotStates, tabularPolicyOf } from '../../src/train/tabular-policy.ts';
import { runCommand, type Said } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-clone-'));
afterAll(() => rmSync(folder, { recursive: true }));
const runs = join(folder, 'runs');
const small = {
  steps: 512 * 4,
  rollout: { steps: 128 },
  network: { policy: { hidden: [16] }, value: { hidden: [16] } },
  optimizer: { learningRate: 0.01 },
};
const file = (name: string, content: object): string => {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ ...small, ...content }));
  return path;
};
const lake = file('lake', { environment: { id: 'FrozenLake-v1' } });
const pole = file('pole', { environment: { id: 'CartPole-v1', normalizeObservations: true } });
const tokens = file('tokens', {
  environment: {
    id: 'TokenTask',
    options: { vocabulary: ['a', 'b', 'c'], length: 2, reward: { rule: { kind: 'count', token: 'a' } } },
  },
});
const pendulum = file('pendulum', { environment: { id: 'Pendulum-v1' } });

const sixteen = [
  { states: 16 },
  { id: 'FrozenLake-v1', observationSpace: { kind: 'discrete', n: 16 } },
] as const;

let printed = '';
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

beforeAll(async () => {
  for (const CONFIG of [lake, pole, tokens, pendulum])
    await runCommand(trainCommand, { CONFIG, runs, quiet: true });
});
const clone = async (
  EXPERT: string,
  said: Partial<Said<typeof cloneCommand>> = {},
): Promise<CloneRecord & { path: string }> => {
  printed = '';
  await runCommand(cloneCommand, { EXPERT, runs, json: true, ...said });
  return JSON.parse(printed) as CloneRecord & { path: string };
};
const refusal = async (EXPERT: string, said: Partial<Said<typeof cloneCommand>> = {}): Promise<string> => {
  const { text } = await clone(EXPERT, said).then(() => ({ text: 'done' }), describeFailure);
  return text.replaceAll(folder, 'FOLDER').replace('leash: ', '');
};
const rowsOf = (path: string): Record<string, number>[] =>
  readFileSync(join(path, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);

describe('leash clone', () => {
  it('of a trained policy comes near it in every state that it visits, KL exact and falling', async () => {
    const record = await clone('lake', { name: 'near', epochs: '600' });
    expect(record).toMatchObject({ kind: 'clone', status: 'completed', states: 16, steps: 0 });
    expect(record.klExpertClone).toBeLessThan(1e-5);
    const rows = rowsOf(record.path);
    expect(rows).toHaveLength(600);
    expect(rows[0]?.kl).toBeGreaterThan(100 * record.klExpertClone);
    for (const { crossEntropy, entropyOfTarget, kl } of rows)
      expect(crossEntropy).toBeCloseTo((entropyOfTarget as number) + (kl as number), 12);
    const engine = await loadEngine('wasm');
    const [expert, own] = [join(runs, 'lake', 'seed-0'), record.path].map(
      (path) =>
        tabularPolicyOf(...sixteen, readPolicyFile(join(path, 'policy.safetensors')), engine, 'sampled')
          .probabilities,
    );
    // The holes and the goal are never visited.
    for (const state of [0, 1, 2, 3, 4, 6, 8, 9, 10, 13, 14])
      for (let action = 0; action < 4; action++)
        expect(
          Math.abs((expert?.[4 * state + action] as number) - (own?.[4 * state + action] as number)),
        ).toBeLessThan(0.05);
  });

  it('is exported and read again whole, and evaluated as the clone is', async () => {
    const { path } = await clone('optimal', { config: lake, name: 'exported', epochs: '50' });
    const own = readPolicyFile(join(path, 'policy.safetensors'));
    for (const format of ['json', 'npz', 'tfjs']) {
      const out = join(folder, `exported.${format}`);
      await runCommand(exportCommand, { RUN: 'exported', runs, format, out });
      const back = join(folder, `${format}.safetensors`);
      const MODEL = format === 'tfjs' ? join(out, 'model.json') : out;
      await runCommand(importCommand, { MODEL, out: back });
      const read = readPolicyFile(back);
      expect(read.head, format).toBe('categorical');
      expect([...read.policy.parameters], format).toEqual([...own.policy.parameters]);
      const said = { config: lake, episodes: '20', json: true } as const;
      printed = '';
      await runCommand(evaluateCommand, { RUN: back, runs, ...said });
      const imported = JSON.parse(printed) as { returns: number[] };
      printed = '';
      await runCommand(evaluateCommand, { RUN: 'exported', runs, episodes: '20', json: true });
      expect(imported.returns).toEqual((JSON.parse(printed) as { returns: number[] }).returns);
    }
  });

  it('is exported to ONNX, whose probabilities are those of the clone in every state', async () => {
    const { path } = await clone('optimal', { config: lake, name: 'onnx', epochs: '50' });
    const out = join(folder, 'clone.onnx');
    await runCommand(exportCommand, { RUN: 'onnx', runs, format: 'onnx', out });
    const session = await InferenceSession.create(readFileSync(out));
    const observation = new Tensor('float32', oneHotStates(16), [16, 16]);
    const { probabilities } = await session.run({ observation });
    const stored = readPolicyFile(join(path, 'policy.safetensors'));
    const own = tabularPolicyOf(...sixteen, stored, await loadEngine('wasm'), 'sampled').probabilities;
    const said = probabilities?.data as Float32Array;
    expect(said).toHaveLength(64);
    for (let i = 0; i < 64; i++) expect(said[i]).toBeCloseTo(own[i] as number, 6);
  });

  it('says that its value network learned nothing, and what an interrupted one is', async () => {
    const record = await clone('lake', { name: 'told', epochs: '1' });
    expect(describeClone(record).join('\n')).toContain('the value network is as it was initialised');
    expect(describeClone(record).at(-1)).toBe(`next     leash evaluate ${record.path}`);
    expect(describeClone(record, 'gym:My World-v0').at(-1)).toBe(
      `next     leash evaluate ${record.path} --env 'gym:My World-v0'`,
    );
    expect(describeClone({ ...record, hasValue: false }).join('\n')).not.toContain('value network');
    expect(describeClone({ ...record, status: 'interrupted', updatesPlanned: 9 }).join('\n')).toContain(
      'interrupted after epoch 1 of 9; a clone has no checkpoints: with --replace it begins anew',
    );
  });

  it('of the best policy, by dynamic programming, is nearly as good', async () => {
    const { path, klExpertClone } = await clone('optimal', { config: lake, name: 'best', epochs: '3000' });
    expect(klExpertClone).toBeLessThan(0.01);
    // A deterministic expert: what is minimised is −log of the best action.
    expect(rowsOf(path).at(-1)?.entropyOfTarget).toBe(0);
    const definition = findEnvironment('FrozenLake-v1');
    const found = definition.enumerate?.(definition.options.parse({}), randomStream(0, 'task'));
    if (found?.kind !== 'table') throw new Error('no table');
    const table = new Table(found.table);
    const stored = readPolicyFile(join(path, 'policy.safetensors'));
    const { probabilities } = tabularPolicyOf(...sixteen, stored, await loadEngine('wasm'), 'greedy');
    const best = expectedReturn(table, optimum(table, 0.99).policy, 100) as number;
    expect(best).toBeCloseTo(0.7402, 3);
    expect(expectedReturn(table, probabilities, 100)).toBeCloseTo(best, 3);
  });

  it('gives the same bytes again, and can be evaluated, trained from and exported as a policy', async () => {
    const [a, b] = [
      await clone('lake', { name: 'a', epochs: '5' }),
      await clone('lake', { name: 'b', epochs: '5' }),
    ];
    expect(a.parametersSha256).toBe(b.parametersSha256);
    expect(readFileSync(join(a.path, 'metrics.jsonl'))).toEqual(readFileSync(join(b.path, 'metrics.jsonl')));
    await runCommand(evaluateCommand, { RUN: 'a', runs, episodes: '3', json: true });
    const from = file('from', {
      environment: { id: 'FrozenLake-v1' },
      network: { ...small.network, initialWeights: join(a.path, 'policy.safetensors') },
    });
    await runCommand(trainCommand, { CONFIG: from, runs, quiet: true });
    const first = rowsOf(join(runs, 'from', 'seed-0'))[0] as Record<string, number>;
    expect(first.update).toBe(1);
  });

  it('without a table learns in the states that the expert comes to; of its moments too', async () => {
    const record = await clone('pole', { name: 'pole-clone', epochs: '30', steps: '3000' });
    expect(record.states).toBe(3008);
    expect(record.klExpertClone).toBeLessThan(0.01);
    const [expert, own] = ['pole', 'pole-clone'].map((name) =>
      readPolicyFile(join(runs, name, 'seed-0', 'policy.safetensors')),
    );
    expect(own?.observationMoments).toEqual(expert?.observationMoments);
    const gaussian = await clone('pendulum', { name: 'pendulum-clone', epochs: '100', steps: '1600' });
    expect(gaussian.klExpertClone).toBeLessThan(0.01);
  });

  it('of token tasks writes the tokens', async () => {
    const { path } = await clone('tokens', { name: 'tokens-clone', epochs: '2', steps: '64' });
    expect(readPolicyFile(join(path, 'policy.safetensors')).tokens).toEqual(['a', 'b', 'c']);
  });

  it('takes --env for a policy file and for the best policy', async () => {
    const file = join(runs, 'lake', 'seed-0', 'policy.safetensors');
    const network = ['network.policy.hidden=[16]', 'network.value.hidden=[16]'];
    for (const expert of ['optimal', file]) {
      const said = { env: 'FrozenLake-v1', set: network, name: 'by-env', replace: true, epochs: '2' };
      expect(await clone(expert, said)).toMatchObject({ states: 16, updates: 2 });
    }
  });

  it('says in one line what is wrong', async () => {
    expect(await refusal('optimal')).toBe(
      'optimal does not say its environment: --env ID, --env FILE or --config FILE must',
    );
    expect(await refusal('optimal', { config: pole })).toBe(
      'CartPole-v1 cannot be written out as a table: its best policy is not known; name an expert',
    );
    expect(await refusal('optimal', { config: lake, set: 'advantage.gamma=1' })).toBe(
      'advantage.gamma must be < 1, got 1: the best policy is that of the discounted return',
    );
    expect(await refusal('lake', { config: pole })).toBe(
      'the policy is a categorical of 16 inputs and 4 outputs, CartPole-v1 needs a categorical of 4 and 2',
    );
    expect(await refusal('lake', { learningRate: '0' })).toBe(
      '--learning-rate must be a number in (0, 10], got 0',
    );
    expect(await refusal('lake', { epochs: '0' })).toBe('--epochs must be an integer in [1, 1000000], got 0');
    expect(await refusal('lake', { name: 'lake', replace: true })).toMatch(
      /^--replace: EXPERT .*lake\/seed-0 is of the run that would be replaced; copy it elsewhere first, or choose another --name$/,
    );
    expect(await refusal('nobody')).toMatch(/^no run at nobody/);
    expect(await refusal('lake', { name: 'near' })).toMatch(/near\/seed-0 /);
  });

  it('is no training: neither compared nor gone on with', async () => {
    const say = async (what: Promise<number>): Promise<string> =>
      (await what.then(() => ({ text: 'done' }), describeFailure)).text;
    expect(
      await say(runCommand(compareCommand, { CONFIG: [join(runs, 'near'), join(runs, 'lake')], runs })),
    ).toMatch(/near\/seed-0 is a run of leash clone; leash compare takes runs of leash train/);
    expect(await say(runCommand(resumeCommand, { RUN: join(runs, 'near', 'seed-0'), runs }))).toMatch(
      /is a run of leash clone, which has no checkpoints/,
    );
  });
});
