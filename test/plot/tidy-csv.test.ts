import { expect, test } from 'vitest';
import { findRuns, readPlottedRuns } from '../../src/plot/read-runs.ts';
import { tidyCsv } from '../../src/plot/tidy-csv.ts';
import { temporaryFolder, writeRun } from './runs-on-disk.ts';

test('a row an update; null is empty, what is not finite a word, a comma is quoted', () => {
  const root = temporaryFolder();
  const row = (update: number) => ({
    returnMean: update === 1 ? null : Number.NEGATIVE_INFINITY,
    k1: Number.NaN,
  });
  writeRun(root, { name: 'a,b', updates: 2, row });
  writeRun(root, { name: 'c', seed: 3, updates: 1, row: () => ({ beta: 2 }) });
  const [head, ...rows] = tidyCsv(readPlottedRuns(findRuns([root], root)))
    .trimEnd()
    .split('\n');
  expect(head).toBe(
    'run,seed,update,steps,returnMean,klOldNewMean,k1,k2,k3,klNewOldMean,delta,deltaViolated,clipFraction,entropy,learningRate,stopReason,beta',
  );
  expect(rows).toEqual([
    '"a,b",0,1,100,,0.01,NaN,0.011,0.01,0.012,0.02,false,0.1,1,0.001,completed,',
    '"a,b",0,2,200,-Inf,0.01,NaN,0.011,0.01,0.012,0.02,false,0.1,1,0.001,completed,',
    'c,3,1,100,0.1,0.01,0.009,0.011,0.01,0.012,0.02,false,0.1,1,0.001,completed,2',
  ]);
});
