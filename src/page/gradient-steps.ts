import { columnsOf, type PlottedRun } from '../plot/plotted-run.ts';
import { heldKlOfStep, type LedgerRow } from '../row/ledger.ts';

/** What is drawn of gradient steps, where they have it, as `leash plot --metric` takes it. */
export const STEP_PANELS = [
  'klOldNewMax',
  'klOldNew+klNewOld',
  'klOldNew+k1Rollout+k3Minibatch',
  'shareInside+shareKilled+sharePassing',
  'ratioMin+ratioMedian+ratioMax',
];

/** Gradient steps of an update as plots take a run, each as if it were an update. */
export function stepsAsRun(
  name: string,
  config: PlottedRun['config'],
  rows: readonly LedgerRow[],
): PlottedRun {
  const steps = rows.map((row) => ({
    ...row,
    update: row.gradientStep,
    deltaViolated: Number(heldKlOfStep(row)) > row.delta,
  }));
  return {
    ...{ path: name, name, seed: config.seed, status: 'completed', config, problems: [] },
    ...{ updates: steps.map(({ update }) => update), columns: columnsOf(steps), seconds: [] },
  };
}
