import { stripVTControlCharacters } from 'node:util';
import type { DiagonalGaussian } from '../../divergence/diagonal-gaussian.ts';
import type { Estimate } from '../../divergence/estimators.ts';
import { type Divergences, quantitiesOf } from '../../distributions/divergences.ts';
import { thousands } from '../../elementary/thousands.ts';
import { nats, probability } from '../../elementary/nats.ts';
import { paint } from './print.ts';
import type { Limits, SampleEstimates } from '../../distributions/samples.ts';
import { shortLine } from '../../user-error.ts';

/** Cells of the longest bar. */
const BAR = 16;
/** Outcomes that are shown; of more, the likeliest. */
const MOST_ROWS = 40;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of `share` (in [0, 1]) of the cells there are, in eighths. */
export function bar(share: number, cells = BAR): string {
  const eighths = Math.round(share * cells * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}

/** Both distributions as bars side by side, and what each outcome adds to either KL. */
export function categoricalTable(
  labels: readonly string[],
  p: readonly number[],
  q: readonly number[],
  { sharesPQ, sharesQP, klPQ, klQP }: Divergences,
  most = MOST_ROWS,
): string[] {
  const height = (i: number): number => Math.max(p[i] as number, q[i] as number);
  const shown = new Set([...labels.keys()].sort((a, b) => height(b) - height(a) || a - b).slice(0, most));
  const rows = [...shown].sort((a, b) => a - b);
  const largest = Math.max(...rows.map(height));
  const side = (x: readonly number[], i: number): [string, string] => {
    const xi = x[i] as number;
    return [probability(xi), paint(x === p ? 'cyan' : 'yellow', bar(xi / largest))];
  };
  const table = rows.map((i) => [
    shortLine(labels[i] as string),
    ...side(p, i),
    ...side(q, i),
    nats(sharesPQ[i] as number),
    nats(sharesQP[i] as number),
  ]);
  const hidden = [...labels.keys()].filter((i) => !shown.has(i));
  if (hidden.length > 0) {
    const sum = (x: readonly number[]): number => hidden.reduce((total, i) => total + (x[i] as number), 0);
    const rest = [probability(sum(p)), '', probability(sum(q)), ''];
    table.push([`${thousands(hidden.length)} more`, ...rest, nats(sum(sharesPQ)), nats(sum(sharesQP))]);
  }
  const header = ['', 'P', '', 'Q', '', 'p log(p/q)', 'q log(q/p)'];
  const total = ['', '', '', '', 'KL'.padStart(BAR), nats(klPQ), nats(klQP)];
  const lines = columns([header, ...table, total], 'lllllrr');
  return [paint('dim', lines[0] as string), ...lines.slice(1)];
}

/** Each dimension's parameters and what it adds to either KL, and the densities over one axis. */
export function gaussianTable(
  labels: readonly string[],
  p: DiagonalGaussian,
  q: DiagonalGaussian,
  { sharesPQ, sharesQP, klPQ, klQP }: Divergences,
): string[] {
  const table = labels.map((label, d) => [
    shortLine(label),
    `${probability(p.mean[d] as number)} ± ${probability(p.std[d] as number)}`,
    `${probability(q.mean[d] as number)} ± ${probability(q.std[d] as number)}`,
    nats(sharesPQ[d] as number),
    nats(sharesQP[d] as number),
  ]);
  const header = ['dimension', 'P: μ ± σ', 'Q: μ ± σ', 'KL(P‖Q)', 'KL(Q‖P)'];
  const rows = labels.length > 1 ? [...table, ['', '', 'KL', nats(klPQ), nats(klQP)]] : table;
  const lines = columns([header, ...rows], 'lllrr');
  const drawings = labels.slice(0, MOST_ROWS).flatMap((label, d) => ['', ...densities(label, d, p, q)]);
  return [paint('dim', lines[0] as string), ...lines.slice(1), ...drawings];
}

const LEVELS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/**
 * The two densities of one dimension, three standard deviations around either mean. Places are told from μ_P in units
 * of the whole width: no σ² under- or overflows, and a σ far below the last digit of μ still has its width.
 */
function densities(label: string, d: number, p: DiagonalGaussian, q: DiagonalGaussian): string[] {
  const cells = 61;
  const origin = p.mean[d] as number;
  const sides = [p, q].map(({ mean, std }) => ({ at: (mean[d] as number) - origin, std: std[d] as number }));
  const low = Math.min(...sides.map(({ at, std }) => at - 3 * std));
  const high = Math.max(...sides.map(({ at, std }) => at + 3 * std));
  const name = label === '' ? [] : [`dimension ${shortLine(label)}`];
  if (!(high - low < Infinity)) return [...name, 'P and Q lie too far apart to be drawn'];
  const least = Math.min(...sides.map(({ std }) => std));
  const width = (high - low) / cells;
  const rows = sides.map(({ at, std }) => {
    const own = Math.min(Math.floor(((at - low) / (high - low)) * cells), cells - 1);
    return Array.from({ length: cells }, (_, cell) => {
      // A density narrower than a cell stands in the cell of its mean.
      const away = cell === own && std < width ? 0 : (low + (high - low) * ((cell + 0.5) / cells) - at) / std;
      return Math.exp(-0.5 * away * away) * (least / std);
    });
  });
  const largest = Math.max(...rows.flat());
  const [first, last] = ends(origin, low, high);
  return [
    ...name,
    ...rows.map((row, i) => {
      const line = row.map((height) => LEVELS[Math.round((height / largest) * 8)]).join('');
      return `${'PQ'[i]}  ${paint(i === 0 ? 'cyan' : 'yellow', line.trimEnd())}`;
    }),
    `   ${first}${last.padStart(cells - first.length)}`,
  ];
}

/** The ends of the axis, from μ_P where they are the same number to four digits. */
function ends(origin: number, low: number, high: number): [string, string] {
  const [first, last] = [probability(origin + low), probability(origin + high)];
  if (first !== last) return [first, last];
  return [`μ_P − ${probability(-low)}`, `μ_P + ${probability(high)}`];
}

/** Entropies, divergences, the check, and why the two directions differ. */
export function divergenceLines(found: Divergences): string[] {
  const { unit, entropyP, crossEntropy, klPQ } = found;
  const printed = quantitiesOf(found).map(({ name, value, meaning }) => [name, nats(value), meaning]);
  const sum = entropyP + klPQ;
  const check =
    sum === crossEntropy
      ? `H(P) + KL(P‖Q) = ${nats(sum)} = H(P,Q), to the last bit`
      : `H(P) + KL(P‖Q) = ${nats(sum)} = H(P,Q), to ${Math.abs(sum - crossEntropy).toExponential(1)}`;
  return [...columns([['', unit, ''], ...printed], 'lrl'), '', `check    ${check}`, `why two  ${found.why}`];
}

/** k1, k2 and k3 with their standard errors as the samples grow, and what each tends to. */
export function sampleTable(estimates: readonly SampleEstimates[], limits: Limits): string[] {
  const cell = ({ mean, standardError }: Estimate): string => `${nats(mean)} ± ${nats(standardError)}`;
  const table = estimates.map(({ n, k1, k2, k3 }) => [thousands(n), cell(k1), cell(k2), cell(k3)]);
  const exact = ['limit', nats(limits.k1), nats(limits.k2), nats(limits.k3)];
  return [
    'KL(P‖Q) estimated from samples of P, each ± its standard error; k2 is biased',
    ...columns([['samples', 'k1', 'k2', 'k3'], ...table, exact], 'rlll'),
  ];
}

/** Rows in columns, two spaces apart. @param alignment l or r for each column */
function columns(rows: readonly (readonly string[])[], alignment: string): string[] {
  const widths = [...alignment].map((_, c) =>
    rows.reduce((most, row) => Math.max(most, width(row[c] ?? '')), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, c) => {
        const space = ' '.repeat((widths[c] as number) - width(cell));
        return alignment[c] === 'r' ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Cells that a text takes in a terminal, near enough: code points without colours. */
function width(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
