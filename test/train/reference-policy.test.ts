import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { nodeHost } from '../../src/node/host.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import { loadEngine, surveyEngines } from '../../src/node/load-engine.ts';
import { findResumePoint } from '../../src/node/resume-point.ts';
import { readRows } from '../../src/node/read-run.ts';
import { readRunPolicy } from '../../src/node/run-policy.ts';
import { objectives } from '../../src/objective/objective.ts';
import type { Head } from '../../src/policy/head.ts';
import { type Random, randomStream } from '../../src/random/random.ts';
import type { Rollout } from '../../src/rollout/rollout.ts';
import { ledgerFields } from '../../src/row/ledger.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { decodePolicy, encodePolicy, type StoredPolicy } from '../../src/run/policy-file.ts';
import type { Engine, Network } from '../../src/network/network.ts';
import type { Agent, Learner } from '../../src/train/agent.ts';
import { createMinibatch, gather } from '../../src/train/minibatch.ts';
import { policyGradient, type PpoSettings } from '../../src/train/ppo.ts';
import { createReference, type Reference } from '../../src/train/reference-policy.ts';
import { createTraining } from '../../src/train/training.ts';
import { outputsInFloat64 } from '../network/float64-network.ts';
import { begin, branchOff, bytesOf, configOf, goOn } from '../resume/interrupted.ts';
import { COPIES, COUNT, FEATURES, filled, klOf, logProbOf, randomBatch } from './random-batch.ts';
import { secondThread } from './second-thread.ts';

type Settings = NonNullable<Config['reference']>;

const reports = await surveyEngines();
for (const { engine, backend, missing } of reports)
  if (missing !== undefined)
    it.skip(`the gradient on ${engine} ${backend} (missing: ${missing})`, () => undefined);
const engines = reports.filter(({ missing }) => missing === undefined);

const numbers = {
  kind: 'box',
  low: new Array<number>(FEATURES).fill(-Infinity),
  high: new Array<number>(FEATURES).fill(Infinity),
} as const;

/** A random policy with another as its reference, and a rollout of episodes of two steps. */
interface Case {
  readonly head: Head;
  readonly agent: Agent;
  readonly rollout: Rollout;
  readonly reference: Reference;
  readonly network: Network;
  readonly referenceParameters: Float32Array;
}

function caseOf(engine: Engine, kind: Head['kind'], settings: Settings, random: Random): Case {
  const { head, agent, rollout } = randomBatch(engine, kind, random);
  const { network } = agent.policy;
  const value = agent.value as Learner;
  const referenceParameters = filled(random, agent.policy.parameters.length, 0.6);
  const stored: StoredPolicy = {
    head: kind,
    policy: { shape: network.shape, layout: network.layout, parameters: referenceParameters },
    value: { shape: value.network.shape, layout: value.network.layout, parameters: value.network.allocate() },
  };
  const reference = createReference(settings, stored, agent, rollout, engine, COUNT, numbers);
  return { head, agent, rollout, reference, network, referenceParameters };
}

/** The loss that the reference adds, of the whole rollout, from the definition. */
function lossInFloat64(
  { estimator, level, beta, importance }: Settings,
  { head, rollout, network, referenceParameters }: Case,
  parameters: ArrayLike<number>,
  /** Whose weights are multiplied by, where they are but numbers. */
  weighedAt: ArrayLike<number>,
): number {
  const rowsOf = (of: ArrayLike<number>): number[][] => {
    const outputs = outputsInFloat64(network.shape, of, rollout.observations, COUNT);
    return Array.from({ length: COUNT }, (_, i) => outputs.slice(i * head.width, (i + 1) * head.width));
  };
  const [own, other] = [rowsOf(parameters), rowsOf(referenceParameters)];
  const logProbsOf = (rows: number[][]): number[] =>
    rows.map((z, i) =>
      logProbOf(head.kind, z, rollout.actions.subarray(i * head.actionWidth, (i + 1) * head.actionWidth)),
    );
  const [now, then] = [logProbsOf(own), logProbsOf(other)];
  const weighed = importance === 'differentiable' ? now : logProbsOf(rowsOf(weighedAt));
  if (estimator === 'exact') {
    const sum = own.reduce((total, z, i) => {
      const before = [2, 3, 6, 7].includes(i) && importance !== 'none' ? i - COPIES : undefined;
      const w = before === undefined ? 1 : Math.exp(weighed[before] - rollout.logProbs[before]);
      return total + w * klOf(head.kind, z, other[i]);
    }, 0);
    return (beta * sum) / COUNT;
  }
  const k = {
    k1: (l: number) => l,
    k2: (l: number) => l ** 2 / 2,
    k3: (l: number) => Math.exp(-l) - 1 + l,
  }[estimator];
  // Sequences of two steps in two copies: rows 0, 2; 1, 3; 4, 6; 5, 7.
  const samples = level === 'token' ? now.map((_, i) => [i]) : [0, 1, 4, 5].map((i) => [i, i + 2]);
  const sum = samples.reduce((total, rows) => {
    const over = (of: (i: number) => number): number => rows.reduce((each, i) => each + of(i), 0);
    const w = importance === 'none' ? 1 : Math.exp(over((i) => weighed[i] - rollout.logProbs[i]));
    return total + w * k(over((i) => now[i] - then[i]));
  }, 0);
  return (beta * sum) / COUNT;
}

/** A loss of nothing but the reference. */
const NOTHING: PpoSettings = {
  epochs: 1,
  standardize: 'none',
  objective: { kind: 'surrogate' },
  entropyCoefficient: 0,
  learningRate: 1,
  valueLearningRate: 1,
  maxGradientNorm: null,
  delta: 1,
  stop: null,
  rollback: false,
};

const cells = (['exact', 'k1', 'k2', 'k3'] as const).flatMap((estimator) =>
  (['token', 'sequence'] as const).flatMap((level) =>
    (['categorical', 'diagonalGaussian'] as const).flatMap((kind) =>
      (['none', 'detached', 'differentiable'] as const)
        .filter((importance) => estimator !== 'exact' || level === 'sequence' || importance === 'none')
        .map((importance) => ({ estimator, level, kind, importance })),
    ),
  ),
);
/** Of each cell, so that all together are more than 200 an engine. */
const BATCHES = 5;

describe.each(engines)('in the loss, on the engine $engine $backend', ({ engine: name, backend }) => {
  it.each(cells)(
    '$estimator per $level of a $kind, importance $importance, has the gradient of its definition',
    async (cell) => {
      const engine = await loadEngine(name, { tfjsBackend: backend });
      const { kind, ...own } = cell;
      const settings: Settings = { policy: 'x', beta: 0.7, placement: 'loss', adapt: null, ...own };
      const random = randomStream(5, `${kind} ${own.estimator} ${own.level} ${own.importance}`);
      for (let batches = 0; batches < BATCHES; batches++) {
        const made = caseOf(engine, kind, settings, random);
        const { agent, rollout, reference, head, network } = made;
        reference.begin(settings.beta);
        const batch = createMinibatch(COUNT, FEATURES, head.width, head.actionWidth);
        rollout.order.reverse();
        gather(rollout, head, 0, COUNT, batch);
        reference.loss?.look();
        batch.activations = network.forward(agent.policy.parameters, batch.observations, COUNT);
        head.read(batch.activations.outputs, COUNT, batch.distributions);
        head.logProb(batch.distributions, batch.actions, COUNT, batch.logProbs);
        batch.ratios.fill(1);
        const loss = policyGradient(agent, batch, NOTHING, reference.loss);
        const at = Float64Array.from(agent.policy.parameters);
        const expected = lossInFloat64(settings, made, at, at);
        expect(Math.abs(loss - expected)).toBeLessThan(2e-5 * Math.max(1, Math.abs(expected)));
        const h = 1e-5;
        agent.policy.gradient.forEach((slope, i) => {
          const moved = (by: number): number => lossInFloat64(settings, made, at.with(i, at[i] + by), at);
          const measured = (moved(h) - moved(-h)) / (2 * h);
          if (!(Math.abs(slope - measured) <= 1e-4 * Math.max(1, Math.abs(measured))))
            expect.fail(`parameter ${i}: ${slope}, by differences ${measured}`);
        });
        agent.policy.network.dispose();
        agent.value?.network.dispose();
      }
    },
  );
});

describe('in the reward', () => {
  it.each(cells.filter(({ importance }) => importance === 'none'))(
    '$estimator per $level of a $kind is what its definition says',
    async ({ kind, estimator, level }) => {
      const engine = await loadEngine('reference');
      const settings: Settings = {
        policy: 'x',
        beta: 0.7,
        placement: 'reward',
        estimator,
        level,
        importance: 'none',
        adapt: null,
      };
      const { reference, rollout, head, network, referenceParameters } = caseOf(
        engine,
        kind,
        settings,
        randomStream(8, `${kind} ${estimator} ${level}`),
      );
      rollout.rewards.fill(1);
      reference.begin(0.3);
      expect(reference.loss).toBe(undefined);
      const other = new Float64Array(COUNT * head.width);
      head.read(network.infer(referenceParameters, rollout.observations, COUNT), COUNT, other);
      const [kl, logProbs] = [new Float64Array(COUNT), new Float64Array(COUNT)];
      head.kl(rollout.distributions, other, COUNT, kl);
      head.logProb(other, rollout.actions, COUNT, logProbs);
      const k = {
        k1: (l: number) => l,
        k2: (l: number) => l ** 2 / 2,
        k3: (l: number) => Math.exp(-l) - 1 + l,
      };
      const l = rollout.logProbs.map((each, i) => each - logProbs[i]);
      for (let i = 0; i < COUNT; i++) {
        const isLast = rollout.terminated[i] === 1;
        const own = estimator === 'exact' ? kl[i] : k[estimator](l[i]);
        const whole = !isLast
          ? 0
          : estimator === 'exact'
            ? kl[i] + kl[i - COPIES]
            : k[estimator](l[i] + l[i - COPIES]);
        expect(rollout.rewards[i]).toBeCloseTo(1 - 0.3 * (level === 'token' ? own : whole), 12);
      }
    },
  );

  it.each([
    ['none', 'charges later states in the return-to-go', 1],
    ['detached', 'charges them there, too', 1],
    ['differentiable', 'charges nothing there: its weights pull', 0],
  ] as const)('exact per sequence in the loss, importance %s, %s', async (importance, _, share) => {
    const settings: Settings = {
      ...{ policy: 'x', beta: 0.7, placement: 'loss', estimator: 'exact', level: 'sequence', adapt: null },
      importance,
    };
    const { reference, rollout, head, network, referenceParameters } = caseOf(
      await loadEngine('reference'),
      'categorical',
      settings,
      randomStream(8, 'later'),
    );
    reference.begin(0.3);
    const other = new Float64Array(COUNT * head.width);
    head.read(network.infer(referenceParameters, rollout.observations, COUNT), COUNT, other);
    const kl = new Float64Array(COUNT);
    head.kl(rollout.distributions, other, COUNT, kl);
    for (let i = 0; i < COUNT; i++)
      expect(rollout.rewards[i]).toBeCloseTo(rollout.terminated[i] ? 0 : -0.3 * share * kl[i + COPIES], 12);
  });
});

const wasm = await loadEngine('wasm');

function rowsOf(config: Config, threads: 1 | 2 = 1): { rows: MetricsRow[]; parameters: Float32Array } {
  const definition = findEnvironment(config.environment.id as string);
  const training = createTraining(
    config,
    definition,
    wasm,
    secondThread(threads),
    nodeHost.readInputs(config),
  );
  const rows = Array.from({ length: training.updates }, () => training.update());
  const parameters = training.stored().policy.parameters.slice();
  training.dispose();
  return { rows, parameters };
}

const initial = (over: object = {}): object => ({ reference: { policy: 'initial', ...over } });
const quick = { optimizer: { learningRate: 0.02 }, trustRegion: { stop: null } };

describe('a run with a reference', () => {
  it.each([
    ...objectives.map(
      ({ kind }) => ['CartPole-v1', `objective ${kind}`, { ...quick, objective: { kind } }] as const,
    ),
    ['Pendulum-v1', 'a Gaussian', quick] as const,
    ['FrozenLake-v1', 'trpo', { algorithm: 'trpo' }] as const,
    ['CliffWalking-v1', 'npg', { algorithm: 'npg' }] as const,
    ['BernoulliBandit', 'a bandit', quick] as const,
  ])('on %s with %s drifts from it exactly as the first update says', (id, _, over) => {
    const config = configOf(id, { ...over, ...initial({ beta: 0.01 }) });
    const { rows } = rowsOf(config);
    // The reference of the first update is π_old.
    expect(rows[0].klPolicyReference).toBe(rows[0].klNewOldMean);
    expect(rows[0].klReferencePolicy).toBe(rows[0].klOldNewMean);
    expect(rows.every((row) => Number(row.klPolicyReference) >= 0)).toBe(true);
    expect(rows.at(-1)?.klPolicyReference).not.toBe(rows.at(-1)?.klNewOldMean);
  });

  it('logs raw returns: those of the first rollout are what they are without', () => {
    const of = (over: object): MetricsRow => rowsOf(configOf('CartPole-v1', { ...quick, ...over })).rows[0];
    const [without, with_] = [of({}), of(initial({ beta: 5, policy: 'initial' }))];
    for (const name of ['returnMean', 'returnMin', 'returnMax', 'episodes'] as const)
      expect(with_[name]).toBe(without[name]);
    expect('klPolicyReference' in without).toBe(false);
  });

  it.each(['reward', 'loss'])('in the %s, a greater β keeps it nearer', (placement) => {
    const drift = (beta: number): number => {
      const config = configOf('CartPole-v1', { ...quick, steps: 63 * 30, ...initial({ beta, placement }) });
      return Number(rowsOf(config).rows.at(-1)?.klPolicyReference);
    };
    expect(drift(30)).toBeLessThan(drift(1e-6) / 3);
  });

  it('k1 in the loss does not hold it: its gradient is noise', () => {
    const drift = (over: object): number => {
      const config = configOf('CartPole-v1', {
        ...quick,
        steps: 63 * 30,
        ...initial({ placement: 'loss', ...over }),
      });
      return Number(rowsOf(config).rows.at(-1)?.klPolicyReference);
    };
    expect(drift({ estimator: 'k1', beta: 0.3 })).toBeGreaterThan(3 * drift({ estimator: 'k2', beta: 3 }));
  });

  const states: Record<string, Config> = {
    'adaptive in the reward': configOf('CartPole-v1', {
      ...quick,
      ...initial({ adapt: { target: 0.01 } }),
      checkpoint: { everyUpdates: 1 },
    }),
    'observations normalised, ledger': configOf('CartPole-v1', {
      ...initial({ placement: 'loss' }),
      environment: { normalizeObservations: true, normalizeRewards: true },
      trustRegion: { ledger: true },
      checkpoint: { everyUpdates: 1 },
    }),
    'trpo, in the loss': configOf('FrozenLake-v1', {
      ...initial({ placement: 'loss', estimator: 'k3' }),
      algorithm: 'trpo',
      checkpoint: { everyUpdates: 1 },
    }),
    'whole sequences': configOf('Pendulum-v1', {
      ...initial({ placement: 'loss', estimator: 'k2', level: 'sequence', beta: 0.001 }),
      environment: { options: { timeLimit: 7 } },
      checkpoint: { everyUpdates: 1 },
    }),
  };

  it.each(Object.entries(states))('%s: two threads and one give the same', (_, config) => {
    const [one, two] = [rowsOf(config), rowsOf(config, 2)];
    expect(two.rows).toEqual(one.rows);
    expect(two.parameters).toEqual(one.parameters);
  });

  it.each(Object.entries(states))(
    '%s: interrupted twice and gone on with is the run that never was',
    async (_, config) => {
      const whole = bytesOf(await begin(config));
      const { path } = await begin(config, { until: 2 });
      await goOn(path, { until: 4, threads: 2 });
      expect(bytesOf(await goOn(path))).toEqual(whole);
    },
  );

  it('stands in the ledger, every update’s last step as its row has it', () => {
    const config = configOf('CartPole-v1', { ...quick, ...initial(), trustRegion: { ledger: true } });
    const training = createTraining(config, findEnvironment('CartPole-v1'), wasm);
    for (let update = 1; update <= training.updates; update++) {
      const { klPolicyReference, klReferencePolicy } = training.update();
      const steps = training.drainLedger();
      // The bound is on the mean.
      const names = ledgerFields.map(({ name }) => name).filter((name) => name !== 'klOldNewMax');
      expect(Object.keys(steps[0])).toEqual(names);
      expect(steps.at(-1)).toMatchObject({ klPolicyReference, klReferencePolicy });
    }
    training.dispose();
  });

  it('adapts β as objective.adapt does, by the drift', () => {
    const { rows } = rowsOf(states['adaptive in the reward']);
    expect(rows[0].referenceBeta).toBe(0.1);
    for (const [i, row] of rows.slice(1).entries()) {
      const { klPolicyReference: d, referenceBeta: before } = rows[i] as Required<MetricsRow>;
      const factor = d > 0.015 ? 2 : d < 0.01 / 1.5 ? 0.5 : 1;
      expect(row.referenceBeta).toBe(before * factor);
      expect(row.referenceBetaSaturated).toBe(false);
    }
    expect(new Set(rows.map((row) => row.referenceBeta)).size).toBeGreaterThan(3);
  });

  it('adapts β of whole sequences by the KL of a sequence', () => {
    const drift = (adapt: object): MetricsRow[] =>
      rowsOf(
        configOf('Pendulum-v1', {
          ...quick,
          ...initial({ level: 'sequence', beta: 1e-3, adapt: { max: 1e-3, ...adapt } }),
          environment: { options: { timeLimit: 7 } },
        }),
      ).rows;
    const [first] = drift({ target: 1 });
    const perSequence = 7 * Number(first.klPolicyReference);
    // Above its target it would rise beyond `max`; below it falls.
    expect(drift({ target: perSequence / 1.6 })[0].referenceBetaSaturated).toBe(true);
    expect(drift({ target: 1.6 * perSequence })[1].referenceBeta).toBe(0.0005);
  });
});

describe('where a reference comes from', () => {
  const every = { checkpoint: { everyUpdates: 2, keep: 'all' }, snapshots: { everyUpdates: 1 } };

  test('a run, an update of it and its file are the same policy; raw observations go through its own moments', async () => {
    const normalised = { environment: { normalizeObservations: true } };
    const { path } = await begin(configOf('CartPole-v1', { ...every, ...normalised }));
    const places = [path, `${path}@9`, join(path, 'policy.safetensors')];
    const [run, update, file] = places.map(
      (policy) => rowsOf(configOf('CartPole-v1', { reference: { policy } })).rows,
    );
    expect(update).toEqual(run);
    expect(file).toEqual(run);
    // From its own weights with its own moments it begins without any drift, and would not with others.
    const { stored } = readRunPolicy(path);
    const still = {
      optimizer: { learningRate: 1e-9 },
      network: { policy: { hidden: [8] }, value: { hidden: [8] } },
    };
    const frozen = rowsOf(
      configOf('CartPole-v1', {
        ...normalised,
        ...still,
        network: { ...still.network, initialWeights: join(path, 'policy.safetensors') },
        reference: { policy: path },
      }),
    ).rows;
    // The run's moments go on from those of the reference: after 63 of 630 observations they are near, not equal.
    expect(frozen[0].klPolicyReference).toBeLessThan(1e-4);
    expect(frozen[0].klPolicyReference).toBeGreaterThan(0);
    expect(stored.observationMoments?.count).toBeGreaterThan(500);
  });

  test('what it reads is raw, whatever the policy sees', async () => {
    const raw = await begin(configOf('CartPole-v1', every));
    const config = configOf('CartPole-v1', {
      environment: { normalizeObservations: true },
      reference: { policy: raw.path, placement: 'loss' },
    });
    // In float64: the reference's own probabilities at raw observations, beside the policy's at normalised ones.
    const { stored } = readRunPolicy(raw.path);
    const { createTrainingState } = await import('../../src/train/training-state.ts');
    const state = createTrainingState(
      config,
      findEnvironment('CartPole-v1'),
      wasm,
      ArrayBuffer,
      nodeHost.readInputs(config),
    );
    state.collector.collect(state.streams.action);
    state.reference?.begin(1);
    const { rollout, agent } = state;
    const observations = rollout.rawObservations as Float32Array;
    expect(observations).not.toEqual(rollout.observations);
    const own = outputsInFloat64(
      agent.policy.network.shape,
      agent.policy.parameters,
      rollout.observations,
      rollout.count,
    );
    const other = outputsInFloat64(
      stored.policy.shape,
      stored.policy.parameters,
      observations,
      rollout.count,
    );
    let drift = 0;
    for (let i = 0; i < rollout.count; i++)
      drift +=
        klOf('categorical', own.slice(2 * i, 2 * i + 2), other.slice(2 * i, 2 * i + 2)) / rollout.count;
    expect(state.reference?.measure().klPolicyReference).toBeCloseTo(drift, 6);
  });

  test('its hidden layers may be others; what it reads and gives may not', async () => {
    const wide = await begin(configOf('CartPole-v1', { network: { policy: { hidden: [5, 4] } } }));
    expect(
      rowsOf(configOf('CartPole-v1', { reference: { policy: wide.path } })).rows[0].klPolicyReference,
    ).toBeGreaterThan(0);
    const other = await begin(configOf('Pendulum-v1'));
    const refused = (id: string, policy: string) => () => rowsOf(configOf(id, { reference: { policy } }));
    expect(refused('CartPole-v1', other.path)).toThrow(
      `reference.policy: ${other.path} maps 3 inputs to a diagonalGaussian of 1, the environment needs 4 inputs and a categorical of 2`,
    );
    expect(refused('FrozenLake-v1', wide.path)).toThrow(
      'maps 4 inputs to a categorical of 2, the environment needs 16',
    );
    expect(refused('CartPole-v1', '/nowhere')).toThrow('reference.policy: there is no policy /nowhere');
    expect(refused('CartPole-v1', `${wide.path}@999`)).toThrow(
      /^reference\.policy: .* has no policy of update 999/,
    );
  });

  test('a run keeps its own copy: the file may be gone, and another is noticed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leash-reference-'));
    const policy = join(folder, 'base.safetensors');
    const base = await begin(configOf('CartPole-v1', every));
    writeFileSync(policy, readFileSync(join(base.path, 'policy.safetensors')));
    const config = configOf('CartPole-v1', { ...every, reference: { policy } });
    const whole = await begin(config);
    expect(whole.record.referenceSha256).toBe(base.record.parametersSha256);
    const { path } = await begin(config, { until: 4 });
    rmSync(policy);
    expect(bytesOf(await goOn(path))).toEqual(bytesOf(whole));
    const kept = join(path, 'reference.safetensors');
    const { policy: own, ...rest } = decodePolicy(readFileSync(kept), kept);
    own.parameters[0] += 1;
    const layout = wasm.create(own.shape, 1).layout;
    const value = rest.value && { ...rest.value, layout: wasm.create(rest.value.shape, 1).layout };
    writeFileSync(kept, encodePolicy({ ...rest, value, policy: { ...own, layout } }));
    expect(() => findResumePoint(path)).toThrow(
      `${kept} is not the policy that its run was held near: its weights are not those of referenceSha256 in run.json`,
    );
    rmSync(kept);
    expect(() => findResumePoint(path)).toThrow(`there is no policy ${kept}`);
  });

  test('initial is the policy that a run begins with, after --resume too where it began from a file', async () => {
    const base = await begin(configOf('CartPole-v1', every));
    const file = join(base.path, 'policy.safetensors');
    const config = configOf('CartPole-v1', {
      ...every,
      ...initial(),
      network: { policy: { hidden: [8] }, value: { hidden: [8] }, initialWeights: file },
    });
    const whole = await begin(config);
    expect(whole.record.referenceSha256).toBe(base.record.parametersSha256);
    const { path } = await begin(config, { until: 3 });
    renameSync(file, `${file}.gone`);
    expect(bytesOf(await goOn(path))).toEqual(bytesOf(whole));
  });

  test('a branch is held near what its run was, or near where it begins, or near another', async () => {
    const all = { checkpoint: { everyUpdates: 1, keep: 'all' } };
    const run = await begin(
      configOf('CartPole-v1', { ...quick, ...all, ...initial({ adapt: { target: 1e-5 } }) }),
    );
    const same = await branchOff(`${run.path}@4`, {});
    expect(same.record.referenceSha256).toBe(run.record.referenceSha256);
    const plain = await begin(configOf('CartPole-v1', { ...quick, ...all }));
    const here = await branchOff(`${plain.path}@4`, { reference: { policy: 'initial' } });
    const { record } = await begin(configOf('CartPole-v1', { ...quick, ...all }), { until: 4 });
    expect(here.record.referenceSha256).toBe(record.parametersSha256);
    const [first] = readRows(here.path);
    expect(first.klPolicyReference).toBe(first.klNewOldMean);
    const there = await branchOff(`${plain.path}@4`, { reference: { policy: run.path } });
    expect(there.record.referenceSha256).toBe(run.record.parametersSha256);
    expect(
      bytesOf(
        await goOn(
          (await branchOff(`${plain.path}@4`, { reference: { policy: 'initial' } }, { until: 6 })).path,
        ),
      ),
    ).toEqual(bytesOf(here));
  });

  test('a path starts from the file that says it, the word initial from nowhere', () => {
    const folder = mkdtempSync(join(tmpdir(), 'leash-reference-'));
    const load = (policy: string): string | undefined => {
      const file = join(folder, 'x.json');
      writeFileSync(file, JSON.stringify({ environment: { id: 'CartPole-v1' }, reference: { policy } }));
      return loadConfig(file, [], environmentOptions).config.reference?.policy;
    };
    expect(load('initial')).toBe('initial');
    expect(load('base.safetensors')).toMatch(/leash-reference-[^/]+\/base\.safetensors$/);
    expect(load('../runs/a/seed-0@20')).toMatch(/\/runs\/a\/seed-0@20$/);
  });
});

describe('what a config may not say', () => {
  const problems = (over: object): string[] => {
    const folder = mkdtempSync(join(tmpdir(), 'leash-reference-'));
    const file = join(folder, 'x.json');
    writeFileSync(file, JSON.stringify({ environment: { id: 'CartPole-v1' }, ...over }));
    try {
      loadConfig(file, [], environmentOptions);
    } catch (error) {
      return [(error as Error).message.replaceAll(file, 'x.json')];
    }
    return [];
  };

  it.each<[object, string]>([
    [{ reference: { policy: 'initial', beta: 0 } }, 'reference.beta must be > 0, got 0 (x.json)'],
    [{ reference: { policy: 'initial', beta: -1 } }, 'reference.beta must be > 0, got -1 (x.json)'],
    [{ reference: {} }, 'reference.policy must be a text that is not empty, but is missing (x.json)'],
    [
      { reference: { policy: 'initial', placement: 'loss' }, objective: { kind: 'clipAndKlPenalty' } },
      'reference.placement must be "reward" with objective.kind "clipAndKlPenalty", which has a KL penalty in the loss already, got "loss" (x.json)',
    ],
    [
      { reference: { policy: 'initial', level: 'sequence' } },
      'reference.level must be "token", got "sequence", which needs whole episodes in every rollout: those of CartPole-v1 have no fixed length (x.json)',
    ],
    [
      {
        environment: { id: 'Pendulum-v1', options: { timeLimit: 50 } },
        reference: { policy: 'initial', level: 'sequence' },
      },
      'reference.level must be "token", got "sequence", which needs whole episodes in every rollout: rollout.steps 128 is no multiple of 50, the length of those of Pendulum-v1 (x.json)',
    ],
    [
      { reference: { policy: 'initial', adapt: { rule: 'rllib', horizon: 5 } } },
      'reference.adapt.horizon does not belong to reference.adapt.rule "rllib"; it is a setting of ziegler (x.json)',
    ],
    [
      { reference: { policy: 'initial', beta: 2, adapt: { max: 1 } } },
      'reference.beta must be in [0.0001, 1], the bounds of reference.adapt, got 2 (x.json)',
    ],
  ])('%j', (over, message) => {
    expect(problems(over)).toEqual([message]);
  });

  it('both penalties may be there, in two places', () => {
    const reference = { policy: 'initial' };
    expect(problems({ reference, objective: { kind: 'klPenalty' } })).toEqual([]);
    expect(problems({ reference: { ...reference, placement: 'loss' }, algorithm: 'trpo' })).toEqual([]);
  });

  it('says what it left out: k1 in the reward, exact in the loss', () => {
    const of = (placement: string) =>
      configSchema.parse({ environment: { id: '-' }, reference: { policy: 'initial', placement } }).reference;
    expect(of('reward')?.estimator).toBe('k1');
    expect(of('loss')?.estimator).toBe('exact');
  });
});
