import { describe, expect, it } from 'vitest';
import { loadEngine, surveyEngines } from '../../src/node/load-engine.ts';
import { type Objective, objectives, ratiosWithinOf, sampledLoss } from '../../src/objective/objective.ts';
import { objectiveSettings } from '../../src/objective/settings.ts';
import type { Head } from '../../src/policy/head.ts';
import { randomStream } from '../../src/random/random.ts';
import { probabilityRatios } from '../../src/objective/surrogate.ts';
import { createMinibatch, gather } from '../../src/train/minibatch.ts';
import { policyGradient, type PpoSettings } from '../../src/train/ppo.ts';
import { measureDivergences } from '../../src/trust-region/measure.ts';
import { outputsInFloat64 } from '../network/float64-network.ts';
import { COUNT, FEATURES, klOf, logProbOf, randomBatch } from './random-batch.ts';

const reports = await surveyEngines();
for (const { engine, backend, missing } of reports)
  if (missing !== undefined)
    it.skip(`the gradient of objectives on ${engine} ${backend} (missing: ${missing})`, () => undefined);
const engines = reports.filter(({ missing }) => missing === undefined);

const SETTINGS: Omit<PpoSettings, 'objective'> = {
  ...{ epochs: 1, standardize: 'none', entropyCoefficient: 0, learningRate: 1, valueLearningRate: 1 },
  ...{ maxGradientNorm: null, delta: 1, stop: null, rollback: false },
};

/** Every kind as it is by default, and what else it can be. */
const cases: Objective[] = objectives.flatMap(({ kind, settings }): Objective[] => {
  const values = settings.map((name) => [name, objectiveSettings[name].default]);
  const standard = { kind, ...Object.fromEntries(values) } as Objective;
  if (standard.kind === 'softGate')
    return (['linearRamp', 'sigmoid', 'softMinimum'] as const).map((gate) => ({ ...standard, gate }));
  if (standard.kind === 'divergenceMask') return [standard, { ...standard, divergence: 'tv' } as const];
  return [standard];
});

/** The sampled part's slopes, and β·KL's, along a direction, of what the float64 network says. */
interface Slope {
  readonly measured: number;
  readonly scale: number;
}

describe.each(engines)('on the engine $engine $backend', ({ engine: name, backend }) => {
  const BATCHES = name === 'tfjs' ? 10 : 200;
  describe.each(['categorical', 'diagonalGaussian'] as const)('a %s', (kind) => {
    it.each(
      cases.filter((each) => !('divergence' in each) || each.divergence === 'kl' || kind === 'categorical'),
    )(`has the gradient of %j along a random direction, in ${BATCHES} batches`, async (objective) => {
      const engine = await loadEngine(name, { tfjsBackend: backend });
      const random = randomStream(3, `${kind} ${JSON.stringify(objective)}`);
      for (let batches = 0; batches < BATCHES; batches++) {
        const { agent, rollout, head } = randomBatch(engine, kind, random, 0.2);
        for (let i = 0; i < COUNT; i++) rollout.advantages[i] = random.normal();
        const { network } = agent.policy;
        const batch = createMinibatch(COUNT, FEATURES, head.width, head.actionWidth);
        gather(rollout, head, 0, COUNT, batch);
        for (let i = 0; i < COUNT * head.width; i++) {
          const row = rollout.order[Math.floor(i / head.width)];
          batch.oldDistributions[i] = rollout.distributions[row * head.width + (i % head.width)];
        }
        batch.activations = network.forward(agent.policy.parameters, batch.observations, COUNT);
        head.read(batch.activations.outputs, COUNT, batch.distributions);
        head.logProb(batch.distributions, batch.actions, COUNT, batch.logProbs);
        probabilityRatios(batch.logProbs, batch.oldLogProbs, COUNT, batch.logRatios, batch.ratios);
        const within = ratiosWithinOf(objective);
        const { least, greatest } = batch.ranges;
        if (within !== undefined)
          head.ratioRange(batch.oldDistributions, batch.actions, COUNT, within, least, greatest);
        policyGradient(agent, batch, { ...SETTINGS, objective });
        const at = Float64Array.from(agent.policy.parameters);
        const direction = at.map(() => random.normal());
        const along = agent.policy.gradient.reduce((sum, slope, i) => sum + slope * direction[i], 0);
        const { measured, scale } = slopeInFloat64(objective, head, network.shape, batch, at, direction);
        if (!(Math.abs(along - measured) <= 2e-5 * scale))
          expect.fail(`batch ${batches}: ${along}, by differences ${measured}`);
        network.dispose();
        agent.value?.network.dispose();
      }
    });
  });
});

type Batch = ReturnType<typeof createMinibatch>;

/** What the objective's slopes in log π, which other tests hold, come to in parameters, by central differences. */
function slopeInFloat64(
  objective: Objective,
  head: Head,
  shape: Parameters<typeof outputsInFloat64>[0],
  batch: Batch,
  at: Float64Array,
  direction: Float64Array,
): Slope {
  const weights = new Float64Array(COUNT);
  const divergences = new Float64Array(COUNT);
  if ('divergence' in objective)
    measureDivergences(
      head,
      objective.divergence,
      batch.oldDistributions,
      batch.distributions,
      COUNT,
      divergences,
    );
  sampledLoss(objective, { ...batch, divergences }, COUNT, weights);
  const h = 1e-6;
  const rows = (by: number): number[][] => {
    const outputs = outputsInFloat64(
      shape,
      at.map((each, i) => each + by * direction[i]),
      batch.observations,
      COUNT,
    );
    return Array.from({ length: COUNT }, (_, i) => outputs.slice(i * head.width, (i + 1) * head.width));
  };
  const [behind, ahead] = [rows(-h), rows(h)];
  let measured = 0;
  let scale = 1;
  const beta = 'beta' in objective ? objective.beta : 0;
  for (let i = 0; i < COUNT; i++) {
    const action = batch.actions.subarray(i * head.actionWidth, (i + 1) * head.actionWidth);
    const slope =
      (logProbOf(head.kind, ahead[i], action) - logProbOf(head.kind, behind[i], action)) / (2 * h);
    const old = [...batch.oldDistributions.subarray(i * head.width, (i + 1) * head.width)];
    const kl = (klOf(head.kind, old, ahead[i]) - klOf(head.kind, old, behind[i])) / (2 * h);
    measured += weights[i] * slope + (beta * kl) / COUNT;
    scale += Math.abs(weights[i] * slope);
  }
  return { measured, scale };
}
