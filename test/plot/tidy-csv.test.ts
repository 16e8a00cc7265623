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
  const [head, ...rows] = tidyCsv(readPlottedRuns(findRuns([root], root)).runs)
    .trimEnd()
    .split('\n');
  expect(head).toBe(
    'run,seed,update,steps,episodes,returnMean,returnMin,returnMax,lengthMean,klOldNewMean,klOldNewP95,klOldNewMax,klNewOldMean,k1,k2,k3,delta,deltaViolated,clipFraction,entropy,policyLoss,valueLoss,explainedVariance,learningRate,clipRange,gradientNorm,gradientStepsPlanned,gradientStepsApplied,stopReason,beta',
  );
  expect(rows).toEqual([
    '"a,b",0,1,100,1,,0.1,0.1,100,0.01,0.015,0.019,0.012,NaN,0.011,0.01,0.02,false,0.1,1,-0.01,0.5,0.5,0.001,0.2,0.4,4,4,completed,',
    '"a,b",0,2,200,1,-Inf,0.2,0.2,100,0.01,0.015,0.019,0.012,NaN,0.011,0.01,0.02,false,0.1,1,-0.01,0.5,0.5,0.001,0.2,0.4,4,4,completed,',
    'c,3,1,100,1,0.1,0.1,0.1,100,0.01,0.015,0.019,0.012,0.009,0.011,0.01,0.02,false,0.1,1,-0.01,0.5,0.5,0.001,0.2,0.4,4,4,completed,2',
  ]);
});

test('what a spreadsheet would take for a formula stands after an apostrophe, numbers stay', () => {
  const root = temporaryFolder();
  for (const name of ['=1+1', '+a', '-a', '@a', '=a,b'])
    writeRun(root, { name, updates: 1, row: () => ({ returnMean: -1.5, k1: Number.NEGATIVE_INFINITY }) });
  const rows = tidyCsv(readPlottedRuns(findRuns([root], root)).runs)
    .trimEnd()
    .split('\n')
    .slice(1);
  expect(rows.map((row) => row.slice(0, row.indexOf(',0,1,'))).sort()).toEqual(
    ["'=1+1", "'+a", "'-a", "'@a", '"\'=a,b"'].sort(),
  );
  for (const row of rows) expect(row).toContain(',-1.5,');
  expect(rows[0]).toContain(',-Inf,');
});
