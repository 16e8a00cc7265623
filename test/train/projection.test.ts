import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { type Objective, sampledLoss } from '../../src/objective/objective.ts';
import type { Head } from '../../src/policy/head.ts';
import { probabilityRatios } from '../../src/objective/surrogate.ts';
import { randomStream } from '../../src/random/random.ts';
import type { EnvironmentDefinition } from '../../src/rollout/environment.ts';
import { createMinibatch, gather, gatherDistributions, type Minibatch } from '../../src/train/minibatch.ts';
import { policyGradient, type PpoSettings } from '../../src/train/ppo.ts';
import { createProjection, type ProjectionSettings } from '../../src/train/projection.ts';
import { createRegion } from '../../src/train/region.ts';
import { createTraining, type Training } from '../../src/train/training.ts';
import { createProjector } from '../../src/trust-region/projection.ts';
import { outputsInFloat64 } from '../network/float64-network.ts';
import { identityWorld } from './identity-world.ts';
import { COUNT, FEATURES, klOf, logProbOf, randomBatch } from './random-batch.ts';
import { secondThread } from './second-thread.ts';

const DELTA = 0.02;
const SETTINGS: Omit<PpoSettings, 'objective'> = {
  ...{ epochs: 1, standardize: 'none', entropyCoefficient: 0.1, learningRate: 1, valueLearningRate: 1 },
  ...{ maxGradientNorm: null, delta: DELTA, stop: null, rollback: false },
};
const ADAM = { adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-5 };

const objectives: readonly Objective[] = [
  { kind: 'surrogate' },
  { kind: 'clip', clipRange: 0.1 },
  { kind: 'klPenalty', beta: 2 },
  { kind: 'spo', clipRange: 0.2 },
];
const directions = ['oldNew', 'newOld'] as const;
const engines = { wasm: await loadEngine('wasm'), reference: await loadEngine('reference') };

describe.each(['wasm', 'reference'] as const)('on the engine %s', (name) => {
  describe.each(['categorical', 'diagonalGaussian'] as const)('a %s', (kind) => {
    it.each(objectives.flatMap((objective) => directions.map((direction) => ({ objective, direction }))))(
      'has the gradient of $objective.kind through a projection $direction, along a random direction, in 200 batches',
      ({ objective, direction }) => {
        const random = randomStream(3, `${kind} ${direction} ${objective.kind}`);
        // Some states are outside, some are not.
        const away = kind === 'categorical' ? 0.3 : 0.06;
        let outside = 0;
        for (let batches = 0; batches < 200; batches++) {
          const { agent, rollout, head } = randomBatch(engines[name], kind, random, away);
          for (let i = 0; i < COUNT; i++) rollout.advantages[i] = random.normal();
          const settings: ProjectionSettings = { direction, regressionCoefficient: 0.5, regression: null };
          const region = createRegion(agent, rollout, 'mean');
          const projection = createProjection(settings, agent, rollout, region, COUNT, ADAM, random);
          const batch = createMinibatch(COUNT, FEATURES, head.width, head.actionWidth);
          gather(rollout, head, 0, COUNT, batch);
          gatherDistributions(rollout.distributions, head, batch);
          const { network, parameters } = agent.policy;
          batch.activations = network.forward(parameters, batch.observations, COUNT);
          head.read(batch.activations.outputs, COUNT, batch.distributions);
          head.logProb(batch.distributions, batch.actions, COUNT, batch.logProbs);
          probabilityRatios(batch.logProbs, batch.oldLogProbs, COUNT, batch.logRatios, batch.ratios);
          policyGradient(agent, batch, { ...SETTINGS, objective }, undefined, null, projection);
          outside += projection.figures(DELTA).samplesProjected;
          const at = Float64Array.from(parameters);
          const along = at.map(() => random.normal());
          const slope = agent.policy.gradient.reduce((sum, each, i) => sum + each * along[i], 0);
          const lossAt = lossInFloat64(objective, settings, head, batch);
          const outputsAt = (by: number): Float64Array[] =>
            rowsAt(
              network.shape,
              at.map((each, i) => each + by * along[i]),
              batch,
              head,
            );
          const h = 1e-5;
          const here = outputsAt(0);
          const at0 = lossAt(here, here);
          // On the edge of the ball, or of a clip, the two sides differ.
          const sides = [
            (lossAt(outputsAt(h), here) - at0) / h,
            (at0 - lossAt(outputsAt(-h), here)) / h,
          ].sort((a, b) => a - b);
          const scale =
            1 + agent.policy.gradient.reduce((sum, each, i) => sum + Math.abs(each * along[i]), 0);
          if (!(slope >= sides[0] - 5e-5 * scale && slope <= sides[1] + 5e-5 * scale))
            expect.fail(`batch ${batches}: ${slope}, by differences ${sides}`);
          network.dispose();
          agent.value?.network.dispose();
        }
        expect(outside).toBeGreaterThan(40);
        expect(outside).toBeLessThan(160);
      },
    );
  });
});

type Shape = Parameters<typeof outputsInFloat64>[0];

function rowsAt(shape: Shape, at: Float64Array, batch: Minibatch, { width }: Head): Float64Array[] {
  const outputs = outputsInFloat64(shape, at, batch.observations, COUNT);
  return Array.from({ length: COUNT }, (_, i) =>
    Float64Array.from(outputs.slice(i * width, (i + 1) * width)),
  );
}

/** The loss that `policyGradient` differentiates, from its definition. @returns a function of the outputs, and of those that π̃ is a constant of in the penalty */
function lossInFloat64(
  objective: Objective,
  { direction, regressionCoefficient }: ProjectionSettings,
  head: Head,
  batch: Minibatch,
) {
  const { width, actionWidth, kind } = head;
  const projector = createProjector(head, direction, 1);
  const stored = (z: Float64Array): Float64Array =>
    kind === 'categorical' ? z.map((_, k) => logProbOf(kind, [...z], [k])) : z;
  const projectedOf = (z: Float64Array, i: number): Float64Array => {
    const out = new Float64Array(width);
    const old = batch.oldDistributions.slice(i * width, (i + 1) * width);
    projector.project(old, stored(z), 1, DELTA, out, new Float64Array(1));
    return out;
  };
  return (rows: readonly Float64Array[], fixed: readonly Float64Array[]): number => {
    const column = (): Float64Array => new Float64Array(COUNT);
    const [logProbs, logRatios, ratios, entropies] = [column(), column(), column(), column()];
    const own = rows.map((z, i) => projectedOf(z, i));
    own.forEach((mixed, i) => {
      const action = batch.actions.subarray(i * actionWidth, (i + 1) * actionWidth);
      logProbs[i] = logProbOf(kind, [...mixed], action);
      head.entropy(mixed, 1, entropies.subarray(i));
    });
    probabilityRatios(logProbs, batch.oldLogProbs, COUNT, logRatios, ratios);
    let loss = sampledLoss(objective, { ...batch, logProbs, logRatios, ratios }, COUNT, column());
    for (let i = 0; i < COUNT; i++) {
      const old = [...batch.oldDistributions.subarray(i * width, (i + 1) * width)];
      const beta = 'beta' in objective ? objective.beta : 0;
      loss += (beta * klOf(kind, old, [...own[i]])) / COUNT - (0.1 * entropies[i]) / COUNT;
      const constant = [...projectedOf(fixed[i], i)];
      loss += (regressionCoefficient * klOf(kind, constant, [...rows[i]])) / COUNT;
    }
    return loss;
  };
}

it.each(directions)('figures are those of their definitions, %s', (direction) => {
  const random = randomStream(17, direction);
  const { agent, rollout, head } = randomBatch(engines.wasm, 'categorical', random, 0.3);
  const settings: ProjectionSettings = { direction, regressionCoefficient: 1, regression: null };
  const region = createRegion(agent, rollout, 'mean');
  const projection = createProjection(settings, agent, rollout, region, COUNT, ADAM, random);
  const { network, parameters } = agent.policy;
  const own = new Float64Array(COUNT * head.width);
  head.read(network.infer(parameters, rollout.observations, COUNT), COUNT, own);
  let [most, outside, gap] = [0, 0, 0];
  for (let i = 0; i < COUNT; i++) {
    const rowOf = (all: Float64Array): Float64Array => all.slice(i * head.width, (i + 1) * head.width);
    const [old, now, mixed] = [rowOf(rollout.distributions), rowOf(own), new Float64Array(head.width)];
    createProjector(head, direction, 1).project(old, now, 1, DELTA, mixed, new Float64Array(1));
    const bounded = (p: Float64Array): number =>
      direction === 'oldNew' ? klOf(head.kind, [...old], [...p]) : klOf(head.kind, [...p], [...old]);
    most = Math.max(most, bounded(mixed));
    outside += Number(bounded(now) > DELTA);
    gap += klOf(head.kind, [...mixed], [...now]) / COUNT;
  }
  expect(outside).toBeGreaterThan(0);
  const figures = projection.figures(DELTA);
  expect(figures.klProjectedMax).toBeCloseTo(most, 12);
  expect(figures.statesOutsideProjection).toBe(outside / COUNT);
  expect(figures.klProjectedNew).toBeCloseTo(gap, 12);
});

const worlds: Readonly<Record<string, EnvironmentDefinition>> = {
  'CartPole-v1': findEnvironment('CartPole-v1'),
  'Pendulum-v1': findEnvironment('Pendulum-v1'),
  'masked choices': identityWorld({ kind: 'multiDiscrete', n: [3, 1, 2] }, true),
  'masked actions': identityWorld({ kind: 'discrete', n: 5 }, true),
  'masked bits': identityWorld({ kind: 'multiBinary', n: 3 }, true),
  'two real numbers': identityWorld({ kind: 'box', low: [-2, -2], high: [2, 2] }),
};

function started(world: string, trustRegion: object, more: object = {}, threads: 1 | 2 = 1): Training {
  const definition = worlds[world];
  const config = configSchema.parse({
    environment: { id: definition.id, copies: 3, options: definition.options.parse({}) },
    rollout: { steps: 20 },
    network: { policy: { hidden: [8] }, value: { hidden: [8] } },
    ppo: { epochs: 6, minibatchSize: 20 },
    objective: { kind: 'surrogate' },
    optimizer: { learningRate: 0.01 },
    trustRegion: { stop: null, ...trustRegion },
    steps: 5 * 60,
    ...more,
  });
  return createTraining(config, definition, engines.wasm, secondThread(threads));
}

function run(...args: Parameters<typeof started>) {
  const training = started(...args);
  const rows = Array.from({ length: training.updates }, () => training.update());
  const { parameters } = training.stored().policy;
  training.dispose();
  return { rows, parameters };
}

const regression = { epochs: 200, learningRate: 0.01 };

describe('a training through a projection', () => {
  test.prop(
    {
      world: fc.constantFrom(...Object.keys(worlds)),
      direction: fc.constantFrom(...directions),
      delta: fc.double({ min: 1e-6, max: 0.1, noNaN: true }),
      learningRate: fc.double({ min: 1e-3, max: 0.1, noNaN: true }),
      kind: fc.constantFrom('surrogate', 'clip', 'klPenalty', 'cispo', 'softGate'),
      over: fc.constantFrom('mean', 'max'),
      rolls: fc.boolean(),
      regression: fc.constantFrom(null, { epochs: 2 }, { epochs: 3, within: 1 }),
    },
    { numRuns: 40 },
  )('projects every state to within δ, and says how far the network is', (c) => {
    const { rows } = run(
      c.world,
      {
        delta: c.delta,
        over: c.over,
        onOvershoot: c.rolls ? 'rollback' : 'stop',
        projection: { direction: c.direction, regression: c.regression },
      },
      { optimizer: { learningRate: c.learningRate }, objective: { kind: c.kind } },
    );
    for (const row of rows) {
      expect(row.klProjectedMax).toBeLessThanOrEqual(row.delta);
      expect(row.klProjectedNew).toBeGreaterThanOrEqual(0);
      // It is π itself where the network is inside.
      expect(Number(row.klProjectedNew) > 0).toBe(Number(row.statesOutsideProjection) > 0);
      if (c.direction === 'oldNew' && c.over === 'max')
        expect(row.statesOutsideProjection).toBe(row.statesOutsideDelta);
      if (c.rolls) expect(row.deltaViolated).toBe(false);
    }
  });

  it.each(Object.keys(worlds))(
    'on %s the network is outside without a regression, inside after one',
    (world) => {
      const of = (regression: object | null) =>
        run(world, { delta: 0.002, over: 'max', projection: { regression } }).rows;
      const [without, fitted] = [of(null), of(regression)];
      expect(without.some(({ deltaViolated }) => deltaViolated)).toBe(true);
      expect(without.every(({ regressionEpochs }) => regressionEpochs === 0)).toBe(true);
      expect(fitted.some(({ regressionEpochs }) => Number(regressionEpochs) > 0)).toBe(true);
      for (const row of fitted)
        expect([row.deltaViolated, row.statesOutsideDelta, row.klProjectedNew]).toEqual([false, 0, 0]);
    },
  );

  it.each(Object.keys(worlds))(
    'on %s is to the byte the training without one where δ is never reached',
    (world) => {
      const none = run(world, { delta: 100 });
      for (const direction of directions) {
        const { rows, parameters } = run(world, { delta: 100, projection: { direction, regression } });
        expect(parameters).toEqual(none.parameters);
        expect(rows.map((row) => ({ ...none.rows[0], ...row }))).toMatchObject(none.rows);
        for (const row of rows) expect([row.samplesProjected, row.klProjectedNew]).toEqual([0, 0]);
      }
    },
  );

  it('rows have none of its figures without it', () => {
    expect(run('CartPole-v1', {}).rows[0]).not.toHaveProperty('samplesProjected');
  });

  it.each([['CartPole-v1'], ['Pendulum-v1']])(
    'on %s is the same on two threads, and after a snapshot in another process',
    (world) => {
      const region = { delta: 0.002, projection: { direction: 'newOld', regression: { epochs: 3 } } };
      const one = run(world, region);
      const two = run(world, region, {}, 2);
      expect(two.parameters).toEqual(one.parameters);
      expect(two.rows).toEqual(one.rows);
      const [first, second] = [started(world, region), started(world, region)];
      first.update();
      first.update();
      second.restore(structuredClone(first.snapshot()));
      for (const row of one.rows.slice(2)) expect(second.update()).toEqual(row);
      first.dispose();
      second.dispose();
    },
  );

  it('holds the network to its projection by the coefficient', () => {
    const gap = (regressionCoefficient: number): number =>
      run('CartPole-v1', { delta: 1e-3, projection: { regressionCoefficient } }).rows.reduce(
        (sum, { klProjectedNew }) => sum + Number(klProjectedNew),
        0,
      );
    expect(gap(10)).toBeLessThan(gap(0));
  });

  it('a regression ends with the epoch after which the update is inside δ', () => {
    const epochsOf = (epochs: number) =>
      run('Pendulum-v1', { delta: 1e-3, projection: { regression: { epochs, learningRate: 1e-3 } } }).rows[0];
    const row = epochsOf(200);
    expect(row.regressionEpochs).toBeGreaterThan(1);
    expect(row.regressionEpochs).toBeLessThan(200);
    expect(row.deltaViolated).toBe(false);
    const short = epochsOf(Number(row.regressionEpochs) - 1);
    expect([short.regressionEpochs, short.deltaViolated]).toEqual([Number(row.regressionEpochs) - 1, true]);
  });
});
