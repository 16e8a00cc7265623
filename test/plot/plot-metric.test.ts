import { expect, test } from 'vitest';
import { parseMetrics, showsDelta } from '../../src/plot/plot-metric.ts';

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
});

test('δ belongs to KL(π_old‖π_new) and its estimators, not to the reverse direction', () => {
  expect(showsDelta(['klOldNewMean'])).toBe(true);
  expect(showsDelta(['k3'])).toBe(true);
  expect(showsDelta(['klNewOldMean'])).toBe(false);
  expect(showsDelta(['returnMean'])).toBe(false);
});
