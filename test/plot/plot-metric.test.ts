import { expect, test } from 'vitest';
import type { Field } from '../../src/row/field.ts';
import { fitFields } from '../../src/row/fit.ts';
import {
  commonUnitOf,
  labelOf,
  labelsOf,
  parseMetrics,
  showsDelta,
  unitOf,
} from '../../src/plot/plot-metric.ts';
import { metricFields } from '../../src/row/metrics.ts';
import { ledgerFields } from '../../src/row/ledger.ts';

const available = new Set(['returnMean', 'klOldNewMean', 'klNewOldMean', 'k1', 'k2', 'k3', 'learningRate']);

test('a comma makes a panel, a plus joins columns in one', () => {
  expect(parseMetrics('return,k1+k2, lr', available)).toEqual([
    { columns: ['returnMean'] },
    { columns: ['k1', 'k2'] },
    { columns: ['learningRate'] },
  ]);
});

test('estimators and directions stand for several columns', () => {
  expect(parseMetrics('estimators', available)).toEqual([{ columns: ['klOldNewMean', 'k1', 'k2', 'k3'] }]);
  expect(parseMetrics('directions', available)).toEqual([{ columns: ['klOldNewMean', 'klNewOldMean'] }]);
});

test('short names find the columns of a ledger', () => {
  const ledger = new Set(['klOldNew', 'klNewOld', 'k1Minibatch', 'k2Minibatch', 'k3Minibatch']);
  expect(parseMetrics('estimators', ledger)[0].columns).toEqual([
    'klOldNew',
    'k1Minibatch',
    'k2Minibatch',
    'k3Minibatch',
  ]);
});

test('an unknown metric is named with the nearest one', () => {
  expect(() => parseMetrics('klOldNewMaen', available)).toThrow(
    '--metric: no run has a metric "klOldNewMaen"; did you mean klOldNewMean?',
  );
  expect(() => parseMetrics('kl,,return', available)).toThrow('--metric has an empty name: kl,,return');
  for (const word of ['toString', 'constructor', '__proto__', 'hasOwnProperty'])
    expect(() => parseMetrics(word, available), word).toThrow(word);
});

test('of what is exactly true, promise and truth share a panel, and so do the two visitations', () => {
  const own = new Set(metricFields.map(({ name }) => name));
  expect(parseMetrics('improvement,visitation,gap,exact', own)).toEqual([
    { columns: ['surrogateImprovement', 'trueImprovement'] },
    { columns: ['klOldNewMean', 'klOldNewVisited', 'klOldNewDiscounted'] },
    { columns: ['exactGap'] },
    { columns: ['exactReturn'] },
  ]);
});

test('δ belongs to KL(π_old‖π_new) and its estimators, not to the reverse direction', () => {
  expect(showsDelta(['klOldNewMean'], 'mean')).toBe(true);
  expect(showsDelta(['klOldNewMean'], 'eachState')).toBe(false);
  expect(showsDelta(['klOldNewMax'], 'mean')).toBe(false);
  expect(showsDelta(['klOldNewMax'], 'eachState')).toBe(true);
  expect(showsDelta(['k3'], 'mean')).toBe(true);
  expect(showsDelta(['klNewOldMean'], 'mean')).toBe(false);
  expect(showsDelta(['returnMean'], 'mean')).toBe(false);
});

/** What stands on the axis of each column that is logged anywhere: label, unit. */
const onTheAxis: Readonly<Record<string, readonly [label: string, unit: string]>> = {
  update: ['update', ''],
  steps: ['steps', 'environment steps'],
  episodes: ['episodes', ''],
  returnMean: ['return', ''],
  returnMin: ['least return', ''],
  returnMax: ['greatest return', ''],
  lengthMean: ['episode length', 'environment steps'],
  curveUpdates: ['curveUpdates', ''],
  curveReturn: ['curveReturn', ''],
  klOldNewMean: ['KL(π_old‖π_new)', 'nats'],
  klOldNewP95: ['KL(π_old‖π_new), 95th percentile', 'nats'],
  klOldNewMax: ['KL(π_old‖π_new), maximum', 'nats'],
  klNewOldMean: ['KL(π_new‖π_old)', 'nats'],
  k1: ['k1', 'nats'],
  k2: ['k2', 'nats'],
  k3: ['k3', 'nats'],
  delta: ['δ', 'nats'],
  deltaViolated: ['deltaViolated', ''],
  clipFraction: ['clip fraction', ''],
  entropy: ['entropy', 'nats'],
  policyLoss: ['policy loss', ''],
  valueLoss: ['value loss', 'reward²'],
  explainedVariance: ['explained variance', ''],
  learningRate: ['learning rate', ''],
  clipRange: ['ε', ''],
  gradientNorm: ['gradient norm', ''],
  gradientStepsPlanned: ['gradient steps planned', ''],
  gradientStepsApplied: ['gradient steps applied', ''],
  stopReason: ['stop reason', ''],
  cgIterations: ['cgIterations', ''],
  cgResidualInitial: ['cgResidualInitial', ''],
  cgResidualFinal: ['cgResidualFinal', ''],
  stepFisherNorm: ['stepFisherNorm', 'nats'],
  klPredicted: ['klPredicted', 'nats'],
  klActual: ['klActual', 'nats'],
  improvementPredicted: ['improvementPredicted', ''],
  improvementActual: ['improvementActual', ''],
  backtracks: ['backtracks', ''],
  rejectedReason: ['rejectedReason', ''],
  beta: ['β', ''],
  betaSaturated: ['betaSaturated', ''],
  gradientStep: ['gradientStep', ''],
  epoch: ['epoch', ''],
  epochEnds: ['epochEnds', ''],
  minibatchSize: ['minibatchSize', ''],
  klOldNew: ['KL(π_old‖π_new)', 'nats'],
  klNewOld: ['KL(π_new‖π_old)', 'nats'],
  k1Rollout: ['k1 rollout', 'nats'],
  k1Minibatch: ['k1 minibatch', 'nats'],
  k2Minibatch: ['k2 minibatch', 'nats'],
  k3Minibatch: ['k3 minibatch', 'nats'],
  shareInside: ['inside ε', ''],
  shareKilled: ['clipped away', ''],
  sharePassing: ['outside, passing', ''],
  impliedBetaMean: ['implied β, mean', ''],
  impliedBetaMax: ['implied β, greatest', ''],
  ratioMin: ['least ratio', ''],
  ratioP05: ['ratio, 5th percentile', ''],
  ratioMedian: ['median ratio', ''],
  ratioP95: ['ratio, 95th percentile', ''],
  ratioMax: ['greatest ratio', ''],
  gradientSteps: ['gradientSteps', ''],
  crossEntropy: ['H(P,Q)', 'nats'],
  entropyOfTarget: ['H(P)', 'nats'],
  kl: ['KL(P‖Q)', 'nats'],
  accuracy: ['accuracy', ''],
};

test.each(Object.entries(onTheAxis))('the axis of %s says %s', (column, [label, unit]) => {
  expect([labelOf(column), unitOf(column)]).toEqual([label, unit]);
});

test('a column that several tables have is of the same unit and label in all', () => {
  const tables: (readonly Field[])[] = [metricFields, ledgerFields, fitFields];
  const seen = new Map<string, Field>();
  for (const each of tables.flat()) {
    const { unit, label } = seen.get(each.name) ?? each;
    expect([each.unit, each.label], each.name).toEqual([unit, label]);
    seen.set(each.name, each);
  }
});

test('columns on one axis share its unit, or each is named with its own', () => {
  expect([commonUnitOf(['k1', 'k2']), labelsOf(['k1', 'k2'])]).toEqual(['nats', ['k1', 'k2']]);
  const mixed = ['lengthMean', 'klOldNewMean', 'returnMean'];
  expect(commonUnitOf(mixed)).toBeUndefined();
  expect(labelsOf(mixed)).toEqual(['episode length, environment steps', 'KL(π_old‖π_new), nats', 'return']);
});
