import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import type { Engine, Network } from '../../src/network/network.ts';
import { nodeHost } from '../../src/node/host.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { loadRun, readRows } from '../../src/node/read-run.ts';
import { findResumePoint } from '../../src/node/resume-point.ts';
import type { Threads } from '../../src/parallel/executor.ts';
import type { Environment, EnvironmentDefinition } from '../../src/rollout/environment.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import type { Warning } from '../../src/run/record.ts';
import { createRun } from '../../src/run/run-directory.ts';
import { firstNonFinite } from '../../src/train/guards.ts';
import { train } from '../../src/train/train.ts';
import type { PolicyHealth } from '../../src/train/training.ts';
import { createWatch } from '../../src/train/watch.ts';
import { begin, configOf as resumable, goOn } from '../resume/interrupted.ts';
import { secondThread } from './second-thread.ts';

const engine = await loadEngine('wasm');

function configOf(id: string, over: object = {}): Config {
  return configSchema.parse({
    steps: 64 * 8,
    environment: { id, copies: 2, options: findEnvironment(id).options.parse({}) },
    rollout: { steps: 32 },
    ppo: { minibatchSize: 32, epochs: 2 },
    trpo: { value: { epochs: 2, minibatchSize: 32 } },
    network: { policy: { hidden: [4] }, value: { hidden: [4] } },
    checkpoint: { everyUpdates: 1, keep: 2 },
    ...over,
  });
}

/** An environment that does something else from its `from`-th step on, over all copies. */
function spoiled(
  id: string,
  from: number,
  spoil: (slot: Float32Array, transition: { reward: number }) => void,
) {
  const whole = findEnvironment(id);
  let steps = 0;
  return {
    ...whole,
    create(options, task) {
      const own = whole.create(options, task);
      const step: Environment['step'] = (action, random, observation, transition) => {
        own.step(action, random, observation, transition);
        steps += 1;
        if (steps >= from) spoil(observation, transition);
      };
      return Object.assign(Object.create(own) as Environment, { step });
    },
  } as EnvironmentDefinition;
}

/** An engine whose `at`-th step of Adam on the policy (4 inputs, 2 outputs) or the value network spoils a parameter. */
function spoiling(role: 'policy' | 'value', at: number): Engine {
  return {
    ...engine,
    create(shape, capacity) {
      const network = engine.create(shape, capacity);
      const isIt = (shape.outputs === 1) === (role === 'value');
      let steps = 0;
      const step = network.adamStep.bind(network);
      const adamStep: Network['adamStep'] = (parameters, ...rest) => {
        step(parameters, ...rest);
        steps += 1;
        if (steps === at) parameters[21] = Number.POSITIVE_INFINITY;
      };
      return isIt ? Object.assign(network, { adamStep }) : network;
    },
  };
}

interface Fault {
  readonly config?: Config;
  readonly definition?: EnvironmentDefinition;
  readonly engine?: Engine;
  readonly threads?: Threads;
}

async function failureOf({ config = configOf('CartPole-v1'), threads = 1, ...fault }: Fault) {
  const directory = createRun(mkdtempSync(join(tmpdir(), 'leash-guards-')), 'a', config);
  const { path } = directory;
  const { id } = config.environment;
  const running = train({
    ...{ config, directory, engine, host: nodeHost, definition: findEnvironment(id as string), ...fault },
    second: secondThread(threads),
  });
  const error = await running.then(
    () => new Error('it did not fail'),
    (cause: Error) => cause,
  );
  return { path, message: error.message.replace(path, 'RUN').replaceAll(path, 'RUN') };
}

describe('what is not finite stops the run with update, quantity and cause', () => {
  it.each<[string, Fault, RegExp]>([
    [
      'an observation',
      { definition: spoiled('CartPole-v1', 200, (slot) => (slot[1] = Number.NaN)) },
      /^RUN: update 4: observation\[1\] is NaN in copy 1 of CartPole-v1; last good: update 3/,
    ],
    [
      'an observation that is infinite',
      { definition: spoiled('CartPole-v1', 65, (slot) => (slot[0] = Number.POSITIVE_INFINITY)) },
      /^RUN: update 2: observation\[0\] is Infinity in copy 0/,
    ],
    [
      'a reward',
      { definition: spoiled('CartPole-v1', 200, (_, transition) => (transition.reward = -1 / 0)) },
      /^RUN: update 4: reward is -Infinity in copy 1 of CartPole-v1/,
    ],
    [
      'a loss of the value network',
      { definition: spoiled('CartPole-v1', 200, (_, transition) => (transition.reward = 1e200)) },
      /^RUN: update 4: valueLoss is Infinity in gradient step 1: targets go to \d\.\d+e\+20\d, values were up to/,
    ],
    [
      'a loss of TRPO’s value network',
      {
        config: configOf('CartPole-v1', { algorithm: 'trpo' }),
        definition: spoiled('CartPole-v1', 200, (_, transition) => (transition.reward = 1e200)),
      },
      /^RUN: update 4: (valueLoss|gradientNorm) is (Infinity|NaN) in the last step of the value network: targets go to/,
    ],
    [
      'a gradient',
      {
        config: configOf('CartPole-v1', { advantage: { standardize: 'none' } }),
        definition: spoiled('CartPole-v1', 200, (_, transition) => (transition.reward = 1e100)),
      },
      /^RUN: update 4: gradientNorm is (Infinity|NaN) in gradient step 1: (Infinity|NaN) of the policy, (Infinity|NaN) of the value network/,
    ],
    [
      'a parameter of the policy',
      { engine: spoiling('policy', 16) },
      /^RUN: update 4: parameter output\.weight\[1\] of the policy is Infinity after 4 gradient steps with learning rate 0\.0003/,
    ],
    [
      'a parameter of the value network',
      { engine: spoiling('value', 16) },
      /^RUN: update 4: parameter output\.weight\[1\] of the value network is not finite after 4 gradient steps/,
    ],
    [
      'a parameter in the course of an update',
      { engine: spoiling('policy', 13) },
      /^RUN: update 4: policyLoss is NaN in gradient step 2: an output of the policy is -Infinity/,
    ],
  ])('%s', async (_, fault, expected) => {
    const { path, message } = await failureOf(fault);
    expect(message).toMatch(expected);
    const done = readRows(path).length;
    expect(message.endsWith(`; leash train --from RUN@${done} --set … begins before that, otherwise`)).toBe(
      true,
    );
    expect(loadRun(path).record).toMatchObject({ status: 'failed', updates: done });
    // The checkpoint before is there, and whole.
    expect(findResumePoint(path).cut.update).toBe(done);
  });

  it('in the same update on two threads', async () => {
    const fault = { config: configOf('CartPole-v1'), engine: spoiling('policy', 16) };
    const [one, two] = [
      await failureOf(fault),
      await failureOf({ ...fault, engine: spoiling('policy', 16), threads: 2 }),
    ];
    expect(two.message).toBe(one.message);
    const rowsOf = (path: string): string => readFileSync(join(path, 'metrics.jsonl'), 'utf8');
    expect(rowsOf(two.path)).toBe(rowsOf(one.path));
  });

  it('finds every value that is none', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      for (const at of [0, 1, 6]) {
        const values = Float32Array.of(1, -0, 3e38, -3e38, 1e-45, 2, 3);
        expect(firstNonFinite(values)).toBe(-1);
        values[at] = bad;
        expect(firstNonFinite(values)).toBe(at);
      }
  });
});

describe('warnings', () => {
  const config = configOf('CartPole-v1');
  const row = (over: Partial<MetricsRow> = {}): MetricsRow =>
    ({ update: 1, entropy: 0.6, klOldNewMean: 0.01, delta: 0.02, learningRate: 3e-4, ...over }) as MetricsRow;
  const health = (over: Partial<PolicyHealth> = {}): PolicyHealth => ({
    ...{ gradientNorm: 0.1, greatestEntropy: Math.log(2), leastStd: undefined },
    ...over,
  });
  const kindsOf = (
    seen: readonly (readonly [Partial<MetricsRow>, Partial<PolicyHealth>?])[],
    earlier: readonly Warning[] = [],
  ): string[] => {
    const watch = createWatch(config, 100, earlier);
    return seen.flatMap(([cells, policy], at) =>
      watch
        .after(row({ update: at + 1, ...cells }), health(policy))
        .map(({ kind, update }) => `${kind} ${update}`),
    );
  };

  it.each<[string, Parameters<typeof kindsOf>[0], string[]]>([
    ['nothing where all is well', [[{}], [{ entropy: 0.0071 }]], []],
    [
      'entropy below 1% of the greatest',
      [[{}], [{ entropy: 0.0069 }], [{ entropy: 0 }]],
      ['collapsedEntropy 2'],
    ],
    ['not when half of the updates are done', [[{ update: 51, entropy: 0 }]], []],
    [
      'not of a Gaussian, whose entropy may be negative',
      [[{ entropy: -3 }, { greatestEntropy: undefined }]],
      [],
    ],
    ['KL beyond a nat and 10 δ', [[{ klOldNewMean: 1.01 }], [{ klOldNewMean: 5 }]], ['explodingKl 1']],
    ['not a nat alone', [[{ klOldNewMean: 1.01, delta: 0.2 }]], []],
    ['not 10 δ alone', [[{ klOldNewMean: 0.9, delta: 0.001 }]], []],
    [
      'three updates running without a gradient',
      [
        [{}, { gradientNorm: 0 }],
        [{}, { gradientNorm: 1e-9 }],
        [{}],
        ...Array(3).fill([{}, { gradientNorm: 0 }]),
      ],
      ['deadGradients 6'],
    ],
    [
      'a bound of β',
      [[{ beta: 1e4, betaSaturated: false }], [{ beta: 1e4, betaSaturated: true }]],
      ['betaAtBound 2'],
    ],
    [
      'a bound of the reference’s β',
      [[{ referenceBeta: 1e-4, referenceBetaSaturated: true }], [{ betaSaturated: true }]],
      ['betaAtBound 1'],
    ],
    ['learning rates of nothing', [[{ learningRate: 1e-8 }]], ['learningRateAtBound 1']],
    ['learning rates of the greatest', [[{ learningRate: 10 }]], ['learningRateAtBound 1']],
    [
      'σ below 0.001',
      [
        [{}, { leastStd: 0.001 }],
        [{}, { leastStd: 0.0009 }],
      ],
      ['smallStandardDeviation 2'],
    ],
  ])('tell %s', (_, seen, expected) => {
    expect(kindsOf(seen)).toEqual(expected);
  });

  it('of a β at its bound say what it was and the bounds that hold back the next', () => {
    const adapt = { min: 0.3, max: 2 };
    const bounded = configOf('CartPole-v1', { objective: { kind: 'klPenalty', beta: 0.5, adapt } });
    const [{ message }] = createWatch(bounded, 100).after(row({ beta: 0.5, betaSaturated: true }), health());
    expect(message).toBe('β at its bound: after 0.5, objective.adapt keeps it within 0.3 to 2');
  });

  it('are given once, also by a run that goes on', () => {
    const earlier: Warning[] = [{ kind: 'explodingKl', update: 1, message: '' }];
    expect(kindsOf([[{ klOldNewMean: 3 }]], earlier)).toEqual([]);
  });

  test.each([1, 2] as const)(
    'stand in the log, in run.json and in checkpoints, on %d threads',
    async (threads) => {
      const wild = resumable('CartPole-v1', {
        ...{ checkpoint: { everyUpdates: 1, keep: 2 }, objective: { kind: 'surrogate' } },
        ...{
          optimizer: { learningRate: 3 },
          trustRegion: { stop: null },
          ppo: { epochs: 8, minibatchSize: 16 },
        },
      });
      const { record, path } = await begin(wild, { threads });
      const kinds = record.warnings?.map(({ kind }) => kind) ?? [];
      expect(kinds).toContain('explodingKl');
      expect(loadRun(path).record.warnings).toEqual(record.warnings);
      const log = readFileSync(join(path, 'log.jsonl'), 'utf8');
      for (const { update, message } of record.warnings ?? [])
        expect(log).toContain(JSON.stringify(`update ${update}: ${message}`));
      const stopped = await begin(wild, { threads, until: 5 });
      expect((await goOn(stopped.path, { threads })).record.warnings).toEqual(record.warnings);
    },
  );

  it('know the σ of a Gaussian policy', async () => {
    const small = resumable('Pendulum-v1', {
      network: { initialLogStd: -8, policy: { hidden: [4] }, value: { hidden: [4] } },
    });
    const { record } = await begin(small);
    expect(record.warnings).toContainEqual({
      ...{ kind: 'smallStandardDeviation', update: 1 },
      message: expect.stringMatching(
        /^small standard deviation: σ of an action is 0\.0003\d*, less than 0\.001$/,
      ),
    });
  });
});

describe('a thread of the value network that ends', () => {
  it('fails the run in one line, and the run goes on to what it would have been', async () => {
    const config = resumable('CartPole-v1', { checkpoint: { everyUpdates: 1, keep: 2 } });
    const whole = await begin(config);
    const directory = createRun(mkdtempSync(join(tmpdir(), 'leash-lost-')), 'a', config);
    const { path } = directory;
    const second = secondThread(2);
    let lost = (): unknown => undefined;
    const running = train({
      ...{ config, directory, host: nodeHost, engine: await loadEngine(config.engine) },
      definition: findEnvironment('CartPole-v1'),
      second: second && {
        threads: 2,
        start() {
          const thread = second.start();
          lost = () => thread.terminate();
          return thread;
        },
      },
      onUpdate: ({ update }) => void (update === 4 && lost()),
    });
    await expect(running).rejects.toThrow(
      /a\/seed-3: update 5: the thread of the value network has ended; last good: update 4, .*; leash resume .*a\/seed-3 goes on from update 4$/,
    );
    await expect(running).rejects.toMatchObject({ exitCode: 1 });
    expect(loadRun(path).record).toMatchObject({ status: 'failed', updates: 4 });
    const { record } = await goOn(path);
    expect(record.parametersSha256).toBe(whole.record.parametersSha256);
  });
});
