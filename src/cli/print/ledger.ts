import asciichart from 'asciichart';
import {
  counterfactualStops,
  ruleNames,
  type StopSummary,
  stoppers,
} from '../../trust-region/counterfactual.ts';
import type { Config } from '../../config/schema.ts';
import { heldKlOfStep, type LedgerRow } from '../../row/ledger.ts';
import { own, paint } from './print.ts';
import { counted } from '../../elementary/thousands.ts';
import { quantity } from './quantities.ts';
import { plainTable } from './table.ts';

const CHART_WIDTH = 60;
const CHART_HEIGHT = 10;

/** Of all updates: where each rule would have stopped, and the KL as it grew. */
export function describeUpdates(
  path: string,
  { trustRegion }: Config,
  updates: readonly (readonly LedgerRow[])[],
  summary: readonly StopSummary[],
): string[] {
  const steps = updates.reduce((sum, rows) => sum + rows.length, 0);
  const heading = `${path}: ${counted(updates.length, 'update')}, ${counted(steps, 'gradient step')}`;
  return [heading, ...cutNote(trustRegion), '', summaryTable(summary), '', ...chartOf(updates)];
}

/** Of one update, step by step. */
export function describeUpdate(path: string, { trustRegion }: Config, rows: readonly LedgerRow[]): string[] {
  const [first] = rows;
  const heading = `${path}: update ${first?.update}, ${rows.length} gradient steps, δ ${quantity(first?.delta ?? null)}`;
  return [
    heading,
    ...cutNote(trustRegion),
    '',
    stepTable(rows),
    '',
    ...stopLines(rows),
    '',
    ...chartOf([rows]),
  ];
}

/** That the run's own rule ended its updates, so that no other rule is seen beyond. */
function cutNote({ stop }: Config['trustRegion']): string[] {
  if (stop === null) return [];
  const own = `${stop.measure} KL, each ${stop.scope}, > ${quantity(stop.factor)}·δ`;
  return [
    `This run stopped by a rule of its own (${own}): where that came first, the others are not known further.`,
    'Whole traces: train with --set trustRegion.stop=null.',
  ];
}

function summaryTable(summary: readonly StopSummary[]): string {
  const share = (value: number): string => `${(100 * value).toFixed(0)}%`;
  const rows = summary.map((each) => [
    ruleNames[each.rule].name,
    share(each.stopped / each.updates),
    each.meanSteps.toFixed(1),
    quantity(each.meanKl),
    quantity(each.maxKl),
    share(each.shareOutside),
    each.meanExcess === null ? '–' : `${each.meanExcess.toFixed(2)}·δ`,
  ]);
  const head = ['rule', 'stops', 'steps', 'mean KL', 'max KL', 'outside δ', 'KL there'];
  const legend = stoppers.map((rule) => `${ruleNames[rule].name.padEnd(13)}${ruleNames[rule].looks}`);
  return `${plainTable(head, rows)}\n\n${legend.map((line) => paint('dim', line)).join('\n')}`;
}

/** Where each rule would have ended this update. */
function stopLines(rows: readonly LedgerRow[]): string[] {
  const stops = counterfactualStops(rows);
  const delta = rows[0]?.delta ?? Number.NaN;
  return stoppers.map((rule) => {
    const { steps, stopped, kl } = stops[rule];
    const when = stopped ? `stops after step ${steps}` : `does not stop in ${steps} steps`;
    const where = kl <= delta ? 'inside δ' : `outside, ${(kl / delta).toFixed(2)}·δ`;
    return `${ruleNames[rule].name.padEnd(13)}${when}: exact KL ${quantity(kl)}, ${where}`;
  });
}

/** Whether δ bounds each state in them, not the mean. */
function isOfStates(rows: readonly LedgerRow[]): boolean {
  return rows.some(({ klOldNewMax }) => klOldNewMax !== undefined);
}

function stepTable(rows: readonly LedgerRow[]): string {
  const share = (value: number | null): string => (value === null ? '–' : value.toFixed(3));
  const nats = (value: number): string => (value === 0 ? '0' : value.toPrecision(3));
  const head = `step,epoch,${isOfStates(rows) ? 'KL of worst state' : 'exact KL'},reverse,k1 rollout,k3 batch,killed,passing,mean |β|,norm,ratio 5%,95%`;
  const cells = rows.map((row) => [
    String(row.gradientStep),
    `${row.epoch}${row.epochEnds ? '.' : ' '}`,
    `${nats(heldKlOfStep(row))}${heldKlOfStep(row) <= row.delta ? ' ' : '!'}`,
    nats(row.klNewOld),
    nats(row.k1Rollout),
    nats(row.k3Minibatch),
    share(row.shareKilled),
    share(row.sharePassing),
    row.impliedBetaMean === null ? '–' : quantity(row.impliedBetaMean),
    row.gradientNorm.toPrecision(3),
    row.ratioP05.toFixed(3),
    row.ratioP95.toFixed(3),
  ]);
  return `${plainTable(head.split(','), cells, { left: 0 })}\n${paint('dim', 'epoch 3.: the last step of epoch 3; KL 0.03!: outside δ')}`;
}

/** The exact KL after each gradient step, mean over the updates that got so far, with δ as a straight line. */
function chartOf(updates: readonly (readonly LedgerRow[])[]): string[] {
  const length = updates.reduce((most, rows) => Math.max(most, rows.length), 0);
  const meanAt = (step: number, of: (row: LedgerRow) => number): number => {
    const values = updates.flatMap((rows) => rows[step] ?? []).map(of);
    return values.reduce((a, b) => a + b, 0) / values.length;
  };
  const width = Math.min(length, CHART_WIDTH);
  const steps = Array.from({ length: width }, (_, i) => Math.round(((i + 1) * length) / width) - 1);
  // Each step is drawn at least two columns wide where there are few.
  const wide = steps.flatMap((step) => Array<number>(Math.ceil(CHART_WIDTH / 2 / width)).fill(step));
  const measured = wide.map((step) => meanAt(step, heldKlOfStep));
  const delta = wide.map((step) => meanAt(step, (row) => row.delta));
  // asciichart throws on what is not finite: an infinite KL is drawn at the top, and said to be.
  const top = Math.max(...[...measured, ...delta].filter(Number.isFinite));
  const kl = measured.map((value) => (Number.isFinite(value) ? value : top));
  const hasColors = paint('red', '') !== '';
  const format = (value: number): string => value.toPrecision(3).padStart(9);
  const chart = asciichart.plot([delta, kl], {
    height: CHART_HEIGHT,
    min: 0,
    colors: hasColors ? [asciichart.red, asciichart.cyan] : [],
    format,
  });
  const beyond = measured.every(Number.isFinite) ? '' : '; infinite where it is at the top';
  const whose = updates.length === 1 ? '' : `, mean over updates`;
  return [
    `Exact KL(π_old‖π_new)${updates.some(isOfStates) ? ' of the worst state' : ''} after gradient step 1 to ${length}${whose}; straight: δ${beyond}`,
    '',
    own(chart),
  ];
}
