import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fc, test } from '@fast-check/vitest';
import { clippedRatio, clipFraction } from '../../src/objective/clip.ts';
import type { ObjectiveDefinition } from '../../src/objective/definition.ts';
import { klPenalty } from '../../src/objective/kl-penalty.ts';
import {
  bandOf,
  bandsOf,
  betaOf,
  clipRangeOf,
  type Objective,
  objectiveOf,
  objectives,
  ratiosWithinOf,
  type SampledBatch,
  sampledLoss,
} from '../../src/objective/objective.ts';
import { penaltyOf } from '../../src/objective/sample-penalty.ts';
import { objectiveSettings } from '../../src/objective/settings.ts';
import { probabilityRatios } from '../../src/objective/surrogate.ts';
import { type ValueClip, valueLoss } from '../../src/objective/value-loss.ts';
import { categoricalHead } from '../../src/policy/categorical.ts';
import { diagonalGaussianHead } from '../../src/policy/diagonal-gaussian.ts';
import { randomStream } from '../../src/random/random.ts';

/** The loss of a batch; its weights are written. */
function lossOf(
  objective: Objective,
  at: Float64Array,
  advantages: Float64Array,
  weights = new Float64Array(at.length),
): number {
  return sampledLoss(objective, batchOf(at, at.map(Math.log), advantages), at.length, weights);
}

/** A batch whose old policy was sure of each action, and whose states have gone nowhere. */
function batchOf(
  ratios: Float64Array,
  logRatios: Float64Array,
  advantages: Float64Array,
  divergences = new Float64Array(ratios.length),
): SampledBatch {
  return { ratios, logRatios, logProbs: logRatios, advantages, divergences };
}

/**
 * The loss of one sample in its log-ratio where part of it has no gradient: that part as it is at the point itself. Undefined
 * where all of it has one.
 */
function heldAt(
  objective: Objective,
  ratio: number,
  advantage: number,
): ((logRatio: number) => number) | undefined {
  const penalised =
    (beta: number) =>
    (log: number): number =>
      -Math.exp(log) * advantage - beta * log;
  if (objective.kind === 'samplePenalty') return penalised(penaltyOf(ratio, advantage, objective.clipRange));
  if (objective.kind === 'cispo') {
    const weight = clippedRatio(ratio, objective.clipRangeLow, objective.clipRangeHigh) * advantage;
    return (log) => -weight * log;
  }
  if (objective.kind !== 'softGate' || objective.gate === 'softMinimum') return undefined;
  const { clipRange, gate, softness } = objective;
  const beyond = advantage > 0 ? ratio - 1 - clipRange : 1 - clipRange - ratio;
  const open =
    gate === 'sigmoid' ? 1 / (1 + Math.exp(-beyond / softness)) : Math.min(Math.max(beyond / softness, 0), 1);
  return penalised(-ratio * advantage * open);
}

const clip: Objective = { kind: 'clip', clipRange: 0.2 };
const ratios = Float64Array.of(0.5, 0.9, 1, 1.1, 1.5, 0.5, 1.5);
const advantages = Float64Array.of(1, 2, 3, -1, 2, -1, -2);

describe('the clipped surrogate', () => {
  it('takes the smaller of the plain and the clipped term', () => {
    const loss = lossOf(clip, ratios, advantages);
    expect(loss).toBeCloseTo(-(0.5 + 1.8 + 3 - 1.1 + 2.4 - 0.8 - 3) / 7, 12);
  });

  it('has no gradient above 1+ε with a positive advantage or below 1−ε with a negative one', () => {
    const weights = new Float64Array(7);
    lossOf(clip, ratios, advantages, weights);
    expect([...weights].map((w) => w === 0)).toEqual([false, false, false, false, true, true, false]);
  });

  it('has the gradient of its loss in log π, by central differences', () => {
    const h = 1e-6;
    const weights = new Float64Array(7);
    lossOf(clip, ratios, advantages, weights);
    for (let i = 0; i < 7; i++) {
      const at = (sign: number) => {
        const moved = ratios.slice();
        moved[i] *= Math.exp(sign * h);
        return lossOf(clip, moved, advantages);
      };
      expect(weights[i]).toBeCloseTo((at(1) - at(-1)) / (2 * h), 6);
    }
  });

  it('counts as clipped what lies outside 1 ± ε', () => {
    expect(clipFraction(ratios, 7, () => ({ low: 0.2, high: 0.2 }))).toBe(4 / 7);
  });

  it('counts the edge itself as inside', () => {
    expect(clipFraction(Float64Array.of(0.75, 1.25, 1.5), 3, () => ({ low: 0.25, high: 0.25 }))).toBe(1 / 3);
  });
});

describe('the bare surrogate', () => {
  it('is −mean(ratio·Â) with gradient −ratio·Â/N', () => {
    const weights = new Float64Array(7);
    expect(lossOf({ kind: 'surrogate' }, ratios, advantages, weights)).toBeCloseTo(
      -(0.5 + 1.8 + 3 - 1.1 + 3 - 0.5 - 3) / 7,
      12,
    );
    expect(weights[4]).toBeCloseTo(-3 / 7, 12);
  });

  it('has ratio 1 exactly where the policy has not moved', () => {
    const logProbs = Float64Array.of(-0.3, -7.1);
    const out = new Float64Array(2);
    probabilityRatios(logProbs, logProbs, 2, new Float64Array(2), out);
    expect([...out]).toEqual([1, 1]);
  });
});

describe('the dual clip', () => {
  // One sample each: Â = −1 at ratios 2 (unclipped), 5 (bounded by c = 3) and Â = 1 at 5 (clipped).
  const dual = (ratio: number, advantage: number) => {
    const weights = new Float64Array(1);
    const loss = lossOf(
      { kind: 'dualClip', clipRange: 0.2, dualClip: 3 },
      Float64Array.of(ratio),
      Float64Array.of(advantage),
      weights,
    );
    return { loss, weight: weights[0] };
  };

  it('is the clip up to the bound c', () => {
    expect(dual(2, -1)).toEqual({ loss: 2, weight: 2 });
    expect(dual(5, 1)).toEqual({ loss: -1.2, weight: 0 });
    expect(dual(0.5, -2)).toEqual({ loss: 1.6, weight: 0 });
    expect(dual(1.125, 4)).toEqual({ loss: -4.5, weight: -4.5 });
  });

  it('stops the loss and the gradient at c·Â where Â < 0', () => {
    expect(dual(5, -1)).toEqual({ loss: 3, weight: 0 });
    expect(dual(3, -1)).toEqual({ loss: 3, weight: 3 });
    expect(dual(5, -2)).toEqual({ loss: 6, weight: 0 });
  });
});

describe('the soft clip', () => {
  const soft = (ratio: number, temperature: number) => {
    const weights = new Float64Array(1);
    const loss = lossOf(
      { kind: 'softClip', temperature },
      Float64Array.of(ratio),
      Float64Array.of(1),
      weights,
    );
    return { loss, weight: weights[0] };
  };

  it('is −(2/τ)·Â at ratio 1, with the surrogate’s gradient', () => {
    expect(soft(1, 2)).toEqual({ loss: -1, weight: -1 });
    expect(soft(1, 8)).toEqual({ loss: -0.25, weight: -1 });
  });

  it('has a gradient that falls off by 4σ(1 − σ) and never turns', () => {
    const sigmoid = 1 / (1 + Math.exp(-2));
    expect(soft(2, 2).weight).toBeCloseTo(-2 * 4 * sigmoid * (1 - sigmoid), 12);
    expect(soft(10, 2).weight).toBeLessThan(0);
  });

  it('stays finite where the ratio is as large as a number can be', () => {
    expect(soft(Number.MAX_VALUE, 2)).toEqual({ loss: -2, weight: 0 });
  });
});

describe('the per-sample KL penalty', () => {
  const samples = fc.array(
    fc.record({
      logRatio: fc.double({ min: -8, max: 8, noNaN: true }),
      advantage: fc.double({ min: -20, max: 20, noNaN: true }),
    }),
    { minLength: 1, maxLength: 64 },
  );

  test.prop([samples, fc.double({ min: 0.01, max: 0.99, noNaN: true })])(
    'has the gradient of the clip, the same bits, on any batch',
    (batch, clipRange) => {
      const logs = Float64Array.from(batch, ({ logRatio }) => logRatio);
      const at = logs.map((log) => Math.exp(log));
      const advantage = Float64Array.from(batch, (sample) => sample.advantage);
      const [clip, penalty] = [new Float64Array(batch.length), new Float64Array(batch.length)];
      const sampled = batchOf(at, logs, advantage);
      sampledLoss({ kind: 'clip', clipRange }, sampled, batch.length, clip);
      sampledLoss({ kind: 'samplePenalty', clipRange }, sampled, batch.length, penalty);
      // −0 and 0 are the same step.
      expect(penalty.map((weight) => weight + 0)).toEqual(clip.map((weight) => weight + 0));
    },
  );

  it('has β 0 inside the band and where clipping passes, −w·Â where it kills', () => {
    expect(penaltyOf(1.1, 2, 0.2)).toBe(0);
    expect(penaltyOf(0.5, 2, 0.2)).toBe(0);
    expect(penaltyOf(1.5, -2, 0.2)).toBe(0);
    expect(penaltyOf(1.5, 2, 0.2)).toBe(-3);
    expect(penaltyOf(0.5, -2, 0.2)).toBe(1);
  });

  it('is −mean(w·Â) + mean(β·k1)', () => {
    const logs = Float64Array.of(Math.log(1.5), 0);
    const loss = sampledLoss(
      { kind: 'samplePenalty', clipRange: 0.2 },
      batchOf(
        logs.map((log) => Math.exp(log)),
        logs,
        Float64Array.of(2, 4),
      ),
      2,
      new Float64Array(2),
    );
    expect(loss).toBeCloseTo((-3 - 4 + -3 * -Math.log(1.5)) / 2, 12);
  });
});

describe('every sampled objective', () => {
  it('has a kind of its own, and knobs among its settings; another kind is refused', () => {
    expect(new Set(objectives.map(({ kind }) => kind)).size).toBe(objectives.length);
    for (const { settings, knobs } of objectives)
      expect(settings).toEqual(expect.arrayContaining([...knobs]));
    expect(() => objectiveOf('none')).toThrow('no objective none');
  });

  it.each(objectives.map((definition) => [definition.kind, definition as ObjectiveDefinition] as const))(
    '%s has the gradient of its loss in log π, by central differences, with the settings of its defaults',
    (kind, { settings }) => {
      const values = settings.map((name) => [name, objectiveSettings[name].default]);
      const objective = { kind, ...Object.fromEntries(values) } as Objective;
      const h = 1e-6;
      const logRatios = ratios.map(Math.log);
      const weights = new Float64Array(7);
      lossOf(objective, ratios, advantages, weights);
      for (let i = 0; i < 7; i++) {
        const held = heldAt(objective, ratios[i], advantages[i]);
        const at = (step: number): number => {
          const moved = logRatios.map((l, j) => (j === i ? l + step : l));
          if (held !== undefined) return held(moved[i]) / 7;
          return sampledLoss(
            objective,
            batchOf(moved.map(Math.exp), moved, advantages),
            7,
            new Float64Array(7),
          );
        };
        expect(weights[i]).toBeCloseTo((at(h) - at(-h)) / (2 * h), 6);
      }
    },
  );

  it('has its row in docs/objectives.md, with its keys', () => {
    const page = readFileSync(new URL('../../docs/objectives.md', import.meta.url), 'utf8');
    for (const { kind, settings } of objectives) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${kind}\` |`));
      expect(row, kind).toBeDefined();
      for (const name of settings) expect(row, kind).toContain(`\`${name}\``);
    }
  });

  it.each<[Objective, number | undefined, number | undefined]>([
    [{ kind: 'clip', clipRange: 0.2 }, 0.2, undefined],
    [{ kind: 'klPenalty', beta: 3 }, undefined, 3],
    [{ kind: 'surrogate' }, undefined, undefined],
    [{ kind: 'clipAndKlPenalty', clipRange: 0.1, beta: 2 }, 0.1, 2],
    [{ kind: 'dualClip', clipRange: 0.3, dualClip: 5 }, 0.3, undefined],
    [{ kind: 'softClip', temperature: 3 }, undefined, undefined],
    [{ kind: 'samplePenalty', clipRange: 0.4 }, 0.4, undefined],
    [{ kind: 'clipHigher', clipRangeLow: 0.1, clipRangeHigh: 0.3 }, undefined, undefined],
    [{ kind: 'spo', clipRange: 0.5 }, 0.5, undefined],
    [{ kind: 'cispo', clipRangeLow: 0.1, clipRangeHigh: 0.3 }, undefined, undefined],
    [{ kind: 'rollbackClip', clipRange: 0.6, rollbackSlope: 0.3 }, 0.6, undefined],
    [{ kind: 'divergenceMask', divergence: 'kl', divergenceBound: 0.02 }, undefined, undefined],
    [{ kind: 'sapo', temperaturePositive: 1, temperatureNegative: 2 }, undefined, undefined],
    [{ kind: 'softGate', clipRange: 0.7, gate: 'sigmoid', softness: 0.1 }, 0.7, undefined],
    [{ kind: 'trustRegionClip', clipRange: 0.15, klRange: 0.03 }, 0.15, undefined],
  ])('%j has the ε and the β that it names', (objective, clipRange, beta) => {
    expect([clipRangeOf(objective), betaOf(objective)]).toEqual([clipRange, beta]);
  });

  it('has a band of ratios where it has an ε or two', () => {
    expect(bandOf({ kind: 'spo', clipRange: 0.5 })).toEqual({ low: 0.5, high: 0.5 });
    expect(bandOf({ kind: 'clipHigher', clipRangeLow: 0.1, clipRangeHigh: 0.3 })).toEqual({
      low: 0.1,
      high: 0.3,
    });
    expect(bandOf({ kind: 'surrogate' })).toBeUndefined();
    expect(clipFraction(Float64Array.of(0.85, 0.95, 1.25, 1.35), 4, () => ({ low: 0.1, high: 0.3 }))).toBe(
      0.5,
    );
  });

  it('has a band for each sample where it asks for ratios within a KL', () => {
    const objective: Objective = { kind: 'trustRegionClip', clipRange: 0.2, klRange: 0.03 };
    expect(ratiosWithinOf(objective)).toBe(0.03);
    expect(ratiosWithinOf({ kind: 'clip', clipRange: 0.2 })).toBeUndefined();
    // Those of actions of probability 0.1, 0.9 and 0.9, by SciPy; of the last two 1 ± ε is the wider.
    const ranges = {
      least: Float64Array.of(0.4237909472489444, 0.9012189901137839, 0.9012189901137839),
      greatest: Float64Array.of(1.889029088975944, 1.0640232280834503, 1.0640232280834503),
    };
    const bandAt = bandsOf(objective, ranges);
    expect([0, 1].map((i) => bandAt?.(i))).toEqual([
      { low: 1 - ranges.least[0], high: ranges.greatest[0] - 1 },
      { low: 0.2, high: 0.2 },
    ]);
    expect(bandsOf({ kind: 'clip', clipRange: 0.3 }, ranges)?.(0)).toEqual({ low: 0.3, high: 0.3 });
    const batch = (ratios: number[], advantages: number[]) =>
      batchOf(Float64Array.from(ratios), Float64Array.from(ratios, Math.log), Float64Array.from(advantages));
    const weights = new Float64Array(3);
    const loss = (ratios: number[], advantages: number[]) =>
      3 * sampledLoss(objective, { ...batch(ratios, advantages), ranges }, 3, weights);
    // −(1.8·1 + 1.1·2 + 1.2·1): the last alone is clipped.
    expect(loss([1.8, 1.1, 1.3], [1, 2, 1])).toBeCloseTo(-5.2, 12);
    expect([...weights]).toEqual([-1.8 / 3, -2.2 / 3, 0]);
    // −(u·1 + 0.85·(−1) + 0.8·(−2)): the first beyond its own end, the last below 1 − ε.
    expect(loss([1.9, 0.85, 0.7], [1, -1, -2])).toBeCloseTo(-1.889029088975944 + 0.85 + 1.6, 12);
    expect([...weights]).toEqual([0, 0.85 / 3, 0]);
    expect(clipFraction(Float64Array.of(1.8, 1.25, 0.7), 3, bandAt ?? (() => ({ low: 0, high: 0 })))).toBe(
      2 / 3,
    );
  });

  // Of one sample with ratio 1.5 and Â = 2.
  it.each<[Objective, number, number]>([
    [{ kind: 'clip', clipRange: 0.2 }, -2.4, 0],
    [{ kind: 'klPenalty', beta: 1 }, -3, -3],
    [{ kind: 'surrogate' }, -3, -3],
    [{ kind: 'clipAndKlPenalty', clipRange: 0.2, beta: 1 }, -2.4, 0],
    [{ kind: 'dualClip', clipRange: 0.2, dualClip: 3 }, -2.4, 0],
    [{ kind: 'softClip', temperature: 2 }, -2.92423431, -2.3593432], // σ(1)·2·2 and 4σ(1)(1 − σ(1))·3
    [{ kind: 'samplePenalty', clipRange: 0.2 }, -1.78360468, 0], // −w·Â + β·k1, β = −w·Â: −3 + 3·ln 1.5
    [{ kind: 'clipHigher', clipRangeLow: 0.2, clipRangeHigh: 0.28 }, -2.56, 0],
    [{ kind: 'spo', clipRange: 0.2 }, -1.75, 4.5], // −(3 − 5·½²) and −1.5·(2 − 10·½)
    [{ kind: 'cispo', clipRangeLow: 0.2, clipRangeHigh: 0.28 }, -1.03799069, -2.56], // −1.28·2·ln 1.5, log π being that
    [{ kind: 'rollbackClip', clipRange: 0.2, rollbackSlope: 0.3 }, -2.22, 0.9], // −(1.3·1.2 − 0.3·1.5)·2
    [{ kind: 'divergenceMask', divergence: 'kl', divergenceBound: 0.02 }, -3, -3],
    [{ kind: 'sapo', temperaturePositive: 1, temperatureNegative: 9 }, -4.97967465, -2.82004455], // σ(½)·4·2
    [{ kind: 'softGate', clipRange: 0.2, gate: 'linearRamp', softness: 0.6 }, -2.39180234, -1.5], // g = ½
    [{ kind: 'softGate', clipRange: 0.2, gate: 'sigmoid', softness: 0.3 }, -2.11074376, -0.80682426], // g = σ(1)
    [{ kind: 'softGate', clipRange: 0.2, gate: 'softMinimum', softness: 0.3 }, -2.21204299, -0.80682426],
    [{ kind: 'trustRegionClip', clipRange: 0.2, klRange: 0.03 }, -2.4, 0],
  ])('%j comes to %f with the weight %f', (objective, loss, weight) => {
    const weights = new Float64Array(1);
    const [ratio, log, advantage] = [1.5, Math.log(1.5), 2].map((x) => Float64Array.of(x));
    expect(sampledLoss(objective, batchOf(ratio, log, advantage), 1, weights)).toBeCloseTo(loss, 7);
    expect(weights[0]).toBeCloseTo(weight, 7);
  });
});

describe.each([
  ['categorical', categoricalHead(4)],
  ['Gaussian', diagonalGaussianHead(2)],
] as const)('the exact KL penalty of a %s policy', (_, head) => {
  const random = randomStream(7, 'penalty');
  const draw = () => Float32Array.from({ length: 3 * head.width }, () => (random.integer(129) - 64) / 64);
  const read = (outputs: Float32Array) => {
    const distributions = new Float64Array(outputs.length);
    head.read(outputs, 3, distributions);
    return distributions;
  };
  const old = read(draw());
  const penalty = (outputs: Float32Array, dOutputs: Float32Array) =>
    klPenalty(head, old, read(outputs), 3, 0.7, dOutputs, new Float64Array(3));

  it('has the gradient of its loss in the network’s outputs, by central differences', () => {
    const outputs = draw();
    const gradient = new Float32Array(outputs.length);
    penalty(outputs, gradient);
    const h = 2 ** -11;
    for (let i = 0; i < outputs.length; i++) {
      const at = (step: number) =>
        penalty(
          outputs.map((x, j) => (j === i ? x + step : x)),
          new Float32Array(outputs.length),
        );
      expect(gradient[i]).toBeCloseTo((at(h) - at(-h)) / (2 * h), 4);
    }
  });

  it('is 0 without a gradient at π_old', () => {
    const dOutputs = new Float32Array(3 * head.width);
    expect(klPenalty(head, old, old, 3, 0.7, dOutputs, new Float64Array(3))).toBe(0);
    expect(dOutputs.every((x) => x === 0)).toBe(true);
  });
});

describe('the value loss', () => {
  const values = Float32Array.of(1, 2, 3);
  const old = Float64Array.of(1, 1, 3.5);
  const returns = Float64Array.of(0, 3, 3.25);
  const run = (clip: ValueClip) => {
    const dValues = new Float32Array(3);
    return { loss: valueLoss(values, old, returns, 3, clip, 0.2, 0.5, dValues), dValues: [...dValues] };
  };

  it('is half the mean squared error', () => {
    const { loss, dValues } = run('none');
    expect(loss).toBeCloseTo((0.5 * (1 + 1 + 0.0625)) / 3, 6);
    expect(dValues[0]).toBeCloseTo((0.5 * 1) / 3, 6);
  });

  it('with max takes the larger error of the plain and the clipped value', () => {
    // Clipped values: 1, 1.2, 3.3; errors 1, −1.8 against −1, 0.05 against −0.25.
    const { loss, dValues } = run('max');
    expect(loss).toBeCloseTo((0.5 * (1 + 1.8 ** 2 + 0.0625)) / 3, 5);
    expect(dValues[1]).toBe(0);
    expect(dValues[2]).toBeCloseTo((0.5 * -0.25) / 3, 6);
  });

  it('with squaredError cuts the squared error off at the range, without a gradient beyond', () => {
    // Squared errors 1, 1 and 0.0625 against a range of 0.2.
    const { loss, dValues } = run('squaredError');
    expect(loss).toBeCloseTo((0.5 * (0.2 + 0.2 + 0.0625)) / 3, 6);
    expect(dValues.slice(0, 2)).toEqual([0, 0]);
    expect(dValues[2]).toBeCloseTo((0.5 * -0.25) / 3, 6);
  });

  it.each([
    // Squared errors of .0625 at the range itself, of .140625 twice over: plain .375, clipped .25 − .625 = −.375.
    ['squaredError', 0.0625, 0.25, 0],
    ['max', 0.25, 1, 0.625],
  ] as const)('with %s takes the plain error where both are equal', (clip, range, value, target) => {
    const dValues = new Float32Array(1);
    valueLoss(
      Float32Array.of(value),
      Float64Array.of(0),
      Float64Array.of(target),
      1,
      clip,
      range,
      1,
      dValues,
    );
    expect(dValues[0]).toBe(value - target);
  });

  it('with max takes the clipped error where it is the larger, however small both are', () => {
    // V moved from 0 to ½ and is held at ¼: errors −¼ and −½.
    const dValues = new Float32Array(1);
    const [old, target] = [Float64Array.of(0), Float64Array.of(0.75)];
    expect(valueLoss(Float32Array.of(0.5), old, target, 1, 'max', 0.25, 1, dValues)).toBe(0.125);
    expect(dValues[0]).toBe(0);
  });

  it('with clippedOnly takes the clipped error even where it is smaller', () => {
    const { loss, dValues } = run('clippedOnly');
    expect(dValues[0]).toBeCloseTo(0.5 / 3, 6); // not moved: not clipped
    expect(loss).toBeCloseTo((0.5 * (1 + 1.8 ** 2 + 0.05 ** 2)) / 3, 5);
    expect(dValues[2]).toBe(0);
  });
});
