import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { describeFindings } from '../../src/cli/print/evaluation.ts';
import type { Findings } from '../../src/cli/print/evaluation.ts';
import { playEpisode } from '../../src/cli/print/episode.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import type { Environment } from '../../src/rollout/environment.ts';
import type { MomentsState } from '../../src/rollout/normalize.ts';
import { ownerHere } from '../../src/run/owner.ts';
import { readPolicyFile } from '../../src/node/policy.ts';
import { RUN_FORMAT } from '../../src/run/run-files.ts';
import { join as joined, partsOf } from '../formats/rewrite.ts';
import { cloneCommand } from '../../src/cli/commands/clone.ts';
import { evaluateCommand } from '../../src/cli/commands/evaluate.ts';
import { exportCommand } from '../../src/cli/commands/export.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { runsRmCommand } from '../../src/cli/commands/runs-rm.ts';
import { truthCommand } from '../../src/cli/commands/truth.ts';
import { runCommand, type Said } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-evaluate-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a command prints on that stream. */
async function printed(stream: 'stdout' | 'stderr', command: () => Promise<number>): Promise<string> {
  const write = vi.spyOn(process[stream], 'write').mockReturnValue(true);
  try {
    await command();
    return write.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    write.mockRestore();
  }
}

const fixture = (name: string): string =>
  new URL(`../fixtures/policies-0.1.0/${name}.safetensors`, import.meta.url).pathname;
const lake = fixture('frozen-lake');

describe('the file of a policy is evaluated without training', () => {
  const config = join(folder, 'lake.json');
  const environment = { id: 'FrozenLake-v1', options: { slippery: false } };
  writeFileSync(config, JSON.stringify({ environment }));
  const given = { RUN: lake, episodes: '20', seed: '0', json: true };
  const findings = async (more: object): Promise<Findings> =>
    JSON.parse(await printed('stdout', () => runCommand(evaluateCommand, { ...given, ...more })));

  test('in the environment of a config, with its options', async () => {
    expect(await findings({ config })).toMatchObject({
      run: lake,
      status: null,
      caveat: null,
      environment: 'FrozenLake-v1',
      returns: { mean: 1, samples: 20 },
      expectedReturn: 1,
    });
  });

  test('in an environment with its default options', async () => {
    const { returns, expectedReturn } = await findings({ env: 'FrozenLake-v1' });
    expect(returns.mean).toBeLessThan(1);
    expect(expectedReturn).toBeCloseTo(0.04208, 5);
  });

  test('by the observation moments it was trained with', async () => {
    const pendulum = { RUN: fixture('pendulum'), env: 'Pendulum-v1', episodes: '100', seed: '0', json: true };
    const { returns } = JSON.parse(
      await printed('stdout', () => runCommand(evaluateCommand, pendulum)),
    ) as Findings;
    expect(returns.mean).toBeCloseTo(-1227.3890093586078, 6);
  });

  test('and played by them: an episode in pictures acts on standardised observations', async () => {
    const stored = readPolicyFile(fixture('pendulum'));
    const actions: number[] = [];
    const environment = {
      observationSpace: { kind: 'box', low: [-1, -1, -8], high: [1, 1, 8] },
      actionSpace: { kind: 'box', low: [-2], high: [2] },
      reset: (_: unknown, observation: Float32Array) => observation.set([1, 0, 5]),
      step: ([action]: Float32Array, _: unknown, __: unknown, transition: { terminated: boolean }) => {
        actions.push(action as number);
        transition.terminated = true;
      },
      render: () => '',
    } as unknown as Environment;
    const engine = await loadEngine('reference');
    const options = { environment, engine, mode: 'greedy', seed: 0, timeLimit: 1 } as const;
    await printed('stdout', async () => {
      await playEpisode({ ...options, stored });
      await playEpisode({ ...options, stored: { ...stored, observationMoments: undefined } });
      return 0;
    });
    const { mean, squares, count } = stored.observationMoments as MomentsState;
    const network = engine.create(stored.policy.shape, 1);
    const features = Float32Array.from([1, 0, 5], (x, d) => {
      const deviation = Math.sqrt((squares[d] as number) / count + 1e-8);
      return (x - (mean[d] as number)) / deviation;
    });
    expect(actions[0]).toBe(network.infer(stored.policy.parameters, features, 1)[0]);
    expect(actions[1]).not.toBe(actions[0]);
  });

  test('not where it standardises observations that are one-hot, nor trained from', async () => {
    const moments = { count: 9, mean: new Array(16).fill(0), squares: new Array(16).fill(1) };
    const { metadata, arrays } = partsOf(readFileSync(lake));
    const path = join(folder, 'standardised.safetensors');
    const observationMoments = JSON.stringify(moments);
    writeFileSync(path, joined({ metadata: { ...metadata, observationMoments }, arrays }));
    await expect(findings({ RUN: path, config })).rejects.toThrow(
      'the policy standardises its observations, those of FrozenLake-v1 are discrete',
    );
    const network = { policy: { hidden: [8] }, value: { hidden: [8] }, initialWeights: path };
    const file = join(folder, 'standardised.json');
    const normalized = { ...environment, normalizeObservations: true };
    writeFileSync(file, JSON.stringify({ environment: normalized, network }));
    await expect(
      runCommand(trainCommand, { CONFIG: file, runs: join(folder, 'runs'), quiet: true }),
    ).rejects.toThrow(
      `environment.normalizeObservations must be false, got true: the observations of FrozenLake-v1 are discrete (${file})`,
    );
  });

  test.each([
    [{}, `${lake} does not say its environment: --env ID, --env FILE or --config FILE must`],
    [{ env: 'FrozenLake-v1', config }, '--env and --config exclude each other'],
    [{ env: 'FrozenLake' }, 'FrozenLake'],
    [
      { env: 'CartPole-v1' },
      'the policy is a categorical of 16 inputs and 4 outputs, CartPole-v1 needs a categorical of 4 and 2',
    ],
    [
      { RUN: fixture('pendulum'), env: 'MountainCar-v0' },
      'the policy is a diagonalGaussian of 3 inputs and 2 outputs, MountainCar-v0 needs a categorical of 2 and 3',
    ],
    [{ RUN: join(folder, 'none.safetensors'), env: 'CartPole-v1' }, 'no run at'],
    [{ RUN: config, env: 'CartPole-v1' }, 'is a config, not a run or a policy; leash train '],
  ])('or refused: %o', async (more, message) => {
    await expect(runCommand(evaluateCommand, { ...given, ...more })).rejects.toThrow(message);
  });
});

test('weights that are finite but give no finite outputs are refused, not played', async () => {
  for (const [name, env] of [
    ['pendulum', 'Pendulum-v1'],
    ['frozen-lake', 'FrozenLake-v1'],
  ] as const) {
    const { metadata, arrays } = partsOf(readFileSync(fixture(name)));
    const huge = arrays.map((array) => {
      const bytes = Buffer.from(array.bytes);
      for (let at = 0; at < bytes.length; at += 4) bytes.writeFloatLE(3e38, at);
      return array.name.endsWith('logStd') ? array : { ...array, bytes };
    });
    const path = join(folder, `${name}-huge.safetensors`);
    writeFileSync(path, joined({ metadata, arrays: huge }));
    const refused = (place: RegExp) =>
      expect.objectContaining({
        name: 'UserError',
        exitCode: 1,
        message: expect.stringMatching(
          new RegExp(
            `^the policy gives (NaN|-?Infinity) for an observation of ${env}: its weights are too large${place.source}$`,
          ),
        ),
      });
    const inFile = / \(.*-huge\.safetensors\)/;
    await expect(runCommand(evaluateCommand, { RUN: path, env, episodes: '4', seed: '0' })).rejects.toThrow(
      refused(inFile),
    );
    const clone = { EXPERT: path, env, runs: folder, name: 'none', steps: '64' };
    await expect(runCommand(cloneCommand, clone)).rejects.toThrow(refused(/(?:)/));
    if (name === 'pendulum') continue;
    for (const towards of [undefined, fixture(name)])
      await expect(runCommand(truthCommand, { RUN: path, env, towards })).rejects.toThrow(refused(inFile));
    const from = { RUN: fixture(name), env, towards: path };
    await expect(runCommand(truthCommand, from)).rejects.toThrow(refused(inFile));
  }
});

describe('a run that did not end as planned', () => {
  const path = join(folder, 'runs', 'short', 'seed-0');
  const trained = (async () => {
    const file = join(folder, 'short.json');
    const environment = { id: 'FrozenLake-v1', options: { slippery: false } };
    writeFileSync(file, JSON.stringify({ steps: 1024, environment }));
    await runCommand(trainCommand, { CONFIG: file, runs: join(folder, 'runs'), quiet: true });
  })();

  /** The same run as if it had ended otherwise, with that first weight. */
  async function ended(name: string, record: object, weight?: number): Promise<string> {
    await trained;
    const run = join(folder, name);
    cpSync(path, run, { recursive: true });
    const file = join(run, 'run.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...record }));
    const policy = readFileSync(join(path, 'policy.safetensors'));
    if (weight !== undefined) policy.writeFloatLE(weight, 8 + Number(policy.readBigUInt64LE(0)));
    writeFileSync(join(run, 'policy.safetensors'), policy);
    return run;
  }
  const interrupted = { status: 'interrupted', updates: 2, updatesPlanned: 98 };
  const failed = { status: 'failed', updates: 2, updatesPlanned: 98, failure: 'update 3: the loss is NaN' };

  test.each([
    ['interrupted', interrupted, 'was interrupted after update 2 of 98'],
    ['failed', failed, 'failed after update 2 of 98: update 3: the loss is NaN'],
  ])('is evaluated and exported with that said: %s', async (name, record, caveat) => {
    const run = await ended(name, record);
    const given = { RUN: run, episodes: '2', seed: '0' };
    expect(await printed('stdout', () => runCommand(evaluateCommand, given))).toMatch(
      `run      ${run} ${caveat}\nepisodes 2 of`,
    );
    const findings = JSON.parse(
      await printed('stdout', () => runCommand(evaluateCommand, { ...given, json: true })),
    ) as Findings;
    expect(findings).toMatchObject({ status: record.status, caveat });
    const out = join(folder, `${name}.json`);
    const said = await printed('stderr', () => runCommand(exportCommand, { RUN: run, format: 'json', out }));
    expect(said).toBe(`leash: ${run} ${caveat}\n`);
  });

  test('is neither where its weights are not finite: the first is named, and why', async () => {
    const run = await ended('nan', failed, Number.NaN);
    const message = `${join(run, 'policy.safetensors')}: policy.hidden.0.weight[0, 0] is NaN: every weight must be finite; the run failed after update 2 of 98: update 3: the loss is NaN`;
    await expect(runCommand(evaluateCommand, { RUN: run, episodes: '2', seed: '0' })).rejects.toThrow(
      message,
    );
    await expect(
      runCommand(exportCommand, { RUN: run, format: 'json', out: join(folder, 'nan.json') }),
    ).rejects.toThrow(message);
  });

  test('is neither where its weights are not those that the run ended with: one bit is enough', async () => {
    const run = await ended('flipped', {});
    const file = join(run, 'policy.safetensors');
    const bytes = readFileSync(file);
    const last = bytes.length - 4;
    bytes[last] = (bytes[last] as number) ^ 1;
    writeFileSync(file, bytes);
    const message = `${file} is not the policy that its run ended with: its weights are not those of parametersSha256 in run.json`;
    await expect(runCommand(evaluateCommand, { RUN: run, episodes: '2', seed: '0' })).rejects.toThrow(
      message,
    );
    await expect(
      runCommand(exportCommand, { RUN: run, format: 'json', out: join(folder, 'no.json') }),
    ).rejects.toThrow(message);
    // As a file of its own it is what it is; sorted by another writer it is still the run's.
    const env = 'FrozenLake-v1';
    expect(
      await printed('stdout', () =>
        runCommand(evaluateCommand, { RUN: file, env, episodes: '2', seed: '0' }),
      ),
    ).toContain('return');
    const { metadata, arrays } = partsOf(readFileSync(join(path, 'policy.safetensors')));
    writeFileSync(file, joined({ metadata, arrays: arrays.toReversed() }));
    expect(
      await printed('stdout', () => runCommand(evaluateCommand, { RUN: run, episodes: '2', seed: '0' })),
    ).toContain('return');
  });

  test('takes no environment from the command line', async () => {
    const run = await ended('other', {});
    const given = { RUN: run, episodes: '2', seed: '0', env: 'CartPole-v1' };
    await expect(runCommand(evaluateCommand, given)).rejects.toThrow(
      `--env is for the file of a policy; ${run} is a run, which has its environment`,
    );
  });

  test('nor does one of another policy start from it: initialWeights is checked', async () => {
    const nan = join(await ended('start', failed, Number.POSITIVE_INFINITY), 'policy.safetensors');
    copyFileSync(join(folder, 'short.json'), join(folder, 'start.json'));
    const given = { CONFIG: join(folder, 'start.json'), runs: join(folder, 'runs'), quiet: true };
    await expect(
      runCommand(trainCommand, { ...given, set: `network.initialWeights=${nan}` }),
    ).rejects.toThrow(
      `network.initialWeights: ${nan}: policy.hidden.0.weight[0, 0] is Infinity: every weight must be finite`,
    );
  });
});

test('a run without a policy is named with its status', async () => {
  const run = mkdtempSync(join(tmpdir(), 'leash-evaluate-'));
  const config = {
    environment: { id: 'CartPole-v1', options: { timeLimit: 500 } },
    seed: 0,
    engine: 'reference',
  };
  writeFileSync(join(run, 'config.json'), JSON.stringify(config));
  const record = {
    ...{ name: 'a', seed: 0, status: 'running', platform: 'linux x64', engine: 'wasm', updatesPlanned: 9 },
    ...{ versions: { leash: '0.1.0', node: 'v20.0.0', v8: '11' }, startedAt: '2026-01-01T00:00:00.000Z' },
    ...{ updates: 0, steps: 0, episodes: 0 },
  };
  writeFileSync(join(run, 'run.json'), JSON.stringify(record));
  const gone = { ...ownerHere(RUN_FORMAT), processStart: '1' };
  writeFileSync(join(run, 'owner.json'), JSON.stringify(gone));
  const given = { RUN: run, episodes: '1', seed: '0' };
  await expect(runCommand(evaluateCommand, given)).rejects.toThrow(
    `${run} has no policy: the run is dead after update 0 of 9 (its process ended without a word: killed, `,
  );
});

test('the mean stands beside its interval, the exact expectation and the best known return', () => {
  const findings: Findings = {
    run: 'runs/x/seed-0',
    status: 'completed',
    caveat: null,
    environment: 'FrozenLake-v1',
    mode: 'greedy',
    seed: 3,
    returns: { mean: 0.73, low: 0.6357, high: 0.8073, samples: 100, by: 'wilson', min: 0, max: 1 },
    returnBounds: { least: 0, greatest: 1 },
    lengthMean: 38.5,
    success: 0.73,
    expectedReturn: 0.74021,
    bestReturn: { value: 0.74421, how: 'exact' },
  };
  expect(describeFindings(findings)).toEqual([
    'episodes 100 of FrozenLake-v1 with the likeliest actions, seed 3',
    'return   mean 0.73, 95% interval 0.6357 to 0.8073; from 0 to 1',
    'success  73% of episodes returned 1, 95% interval 63.57% to 80.73% (Wilson)',
    'exact    0.7402, the policy’s expected return by dynamic programming',
    'best     0.7442 (exact)',
    'length   mean 38.5 steps',
  ]);
});

describe('the best policy of a run that was evaluated in its training', () => {
  const runs = join(folder, 'best-runs');
  const config = join(folder, 'best.json');
  const run = join(runs, 'best', 'seed-0');
  writeFileSync(
    config,
    JSON.stringify({
      environment: { id: 'CartPole-v1', copies: 2 },
      rollout: { steps: 32 },
      ppo: { minibatchSize: 32 },
      steps: 640,
      evaluation: { every: 2, episodes: 3 },
    }),
  );
  const refusal = (given: Said<typeof evaluateCommand>): Promise<string> =>
    runCommand(evaluateCommand, given).then(
      () => 'done',
      (error: Error) => error.message,
    );

  test('is evaluated and exported by --best, and refused where it is another', async () => {
    await runCommand(trainCommand, { CONFIG: config, runs, quiet: true });
    const { best } = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'));
    expect(best.update % 2).toBe(0);
    const given = { RUN: run, episodes: '5', json: true };
    const found = JSON.parse(
      await printed('stdout', () => runCommand(evaluateCommand, { ...given, best: true })),
    ) as Findings;
    expect(found).toMatchObject({ run: join(run, 'policy-best.safetensors'), status: 'completed' });
    const apart = { ...given, RUN: join(run, 'policy-best.safetensors'), config };
    expect(JSON.parse(await printed('stdout', () => runCommand(evaluateCommand, apart))).returns).toEqual(
      found.returns,
    );
    const out = join(folder, 'best-policy.json');
    await printed('stdout', () => runCommand(exportCommand, { RUN: run, format: 'json', out, best: true }));
    expect(readFileSync(out, 'utf8')).toContain('"categorical"');
    copyFileSync(lake, join(run, 'policy-best.safetensors'));
    expect(await refusal({ RUN: run, best: true })).toBe(
      `${run}/policy-best.safetensors is not the policy that its run found best: its weights are not those of best.parametersSha256 in run.json; as a file of its own it is evaluated with --env or --config`,
    );
    await printed('stdout', () => runCommand(runsRmCommand, { RUN: ['best'], runs, yes: true }));
    expect(existsSync(runs) && readdirSync(runs)).toEqual([]);
  });

  test('is not there without evaluations, and no part of a file', async () => {
    await runCommand(trainCommand, {
      CONFIG: config,
      runs,
      name: 'plain',
      set: 'evaluation=null',
      quiet: true,
    });
    const plain = join(runs, 'plain', 'seed-0');
    expect(await refusal({ RUN: plain, best: true })).toBe(
      `--best: ${plain} has no policy-best.safetensors; train with --set evaluation.every=10`,
    );
    expect(await refusal({ RUN: lake, env: 'FrozenLake-v1', best: true })).toBe(
      `--best is for a run; ${lake} is the file of a policy`,
    );
  });
});
