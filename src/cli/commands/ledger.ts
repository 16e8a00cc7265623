import asciichart from 'asciichart';
import Table from 'cli-table3';
import { encodeJson } from '../../run/metrics.ts';
import { readLedger } from '../../run/read-rows.ts';
import { type LoadedRun, loadRun } from '../../run/read-run.ts';
import {
  byUpdate,
  counterfactualStops,
  type StopSummary,
  type Stopper,
  stoppers,
  summarizeStops,
} from '../../trust-region/counterfactual.ts';
import type { LedgerRow } from '../../trust-region/ledger.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { environmentOptions } from '../environments.ts';
import { count, figure } from '../print/quantities.ts';
import { wholeNumber } from '../flag-values.ts';
import { own, paint, print, printJson } from '../print/print.ts';

/** Whose rule, and what it looks at with target δ. */
const ruleNames: Record<Stopper, { name: string; looks: string }> = {
  sb3: { name: 'SB3', looks: 'before each step, k3 of its minibatch > 1.5·δ' },
  cleanrl: { name: 'CleanRL', looks: 'after each epoch, k3 of its last minibatch > δ' },
  spinningup: { name: 'Spinning Up', looks: 'before each step, k1 of the rollout > 1.5·δ' },
  exact: { name: 'exact', looks: 'after each step, exact KL of the rollout > δ' },
};

const CHART_WIDTH = 60;
const CHART_HEIGHT = 10;

/** `leash ledger RUN`: where each library's rule would have stopped, from what the run recorded. */
export async function runLedger(given: {
  RUN: string;
  update?: string | undefined;
  json?: boolean | undefined;
}): Promise<number> {
  const run = loadRun(given.RUN, environmentOptions);
  const { rows: steps, problems } = readLedger(run.path, run.record.status === 'running');
  const updates = byUpdate(steps);
  if (updates.length === 0)
    throw new UserError(problems[0] ?? `${run.path}: ledger.jsonl holds no gradient step`);
  for (const problem of problems) process.stderr.write(`${oneLine(problem)}\n`);
  const cutBy = cutNote(run);
  if (given.update === undefined) {
    const summary = summarizeStops(updates);
    const heading = `${run.path}: ${count(updates.length)} updates, ${count(steps.length)} gradient steps`;
    const text = [heading, ...cutBy, '', summaryTable(summary), '', ...chartOf(updates)].join('\n');
    if (given.json) printJson(encodeJson({ cut: cutBy.length > 0, summary }));
    else print(text);
    return 0;
  }
  const wanted = wholeNumber('update', given.update, 1);
  const rows = updates.find(([first]) => first?.update === wanted);
  if (rows === undefined) {
    const range = `${updates[0]?.[0]?.update} to ${updates.at(-1)?.[0]?.update}`;
    throw new UserError(`--update must be one of the ledger’s, ${range}, got ${wanted}`);
  }
  const heading = `${run.path}: update ${wanted}, ${rows.length} gradient steps, δ ${figure(rows[0]?.delta ?? null)}`;
  const text = [heading, ...cutBy, '', stepTable(rows), '', ...stopLines(rows), '', ...chartOf([rows])];
  const stops = counterfactualStops(rows);
  if (given.json) printJson(encodeJson({ cut: cutBy.length > 0, stops, rows }));
  else print(text.join('\n'));
  return 0;
}

/** That the run's own rule ended its updates, so that no other rule is seen beyond. */
function cutNote({ config }: LoadedRun): string[] {
  const { stop } = config.trustRegion;
  if (stop === null) return [];
  const own = `${stop.measure} KL, each ${stop.scope}, > ${figure(stop.factor)}·δ`;
  return [
    `This run stopped by a rule of its own (${own}): where that came first, the others are not known further.`,
    'Whole traces: train with --set trustRegion.stop=null.',
  ];
}

const plain = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid'
    .split(' ')
    .map((side) => [side, '']),
);

/** Columns without borders. */
function columns(head: readonly string[], rows: readonly (readonly string[])[], left: number): string {
  const table = new Table({
    head: head.map((title) => paint('bold', title)),
    chars: { ...plain, middle: '  ' },
    colAligns: head.map((_, i) => (i < left ? 'left' : 'right')),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

function summaryTable(summary: readonly StopSummary[]): string {
  const share = (value: number): string => `${(100 * value).toFixed(0)}%`;
  const rows = summary.map((each) => [
    ruleNames[each.rule].name,
    share(each.stopped / each.updates),
    each.meanSteps.toFixed(1),
    figure(each.meanKl),
    figure(each.maxKl),
    share(each.shareOutside),
    each.meanExcess === null ? '–' : `${each.meanExcess.toFixed(2)}·δ`,
  ]);
  const head = ['rule', 'stops', 'steps', 'mean KL', 'max KL', 'outside δ', 'KL there'];
  const legend = stoppers.map((rule) => `${ruleNames[rule].name.padEnd(13)}${ruleNames[rule].looks}`);
  return `${columns(head, rows, 1)}\n\n${legend.map((line) => paint('dim', line)).join('\n')}`;
}

/** Where each rule would have ended this update. */
function stopLines(rows: readonly LedgerRow[]): string[] {
  const stops = counterfactualStops(rows);
  const delta = rows[0]?.delta ?? Number.NaN;
  return stoppers.map((rule) => {
    const { steps, stopped, kl } = stops[rule];
    const when = stopped ? `stops after step ${steps}` : `does not stop in ${steps} steps`;
    const where = kl <= delta ? 'inside δ' : `outside, ${(kl / delta).toFixed(2)}·δ`;
    return `${ruleNames[rule].name.padEnd(13)}${when}: exact KL ${figure(kl)}, ${where}`;
  });
}

function stepTable(rows: readonly LedgerRow[]): string {
  const share = (value: number | null): string => (value === null ? '–' : value.toFixed(3));
  const nats = (value: number): string => (value === 0 ? '0' : value.toPrecision(3));
  const head = 'step,epoch,exact KL,reverse,k1 rollout,k3 batch,killed,passing,mean |β|,norm,ratio 5%,95%';
  const cells = rows.map((row) => [
    String(row.gradientStep),
    `${row.epoch}${row.epochEnds ? '.' : ' '}`,
    `${nats(row.klOldNew)}${row.klOldNew <= row.delta ? ' ' : '!'}`,
    nats(row.klNewOld),
    nats(row.k1Rollout),
    nats(row.k3Minibatch),
    share(row.shareKilled),
    share(row.sharePassing),
    row.impliedBetaMean === null ? '–' : figure(row.impliedBetaMean),
    row.gradientNorm.toPrecision(3),
    row.ratioP05.toFixed(3),
    row.ratioP95.toFixed(3),
  ]);
  return `${columns(head.split(','), cells, 0)}\n${paint('dim', 'epoch 3.: the last step of epoch 3; KL 0.03!: outside δ')}`;
}

/** The exact KL after each gradient step, mean over the updates that got so far, with δ as a straight line. */
function chartOf(updates: readonly (readonly LedgerRow[])[]): string[] {
  const length = Math.max(...updates.map((rows) => rows.length));
  const meanAt = (step: number, of: (row: LedgerRow) => number): number => {
    const values = updates.flatMap((rows) => rows[step] ?? []).map(of);
    return values.reduce((a, b) => a + b, 0) / values.length;
  };
  const width = Math.min(length, CHART_WIDTH);
  const steps = Array.from({ length: width }, (_, i) => Math.round(((i + 1) * length) / width) - 1);
  // Each step is drawn at least two columns wide where there are few.
  const wide = steps.flatMap((step) => Array<number>(Math.ceil(CHART_WIDTH / 2 / width)).fill(step));
  const measured = wide.map((step) => meanAt(step, (row) => row.klOldNew));
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
    `Exact KL(π_old‖π_new) after gradient step 1 to ${length}${whose}; straight: δ${beyond}`,
    '',
    own(chart),
  ];
}
