import { describe, expect, it, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { logSoftmax } from '../../src/divergence/softmax.ts';
import { createSequenceTruth } from '../../src/ground-truth/sequence-truth.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { encodeJson } from '../../src/row/json.ts';
import { createTraining } from '../../src/train/training.ts';
import fixture from '../fixtures/kl-gradients.json' with { type: 'json' };

const engine = await loadEngine('wasm');
const definition = findEnvironment('TokenTask');
const answers = [
  { answer: 'a b', reward: 1 },
  { answer: 'b c', reward: 0.7 },
  { answer: 'c a', reward: -0.5 },
  { prompt: 'c', answer: 'a a', reward: 0.4 },
];

function configOf(rest: object, options: object = {}): Config {
  const given = {
    vocabulary: ['a', 'b', 'c'],
    prompts: ['', 'c'],
    length: 2,
    context: 3,
    reward: { table: { answers } },
  };
  return configSchema.parse({
    environment: { id: 'TokenTask', copies: 64, options: definition.options.parse({ ...given, ...options }) },
    rollout: { steps: 8 },
    network: { policy: { hidden: [32] }, value: { hidden: [32] }, policyHeadGain: 1 },
    advantage: { gamma: 1, gaeLambda: 1, standardize: 'none' },
    ppo: { minibatchSize: 512, epochs: 2 },
    optimizer: { learningRate: { schedule: 'linear', from: 0.01, to: 0.0001 }, maxGradientNorm: null },
    trustRegion: { stop: null },
    groundTruth: true,
    reference: { policy: 'initial', beta: 0.5, placement: 'loss', level: 'sequence', estimator: 'exact' },
    steps: 512 * 4,
    ...rest,
  });
}

function rowsOf(config: Config) {
  const training = createTraining(config, definition, engine);
  const rows = Array.from({ length: training.updates }, () => training.update());
  training.dispose();
  return rows;
}

describe('what is exact of sequences', () => {
  it('is the fixture’s, for a task with its rewards', () => {
    for (const given of fixture.cases) {
      const V = given.vocabulary;
      const index = (answer: readonly number[]): number =>
        given.sequences.findIndex((each) => each.join() === answer.join());
      const model = {
        space: { vocabulary: V, length: given.length, end: null },
        prompts: 1,
        observe: () => {},
        reward: (_: number, answer: readonly number[]) => given.rewards[index(answer)] ?? Number.NaN,
      };
      const truth = createSequenceTruth(model, 1);
      const know = (logits: readonly (readonly number[])[]) =>
        truth.know(Float64Array.from(logits.flatMap((each) => [...logSoftmax(each)])));
      const [policy, reference] = [know(given.logits), know(given.referenceLogits)];
      for (const { beta, objective, klPolicyOptimum } of given.optima) {
        const found = truth.distances(policy, reference, beta);
        expect(found.policyReference).toBeCloseTo(given.klPolicyReference, 12);
        expect(found.referencePolicy).toBeCloseTo(given.klReferencePolicy, 12);
        expect(found.optimum).toBeCloseTo(objective, 12);
        expect(found.policyOptimum).toBeCloseTo(klPolicyOptimum, 10);
        const best = truth.distances(truth.optimum(reference, beta), reference, beta);
        expect([best.policyOptimum, best.optimumPolicy]).toEqual([0, 0]);
        expect(best.objective).toBeCloseTo(best.optimum, 12);
      }
    }
  });

  it('agrees with itself in every row, and changes nothing in training', () => {
    const rows = rowsOf(configOf({}));
    for (const row of rows) {
      const { optimumObjective = 0, sequenceObjective = 0, klPolicyOptimum = 0 } = row;
      expect((optimumObjective - sequenceObjective) / 0.5).toBeCloseTo(klPolicyOptimum, 10);
      expect(row.exactReturn).toBeCloseTo(sequenceObjective + 0.5 * (row.sequenceKlPolicyReference ?? 0), 10);
      expect((row.exactReturn ?? 0) + (row.exactGap ?? 0)).toBeCloseTo(1, 12);
    }
    const improvement = (rows[2]?.exactReturn ?? 0) - (rows[1]?.exactReturn ?? 0);
    expect(rows[2]?.exactImprovement).toBeCloseTo(improvement, 12);
    const without = rowsOf(configOf({ groundTruth: false }));
    expect(
      rows.map((row) =>
        encodeJson({ ...row, ...Object.fromEntries(exactNames.map((name) => [name, undefined])) }),
      ),
    ).toEqual(without.map((row) => encodeJson(row)));
  });

  it.each([0.1, 0.5])('exact KL with the whole sequence gradient reaches the optimum of β %d', (beta) => {
    const one = { prompts: [''], reward: { table: { answers: answers.slice(0, 3) } } };
    const config = configOf({ steps: 512 * 400 }, one);
    const reference = config.reference && { ...config.reference, beta };
    const last = rowsOf({ ...config, reference }).at(-1);
    expect(last?.klPolicyOptimum).toBeLessThan(0.01);
    expect(last?.klOptimumPolicy).toBeLessThan(0.01);
  });

  test.each([
    [
      { length: 12, reward: { rule: { kind: 'distinct' } } },
      { reference: null },
      'groundTruth must be false, got true: TokenTask has 1,062,882 answers to all its prompts, of which at most 100,000 are enumerated',
    ],
    [
      {},
      { environment: { ...configOf({}).environment, normalizeObservations: true } },
      'groundTruth must be false, got true: environment.normalizeObservations changes what a policy sees of a prefix with every rollout',
    ],
  ])('%j is refused in one line', (options, rest, message) =>
    expect(() => createTraining(configOf(rest, options), definition, engine)).toThrow(message),
  );

  it('says how many answers are too many when the config is read', () => {
    const options = configOf({}, { length: 12, reward: { rule: { kind: 'distinct' } } }).environment.options;
    expect(environmentOptions.notEnumerable({ id: 'TokenTask' }, options)).toMatch(
      /^TokenTask has 1,062,882 answers/,
    );
    expect(
      environmentOptions.notEnumerable({ id: 'TokenTask' }, configOf({}).environment.options),
    ).toBeUndefined();
  });
});

const exactNames = [
  'exactReturn',
  'exactImprovement',
  'exactGap',
  'sequenceKlPolicyReference',
  'sequenceKlReferencePolicy',
  'sequenceObjective',
  'optimumObjective',
  'klPolicyOptimum',
  'klOptimumPolicy',
];
