import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { randomStream } from '../../src/random/random.ts';
import { createAnswers } from '../../src/train/answers.ts';
import { createTraining } from '../../src/train/training.ts';

const engine = await loadEngine('reference');
const definition = findEnvironment('TokenTask');
const table = (answers: object[]) => ({ table: { answers } });
const options = definition.options.parse({
  vocabulary: ['a', 'b', '.'],
  prompts: ['', 'b'],
  length: 3,
  end: '.',
  context: 4,
  reward: table([
    { answer: 'a b', reward: 1 },
    { answer: 'b', reward: 0.4 },
    { answer: 'a a a', reward: -1 },
  ]),
  trueReward: table([
    { answer: 'b', reward: 2 },
    { answer: 'a b', reward: -0.5 },
  ]),
}) as Config['environment']['options'];
const config: Config = configSchema.parse({
  environment: { id: 'TokenTask', copies: 32, options },
  rollout: { steps: 16 },
  network: { policy: { hidden: [16] }, value: { hidden: [16] }, policyHeadGain: 1 },
  advantage: { gamma: 1, gaeLambda: 1 },
  ppo: { minibatchSize: 256 },
  optimizer: { learningRate: 0.02 },
  groundTruth: true,
  reference: { policy: 'initial', beta: 0.3 },
  steps: 512 * 12,
});

describe('all answers of a task', () => {
  const training = createTraining(config, definition, engine);
  const stored = training.reference;
  if (stored === undefined) throw new Error('it has a reference');
  const reference = { ...stored, policy: { ...stored.policy, parameters: stored.policy.parameters.slice() } };
  const environment = definition.create(options, randomStream(0, 'task'));
  if (environment.sequences === undefined) throw new Error('it has sequences');
  const sizes = { inputs: 4 * 3, outputs: 3 };
  const answers = createAnswers(sizes, environment.sequences, reference, engine);
  const rows = Array.from({ length: training.updates }, () => ({
    row: training.update(),
    place: answers.place(training.stored(), 0.3),
  }));

  it('say of a policy whose weights are too large that it is one, in place of NaN', () => {
    const huge = {
      ...reference,
      policy: { ...reference.policy, parameters: Float32Array.from(reference.policy.parameters, () => 3e38) },
    };
    expect(() => answers.place(huge, 0.3)).toThrow(
      expect.objectContaining({
        message: 'the policy gives NaN for a prefix of an answer: its weights are too large',
        exitCode: 1,
      }),
    );
  });

  it('place a policy where its row does', () => {
    for (const { row, place } of rows) {
      expect(place.reward).toBeCloseTo(row.exactReturn as number, 10);
      expect(place.trueReward).toBeCloseTo(row.exactTrueReturn as number, 10);
      expect(place.klPolicyReference).toBeCloseTo(row.sequenceKlPolicyReference as number, 10);
      expect(place.klPolicyOptimum).toBeCloseTo(row.klPolicyOptimum as number, 10);
    }
    expect(answers.place(reference, null)).toEqual({ ...answers.reference, klPolicyOptimum: null });
    expect(answers.reference.klPolicyReference).toBe(0);
  });

  it('the frontier rises from the reference on, and no policy is above it', () => {
    const frontier = answers.frontier(1);
    expect(frontier.at(-1)?.klPolicyReference).toBeGreaterThan(1);
    for (const [i, each] of frontier.entries()) {
      const before = frontier[i - 1] ?? answers.reference;
      expect(each.klPolicyReference).toBeGreaterThan(before.klPolicyReference);
      expect(each.reward).toBeGreaterThan(before.reward);
      // Its slope is β: a nat more buys so much reward.
      const slope = (each.reward - before.reward) / (each.klPolicyReference - before.klPolicyReference);
      if (i > 0) expect(slope / each.beta).toBeGreaterThan(1);
      if (i > 0) expect(slope / each.beta).toBeLessThan(1.07);
    }
    for (const { place } of rows)
      for (const { beta, reward, klPolicyReference } of frontier)
        expect(place.reward - beta * place.klPolicyReference).toBeLessThan(
          reward - beta * klPolicyReference + 1e-12,
        );
  });

  it('a distribution is of every answer, and its drift that of the prompt', () => {
    const policy = training.stored();
    const drifts = [0, 1].map((prompt) => answers.drift(policy, prompt));
    expect((drifts[0] + drifts[1]) / 2).toBeCloseTo(answers.place(policy, null).klPolicyReference, 12);
    const told = answers.distribution(policy, 1);
    expect(told).toHaveLength(answers.count);
    expect(told.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
    const own = answers.distribution(reference, 1);
    const drift = told.reduce(
      (sum, { probability: p }, y) => sum + p * Math.log(p / (own[y]?.probability ?? 0)),
      0,
    );
    expect(drift).toBeCloseTo(drifts[1], 9);
  });
});
