import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fc, test } from '@fast-check/vitest';
import { exp } from '../../src/elementary/exponential.ts';
import { type Objective, type SampledBatch, sampledLoss } from '../../src/objective/objective.ts';

/** By PyTorch's autograd in float64: losses to be minimised and their gradient in log π_new. */
interface Case {
  readonly oldLogProbs: number[];
  readonly newLogProbs: number[];
  readonly advantages: number[];
  readonly stateDivergences: number[];
  readonly [surrogate: string]: unknown;
}
interface Expected {
  readonly loss: number;
  readonly gradient: number[];
}

const file = new URL('../fixtures/surrogates.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] };

function batchOf({ oldLogProbs, newLogProbs, advantages, stateDivergences }: Case): SampledBatch {
  const logProbs = Float64Array.from(newLogProbs);
  const logRatios = logProbs.map((each, i) => each - oldLogProbs[i]);
  return {
    ...{ logProbs, logRatios, ratios: logRatios.map((each) => exp(each)) },
    ...{ advantages: Float64Array.from(advantages), divergences: Float64Array.from(stateDivergences) },
  };
}

describe.each(cases.map((each, i) => [i, each] as const))('case %i of PyTorch', (_, given) => {
  it.each<[string, Objective]>([
    ['clip', { kind: 'clip', clipRange: 0.2 }],
    ['clipHigher', { kind: 'clipHigher', clipRangeLow: 0.2, clipRangeHigh: 0.28 }],
    ['spo', { kind: 'spo', clipRange: 0.2 }],
    ['cispo', { kind: 'cispo', clipRangeLow: 0.2, clipRangeHigh: 0.28 }],
    ['rollbackClip', { kind: 'rollbackClip', clipRange: 0.2, rollbackSlope: 0.3 }],
    ['sapo', { kind: 'sapo', temperaturePositive: 1, temperatureNegative: 1.05 }],
    ['divergenceMask', { kind: 'divergenceMask', divergence: 'kl', divergenceBound: 0.02 }],
    ['dualClip', { kind: 'dualClip', clipRange: 0.2, dualClip: 3 }],
  ])('%s has its loss and its gradient', (name, objective) => {
    const { loss, gradient } = given[name] as Expected;
    const count = given.advantages.length;
    const weights = new Float64Array(count);
    expect(sampledLoss(objective, batchOf(given), count, weights)).toBeCloseTo(loss, 12);
    for (let i = 0; i < count; i++) expect(weights[i]).toBeCloseTo(gradient[i], 13);
  });
});

const samples = fc.array(
  fc.record({
    logRatio: fc.double({ min: -8, max: 8, noNaN: true }),
    advantage: fc.double({ min: -20, max: 20, noNaN: true }),
  }),
  { minLength: 1, maxLength: 64 },
);

/** Slopes of one and the other are the same numbers; −0 and 0 are the same step. */
function expectEqualSlopes(
  batch: { logRatio: number; advantage: number }[],
  a: Objective,
  b: Objective,
): void {
  const logRatios = Float64Array.from(batch, ({ logRatio }) => logRatio);
  const advantages = Float64Array.from(batch, ({ advantage }) => advantage);
  const count = batch.length;
  const sampled = {
    ...{ logRatios, logProbs: logRatios, ratios: logRatios.map((log) => exp(log)), advantages },
    divergences: new Float64Array(count).fill(1),
  };
  const slopes = [a, b].map((objective) => {
    const weights = new Float64Array(count);
    sampledLoss(objective, sampled, count, weights);
    return weights.map((weight) => weight + 0);
  });
  expect(slopes[0]).toEqual(slopes[1]);
}

describe('what an objective is where its settings make it another', () => {
  test.prop([samples, fc.double({ min: 0.01, max: 0.99, noNaN: true })])(
    'clipHigher with both alike is clip',
    (batch, clipRange) => {
      const equal = { clipRangeLow: clipRange, clipRangeHigh: clipRange };
      expectEqualSlopes(batch, { kind: 'clipHigher', ...equal }, { kind: 'clip', clipRange });
    },
  );

  test.prop([samples, fc.double({ min: 0.1, max: 20, noNaN: true })])(
    'sapo with both alike is softClip',
    (batch, temperature) => {
      const alike = { temperaturePositive: temperature, temperatureNegative: temperature };
      expectEqualSlopes(batch, { kind: 'sapo', ...alike }, { kind: 'softClip', temperature });
    },
  );

  test.prop([samples, fc.constantFrom('linearRamp', 'sigmoid', 'softMinimum')])(
    'softGate with the narrowest edge is clip, but for what lies on it',
    (batch, gate) => {
      const away = batch.filter(({ logRatio }) => Math.abs(Math.abs(exp(logRatio) - 1) - 0.2) > 1e-6);
      const objective = { kind: 'softGate', clipRange: 0.2, gate, softness: 1e-9 } as const;
      expectEqualSlopes(away, objective, { kind: 'clip', clipRange: 0.2 });
    },
  );

  test.prop([samples])('divergenceMask is surrogate where no state has moved far', (batch) => {
    const mask = { kind: 'divergenceMask', divergence: 'kl', divergenceBound: 2 } as const;
    expectEqualSlopes(batch, mask, { kind: 'surrogate' });
  });
});

describe('ratios as large as numbers can be', () => {
  it.each(['linearRamp', 'sigmoid', 'softMinimum'] as const)('softGate %s has no slope there', (gate) => {
    const weights = new Float64Array(1);
    const sampled = {
      ...{ ratios: Float64Array.of(Number.POSITIVE_INFINITY), logRatios: Float64Array.of(800) },
      ...{ logProbs: Float64Array.of(0), advantages: Float64Array.of(1), divergences: new Float64Array(1) },
    };
    sampledLoss({ kind: 'softGate', clipRange: 0.2, gate, softness: 0.1 }, sampled, 1, weights);
    expect(weights[0]).toBe(0);
  });
});
