import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ContextualBandit } from '../../envs/contextual-bandit.ts';
import { environments, findEnvironment } from '../../envs/registry.ts';
import { configSchema } from '../../src/config/schema.ts';
import { tableDataset } from '../../src/fit/dataset.ts';
import { measureFit } from '../../src/fit/measure-fit.ts';
import { encodeRow } from '../../src/row/encode.ts';
import { fieldsWhen, type Occasion } from '../../src/row/field.ts';
import { type FitRow, fitFields } from '../../src/row/fit.ts';
import { fitModel } from '../../src/fit/fit.ts';
import { fitSchema } from '../../src/fit/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { randomStream } from '../../src/random/random.ts';
import { Copies, createCopies } from '../../src/rollout/copies.ts';
import { metricFields, type MetricsRow } from '../../src/row/metrics.ts';
import type { Timing } from '../../src/row/timing.ts';
import { createRun } from '../../src/run/run-directory.ts';
import type { RunFinal } from '../../src/run/record.ts';
import { nodeHost } from '../../src/node/host.ts';
import { train } from '../../src/train/train.ts';
import { createTraining } from '../../src/train/training.ts';
import { type LedgerRow, ledgerFields } from '../../src/row/ledger.ts';
import { linearWeights, play, tape, tapeConfig, tapeOf, unlabelled, weights } from './tape.ts';

/*
 * Every column that leash logs has a number here that was worked out without its code. The first test at the end
 * fails when a column is added and has none.
 */
const engine = await loadEngine('reference');
const newRoot = (): string => mkdtempSync(join(tmpdir(), 'leash-columns-'));

/** The same columns in the same order, numbers to within float32's rounding of the parameters. */
function expectRow(actual: object | undefined, literal: object): void {
  expect(Object.keys(actual ?? {})).toEqual(Object.keys(literal));
  for (const [name, value] of Object.entries(literal) as [string, unknown][]) {
    const found = (actual as Record<string, unknown>)[name];
    if (typeof value !== 'number') expect(found, name).toEqual(value);
    else expect(Math.abs((found as number) - value), `${name} is ${found}, not ${value}`).toBeLessThan(2e-7);
  }
}

/*
 * PPO. π_old is uniform, so r = 2σ(±z) with z the difference of the logits; both are moved by ±0.1 a step, so that z
 * becomes 0.2 (1 + t) and then 0.4 (1 + t). Seed 3 draws the actions 1, 0, 1, 1, 0.
 *   before step 1: every r = 1; loss −mean(Â) = −.7375
 *     ∂/∂bias₁ = −mean(Â(a − ½)) = −.69375, ∂/∂slope₁ = −mean(Â(a − ½)t) = −.7125, minus that for logit 0
 *     value: ½·½mean((V − R)²) has −.36875 and −.4625; norm √(2·.69375² + 2·.7125² + .36875² + .4625²) = 1.525704
 *   before step 2: r = 1.099668, .802625, 1.291313, 1.379949, .537883. Two of five are inside 1 ± 0.2; at t = 2, 3
 *     clipping takes the gradient away (Â > 0, r > 1.2), at t = 4 it does not (Â > 0, r < 0.8).
 *     loss −mean(min(rÂ, clip(r)Â)) = −.952346; norm .675156
 * After both, KL(½‖σ(z)) = ln cosh(z/2) with z/2 = .2, .4, .6, .8, 1: .019868, .077953, .170135, .290754, .433781;
 * entropies ln(2 cosh(z/2)) − (z/2) tanh(z/2), the reverse KL ln 2 minus them.
 */
const ppoRow: MetricsRow = {
  update: 1,
  steps: 5,
  episodes: 3,
  returnMean: 6.5 / 3, // 3, −1 and 2 + 2.5
  returnMin: -1,
  returnMax: 4.5,
  lengthMean: 4 / 3, // 1, 1 and 2 steps
  curveUpdates: 0, // steps 3 and 4 wait for the episode that begins at 4
  curveReturn: null,
  klOldNewMean: 0.19849825,
  klOldNewP95: 0.40517538, // .290754 + .8·(.433781 − .290754): place .95·4 = 3.8 of 0 … 4
  klOldNewMax: 0.43378083,
  klNewOldMean: 0.16280335,
  k1: 0.15849825, // −mean ln r
  k2: 0.27607301, // mean ½ln² r
  k3: 0.20988195, // mean(r − 1 − ln r)
  delta: 0.1,
  deltaViolated: true,
  clipFraction: 0.3, // 0 of 5, then 3 of 5
  entropy: 0.53034384,
  policyLoss: -0.84492292, // (−.7375 − .952346)/2
  valueLoss: 1.39320312, // (1.448828 + 1.337578)/2: V becomes .35 + .6 t after step 1
  explainedVariance: -0.02170374, // 1 − Var(Â)/Var(R) = 1 − 2.35375/2.30375
  learningRate: 0.1,
  clipRange: 0.2,
  gradientNorm: 1.10042993, // (1.525704 + .675156)/2
  gradientStepsPlanned: 2,
  gradientStepsApplied: 2,
  stopReason: 'completed',
  figures: {},
};

const ledgerRows: readonly LedgerRow[] = [
  {
    update: 1,
    gradientStep: 1,
    epoch: 1,
    epochEnds: true,
    minibatchSize: 5,
    delta: 0.1,
    klOldNew: 0.0534537, // ln cosh of .1, .2, .3, .4, .5
    klNewOld: 0.05052106,
    k1Rollout: 0.0334537,
    k1Minibatch: 0,
    k2Minibatch: 0,
    k3Minibatch: 0,
    shareInside: 1,
    shareKilled: 0,
    sharePassing: 0,
    impliedBetaMean: 0,
    impliedBetaMax: 0,
    gradientNorm: 1.52570424,
    ratioMin: 1,
    ratioP05: 1,
    ratioMedian: 1,
    ratioP95: 1,
    ratioMax: 1,
  },
  {
    update: 1,
    gradientStep: 2,
    epoch: 2,
    epochEnds: true,
    minibatchSize: 5,
    delta: 0.1,
    klOldNew: 0.19849825,
    klNewOld: 0.16280335,
    k1Rollout: 0.15849825,
    k1Minibatch: 0.0334537,
    k2Minibatch: 0.06109861,
    k3Minibatch: 0.05574112,
    shareInside: 0.4,
    shareKilled: 0.4,
    sharePassing: 0.2,
    impliedBetaMean: 1.68773292, // r·|Â| = 1.291313·1.8125 and 1.379949·.75
    impliedBetaMax: 2.3405041,
    gradientNorm: 0.67515562,
    ratioMin: 0.53788284,
    ratioP05: 0.59083121, // .537883 + .2·(.802625 − .537883): place .05·4 = .2
    ratioMedian: 1.09966799,
    ratioP95: 1.36222169, // 1.291313 + .8·(1.379949 − 1.291313)
    ratioMax: 1.37994896,
  },
];

/** The columns of every row and those of these occasions, in order. */
const names = (...when: Occasion[]): string[] =>
  fieldsWhen(metricFields, undefined, 'critic', ...when).map(({ name }) => name);
/** The cells of a row by their names, as they stand in its file. */
const written = (row: MetricsRow | undefined): string[] =>
  Object.keys(JSON.parse(row === undefined ? '{}' : encodeRow(row)));

const untilTheEnd = { delta: 0.1, stop: null };

describe('a row of PPO', () => {
  const settings = { seed: 3, trustRegion: { ...untilTheEnd, ledger: true } };
  const played = () => play(unlabelled, tapeConfig(5, weights(0), settings));

  it('has the figures that two gradient steps on the tape come to', async () => {
    const { rows, actions } = await played();
    expect(actions).toEqual([1, 0, 1, 1, 0]);
    expectRow(rows[0], ppoRow);
  });

  it('has a ledger with the figures of each of the two', async () => {
    const { ledger } = await played();
    expect(ledger).toHaveLength(2);
    ledgerRows.forEach((literal, i) => {
      expectRow(ledger[i], literal);
    });
  });

  it('tells the curve as far as it is known', async () => {
    const short = [
      { reward: 1, ends: true },
      { reward: 3, ends: true },
    ];
    const [row] = (await play(short, tapeConfig(5, weights(0), {}))).rows;
    expect([row?.curveUpdates, row?.curveReturn]).toEqual([1, 1.8]); // 1, 3, 1, 3, 1
  });

  it('has null for what needs an episode that ended', async () => {
    const endless = [{ reward: 1 }];
    const { rows } = await play(endless, tapeConfig(5, weights(0), {}));
    const [row] = rows;
    expect([row?.episodes, row?.returnMean, row?.returnMin, row?.returnMax, row?.lengthMean]).toEqual([
      0,
      null,
      null,
      null,
      null,
    ]);
  });

  it('has δ, ε and the learning rate of its own update, and counts steps over all updates', async () => {
    const schedule = (from: number) => ({ schedule: 'linear', from, to: 0 });
    const config = tapeConfig(5, weights(0), {
      steps: 20,
      objective: { kind: 'clip', clipRange: schedule(0.5) },
      optimizer: { learningRate: schedule(0.25) },
      trustRegion: { delta: schedule(1), stop: null },
    });
    const row = (await play(unlabelled, config)).rows[3];
    // The last of four updates has a quarter of the way left.
    expect([row?.update, row?.steps, row?.delta, row?.clipRange, row?.learningRate]).toEqual([
      4, 20, 0.25, 0.125, 0.0625,
    ]);
  });

  it('says stopped where the rule ended it and rolledBack where it was taken back to δ', async () => {
    const stop = { measure: 'exact', scope: 'minibatch', factor: 1 };
    const delta = 0.05; // the first step makes .0534537
    const onTheTape = async (trustRegion: object): Promise<MetricsRow | undefined> =>
      (await play(unlabelled, tapeConfig(5, weights(0), { seed: 3, trustRegion }))).rows[0];
    const stopped = await onTheTape({ delta, stop });
    expect([stopped?.stopReason, stopped?.gradientStepsApplied, stopped?.gradientStepsPlanned]).toEqual([
      'stopped',
      1,
      2,
    ]);
    expect(stopped?.klOldNewMean).toBeCloseTo(0.0534537, 7);
    const back = await onTheTape({ delta, stop, onOvershoot: 'rollback' });
    expect([back?.stopReason, back?.deltaViolated]).toEqual(['rolledBack', false]);
  });

  it('numbers the steps of its ledger within the update, and marks the last of each epoch', async () => {
    const config = tapeConfig(5, weights(0), {
      steps: 10,
      ppo: { epochs: 2, minibatchSize: 3 },
      trustRegion: { ...untilTheEnd, ledger: true },
    });
    const columns = (await play(unlabelled, config)).ledger.map((row) => [
      row.update,
      row.gradientStep,
      row.epoch,
      row.epochEnds,
      row.minibatchSize,
    ]);
    expect(columns).toEqual([
      [1, 1, 1, false, 3],
      [1, 2, 1, true, 2],
      [1, 3, 2, false, 3],
      [1, 4, 2, true, 2],
      [2, 1, 1, false, 3],
      [2, 2, 1, true, 2],
      [2, 3, 2, false, 3],
      [2, 4, 2, true, 2],
    ]);
  });
});

const penaltyRow = {
  policyLoss: -0.86160607,
  clipFraction: null,
  clipRange: null,
  beta: 0.5,
  betaSaturated: false,
};

describe('a row with a KL penalty', () => {
  // The first step is that of the tape above, with .0534537 to pay for in the second's loss:
  // −mean(rÂ) + ½·.0534537 = −.985712. β follows the KL, which is far beyond 1.5 times the target: ½, 1, then 2 but for
  // the bound.
  const adapt = { target: 0.001, max: 1.5 };
  const config = tapeConfig(5, weights(0), {
    seed: 3,
    steps: 10,
    objective: { kind: 'klPenalty', beta: 0.5, adapt },
    trustRegion: untilTheEnd,
  });
  const played = () => play(unlabelled, config);

  it('has β, and what it costs', async () => {
    const { rows } = await played();
    expectRow(pick(rows[0], Object.keys(penaltyRow)), penaltyRow);
  });

  it('has the next β, and says when a bound holds back the one after', async () => {
    const { rows } = await played();
    expect([rows[1]?.beta, rows[1]?.betaSaturated]).toEqual([1, true]);
  });

  it('has its columns after the common ones', async () => {
    const { rows } = await played();
    expect(written(rows[0])).toEqual(names('afterFirstRelease', 'klPenalty', 'adaptivePenalty'));
  });
});

/*
 * TRPO from π(1|t) = ¾ = σ(ln 3). Seed 0 draws 0, 1, 0, 1, 1. Of logit 1's slope and bias (logit 0's are the negative,
 * so every product counts twice):
 *   g = mean(Â(a − ¾)·(t, 1)) = (−.49375, −.728125), ‖g‖ = 1.244150
 *   F = 2·¾·¼·mean((t, 1)ᵀ(t, 1)) = ⅜·[[6, 2], [2, 1]], λ = .01
 * One iteration of conjugate gradient is along g; scaled to ½sᵀ(F + λI)s = δ = ½ it is s = (−.306879, −.452549), with
 * sᵀFs = .994020 = 2δ − λsᵀs and gᵀs = .962068. Its KL is .588946, so that the search halves it:
 *   z = ln 3 − .452549 − .306879·t, KL .020588, .060328, .122866, .208850, .317854
 */
const trpoRow = {
  policyLoss: -0.7375, // −mean(Â)
  learningRate: 0.1,
  clipRange: null,
  clipFraction: null,
  gradientNorm: 1.24415038,
  klOldNewMean: 0.14609731,
  klOldNewP95: 0.29605316,
  klOldNewMax: 0.31785397,
  klNewOldMean: 0.15811675,
  k1: 0.1089028,
  k2: 0.1471705,
  k3: 0.14404424,
  entropy: 0.67039602,
  valueLoss: 1.39320312, // two steps of Adam, the same as in PPO's row
  gradientStepsPlanned: 1,
  gradientStepsApplied: 1,
  stopReason: 'completed',
  cgIterations: 1,
  cgResidualInitial: 1.24415038,
  cgResidualFinal: 0.85439712,
  stepFisherNorm: 0.99402049,
  klPredicted: 0.12425256, // ½·(½)²·.994020
  klActual: 0.14609731,
  improvementPredicted: 0.48103399, // ½·.962068
  improvementActual: 0.55810095, // mean((r − 1)Â)
  backtracks: 1,
  rejectedReason: null,
  bestArmProbability: 0.55, // (3·¾ + 2·¼)/5
};

describe('a row of TRPO', () => {
  const trpo = {
    damping: 0.01,
    cgIterations: 1,
    lineSearch: { shrink: 0.5 },
    value: { epochs: 2, minibatchSize: 5, learningRate: 0.1 },
  };
  const settings = { algorithm: 'trpo', trpo, trustRegion: { delta: 0.5 } };
  const played = () => play(tape, tapeConfig(5, weights(Math.log(3)), settings));

  it('has the figures of one natural step, halved once', async () => {
    const { rows, actions } = await played();
    expect(actions).toEqual([0, 1, 0, 1, 1]);
    expectRow(pick(rows[0], Object.keys(trpoRow)), trpoRow);
  });

  it('has its columns after the common ones, and then the environment’s', async () => {
    const { rows } = await played();
    expect(written(rows[0])).toEqual(names('afterFirstRelease', 'naturalStep', 'knownBest'));
  });
});

/* Seed 3 draws the arms 1, 0, 1, 1, 0 as on the tape, all policies being uniform. */
const banditRow = { returnMean: 2.8, bestArmProbability: 0.5, figures: { regret: 1.2 } }; // 3 of 5 pulls pay 4, two 1
/*
 * Arms worth x and −2x, so that the second is the best where x < 0. Contexts ½, −1, 2 and pulls of arms 0, 1, 1 are worth
 * ½, 2, −4 where ½, 2, 2 could be had.
 */
const contextualRow = { regret: 2, expectedReward: -0.5, bestExpectedReward: 1.5 };

describe('a row of a bandit', () => {
  it('has the regret of the arms pulled and the probability of the best', () => {
    const id = 'GaussianBandit';
    const options = { means: [1, 4], sd: 0 };
    const config = configSchema.parse({
      ...{ seed: 3, steps: 5, engine: 'reference', rollout: { steps: 5 } },
      environment: { id, copies: 1, options },
      network: { policy: { hidden: [] }, value: { hidden: [] }, policyHeadGain: 1e-30 },
    });
    const training = createTraining(config, findEnvironment(id), engine);
    expectRow(pick(training.update(), Object.keys(banditRow)), banditRow);
  });

  it('has what the arms pulled are worth in their contexts, and what the best would be', () => {
    // A context, then the noise on its reward, which has standard deviation 0.
    const draws = [0.5, 0, -1, 0, 2, 0, 0];
    const random = { ...randomStream(0, 'test'), normal: () => draws.shift() ?? 0 };
    const bandit = new ContextualBandit([[1], [-2]], 0);
    const environment = new Copies('ContextualBandit', 1, [bandit], [random]);
    for (const arm of [0, 1, 1]) environment.step(Float32Array.of(arm));
    expectRow(environment.drainFigures(), contextualRow);
  });
});

const final: RunFinal = {
  returnMeanLastTenth: 8 / 3,
  klOldNewMean: 0.00725624,
  klOldNewMax: 0.1451249,
  updatesOutsideDelta: 1,
  gradientStepsPlanned: 60,
  gradientStepsApplied: 58,
};

/*
 * Twenty updates of two steps, V = 2 throughout (its loss has weight 0) and γ = 0: Â = r − 2 is 0, nothing moves and
 * every KL is 0, but in update 3 with r = 5 at t = 4. There z becomes ±.2(1 + t), KL ln cosh(.5) = .120115 and
 * ln cosh(.6) = .170135, mean .145125 > δ, which ends the update after one of three steps. In the last tenth, updates
 * 19 and 20, episodes return 2, 2 and 2 + 2.
 */
const lastingTape = Array.from({ length: 40 }, (_, t) => ({ reward: t === 4 ? 5 : 2, ends: t !== 38 }));
const timings: readonly Timing[] = [
  { update: 1, seconds: 0.5, stepsPerSecond: 4 },
  { update: 2, seconds: 1, stepsPerSecond: 4 },
];

describe('a run', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('ends with the figures of the whole, and has timed each update', async () => {
    // A clock that each step of the environment puts forward by a quarter of a second.
    const { definition, actions } = tapeOf(lastingTape);
    vi.spyOn(performance, 'now').mockImplementation(() => actions.length * 250);
    const config = tapeConfig(
      2,
      linearWeights(
        [
          [0, 0],
          [0, 0],
        ],
        [2, 0],
      ),
      {
        steps: 40,
        ppo: { epochs: 3, minibatchSize: 2 },
        advantage: { gamma: 0, standardize: 'none' },
        loss: { valueCoefficient: 0 },
        trustRegion: { delta: 0.14, stop: { measure: 'exact', scope: 'minibatch', factor: 1 } },
      },
    );
    const directory = createRun(newRoot(), 'tape', config);
    const record = await train({ config, definition, engine, directory, host: nodeHost });
    expectRow(record.final, final);
    expect([record.updates, record.updatesPlanned, record.steps, record.episodes]).toEqual([20, 20, 40, 39]);
    const lines = readFileSync(join(directory.path, 'timing.jsonl'), 'utf8').split('\n');
    expect(lines.slice(0, 2).map((line) => JSON.parse(line))).toEqual(timings);
    expect(record.seconds).toBe(10);
  });
});

/*
 * A fit: x = −1/√2, −1/√2, √2 after standardising, targets P = (¾, ¼), (0, 1), (0, 1), Q uniform. The one step of an
 * epoch moves bias and slope of class 1 by +0.1 and those of class 0 by −0.1: z = .2(1 + x) = .058579, .058579, .482843.
 *   H(P,Q) = −mean(P·ln Q), H(P) = .562335/3
 *   gradient of class 1: −(−¼ + ½ + ½)/3 = −¼ for the bias, −.176777 for the slope; norm √(2(.0625 + .03125))
 */
const fitRow: FitRow = {
  update: 1,
  gradientSteps: 1,
  crossEntropy: 0.61769888,
  entropyOfTarget: 0.18744505,
  kl: 0.43025383,
  accuracy: 0.75, // (¼ + 1 + 1)/3: class 1 is the likeliest of all three
  learningRate: 0.1,
  gradientNorm: 0.4330127,
};

describe('a row of a fit', () => {
  it('has the figures of one step from a uniform Q, and run.json those of before and after', async () => {
    const config = fitSchema.parse({
      data: { file: 'x.csv', table: { features: ['x'], target: ['a', 'b'] } },
      engine: 'reference',
      network: { headGain: 1e-30 },
      epochs: 1,
      optimizer: { learningRate: 0.1, adamBeta1: 0, adamBeta2: 0, adamEpsilon: 1e-12 },
    });
    const dataset = tableDataset('x,a,b\n0,3,1\n0,0,2\n3,0,5\n', 'x.csv', {
      features: ['x'],
      target: ['a', 'b'],
    });
    const rows: FitRow[] = [];
    const directory = createRun(newRoot(), 'fit', config);
    const { record } = await fitModel({
      config,
      dataset,
      engine,
      directory,
      onEpoch: (row) => rows.push(row),
    });
    expectRow(rows[0], fitRow);
    expectRow(pick(record.final, ['crossEntropy', 'kl']), pick(fitRow, ['crossEntropy', 'kl']));
    // Uniform: ln 2, and ln 2 − H(P).
    expectRow(pick(record.initial, ['crossEntropy', 'kl']), { crossEntropy: Math.LN2, kl: 0.50570213 });
    expect([record.examples, record.parameters, record.updates]).toEqual([3, 4, 1]);
    // Rows 1 and 2 are one input: at best (⅜, ⅝), ⅔·H(⅜), and ⅝ of them right.
    expect(record.bestAccuracy).toBeCloseTo(2.25 / 3, 12);
    expect(record.leastCrossEntropy).toBeCloseTo(0.44104216, 8);
    expect(record.leastKl).toBeCloseTo(0.44104216 - 0.18744505, 8);
    expect(record.contradicted).toBe(2);
  });
});

it('the accuracy of a fit is P’s share of the first class that Q holds likeliest, weighted', () => {
  const logs = (...q: number[]): Float64Array => Float64Array.from(q, Math.log);
  const accuracyOf = (targets: number[], logProbs: Float64Array, weights: number[]): number => {
    const dataset = {
      ...{
        count: weights.length,
        features: 1,
        columns: [{ name: 'x', mean: 0, scale: 1 }],
        classes: ['a', 'b', 'c'],
        inputs: new Float32Array(weights.length),
      },
      ...{ targets: Float64Array.from(targets), weights: Float64Array.from(weights), nameOf: String },
      inputsPerExample: 1 as const,
    };
    return measureFit(dataset, logProbs).accuracy;
  };
  expect(accuracyOf([0.5, 0.25, 0.25], logs(0.7, 0.2, 0.1), [1])).toBe(0.5);
  expect(accuracyOf([0.25, 0.5, 0.25], logs(0.4, 0.4, 0.2), [1])).toBe(0.25);
  // Two examples, the second three times as frequent: (½·½ + 1½·¼)/2.
  expect(accuracyOf([0.5, 0.5, 0, 0.25, 0.75, 0], logs(0.7, 0.2, 0.1, 0.7, 0.2, 0.1), [0.5, 1.5])).toBe(
    0.3125,
  );
});

describe('the literals above', () => {
  const covered = (...rows: object[]): string[] => rows.flatMap((row) => Object.keys(row));
  it('cover every column of a row of PPO, TRPO and a fit, and of a ledger', () => {
    const { figures: _, ...columns } = ppoRow;
    expect(covered(columns)).toEqual(names('afterFirstRelease'));
    // What is exactly true is computed by NumPy: test/ground-truth. Of a reference: test/train/reference-policy.test.ts,
    // and with all answers known test/train/sequence-truth.test.ts; of a learning rate that follows the KL step-size.test.ts there; of a projection projection.test.ts there;
    // of the share of states outside δ
    // test/trust-region/measure.test.ts.
    const elsewhere = [
      'adaptiveLearningRate',
      'eachState',
      'groundTruth',
      'projection',
      'reference',
      'adaptiveReference',
      'trueReward',
      'sequenceReference',
    ];
    const literal = metricFields.filter((each) => !('when' in each) || !elsewhere.includes(each.when));
    expect(new Set(covered(columns, penaltyRow, trpoRow))).toEqual(new Set(literal.map(({ name }) => name)));
    expect(covered(fitRow)).toEqual(fitFields.map(({ name }) => name));
    const ledger = ledgerFields.filter((each) => !('when' in each)).map(({ name }) => name);
    for (const row of ledgerRows) expect(covered(row)).toEqual(ledger);
  });

  it('cover every figure of every environment', () => {
    const figures = environments.flatMap((definition) => {
      const options = definition.example ?? (definition.id === 'GridWorld' ? { map: 'SG' } : {});
      return createCopies(definition, options, 1, 0).figureNames;
    });
    expect(covered(banditRow.figures, contextualRow)).toEqual(expect.arrayContaining(figures));
  });
});

function pick(row: object | undefined, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, (row as Record<string, unknown>)[name]]));
}
