import { nearest } from '../config/nearest.ts';
import { type Field, field, type Unit } from '../row/field.ts';
import { fitFields } from '../row/fit.ts';
import { ledgerFields } from '../row/ledger.ts';
import { metricFields } from '../row/metrics.ts';
import { UserError } from '../user-error.ts';
import { type Bounded, CURVE, EVALUATION } from './plotted-run.ts';

/** What one panel shows: one column, or several on the same axis. */
export interface PlotMetric {
  readonly columns: readonly string[];
}

/** What plots make of the rows. The curve is fair to all lengths of episodes; rows of leash 0.1.0 have none. */
const derivedFields = [
  field(CURVE, 'reward', 'The curve of returns (docs/compare.md).', { label: 'return', short: ['return'] }),
  field(
    EVALUATION,
    'reward',
    'The mean return of an evaluation in the course of training (docs/metrics.md).',
    {
      label: 'evaluation return',
      short: ['evaluation'],
    },
  ),
] as const;

/** Every column there is; of one that several tables have, the first counts. */
const FIELDS: readonly Field[] = [...derivedFields, ...metricFields, ...ledgerFields, ...fitFields];
const fieldOf: ReadonlyMap<string, Field> = new Map(
  FIELDS.map((each) => [each.name, each] as const).reverse(),
);

/** Short names of columns; several candidates where the kind of rows, or their age, decides which one a run has. */
const SHORT_NAMES: ReadonlyMap<string, readonly string[]> = new Map(
  FIELDS.flatMap(({ short }) => short ?? []).map((name) => [
    name,
    FIELDS.filter(({ short }) => short?.includes(name)).map((each) => each.name),
  ]),
);

/** Names that stand for several columns in one panel. */
const PRESETS: Readonly<Record<string, string>> = {
  estimators: 'kl+k1+k2+k3',
  directions: 'klOldNew+klNewOld',
  improvement: 'promise+truth',
  visitation: 'klOldNewMean+klOldNewVisited+klOldNewDiscounted',
};

/** What is plotted without `--metric` of runs of `leash fit`. */
export const FIT_METRICS = 'crossEntropy+kl+entropyOfTarget,accuracy';

/** Whether the δ of runs in which it bounds that belongs into a panel with these columns. */
export function showsDelta(columns: readonly string[], bounded: Bounded): boolean {
  return columns.some((column) => fieldOf.get(column)?.heldToDelta === bounded);
}

/**
 * What is plotted without `--metric`: the four that matter, or of gradient steps the KLs; the worst state's where δ bounds
 * each state.
 */
export function usualMetrics(bounded: ReadonlySet<Bounded>, isLedger: boolean): string {
  const kl = bounded.has('eachState') ? 'klMax' : '';
  if (isLedger) return [kl, 'directions,estimators'].filter((part) => part !== '').join(',');
  const mean = bounded.has('mean') ? 'kl' : '';
  return ['return', mean, kl, 'clip,entropy'].filter((part) => part !== '').join(',');
}

/**
 * `--metric kl,return,k1+k2` → one panel a comma, several columns of one panel joined by `+`.
 *
 * @param available the columns that the runs have
 * @throws UserError for a name that no run has, with the nearest one
 */
export function parseMetrics(text: string, available: ReadonlySet<string>): PlotMetric[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.some((part) => part === '')) throw new UserError(`--metric has an empty name: ${text}`);
  return parts.map((part) => {
    const names = (Object.hasOwn(PRESETS, part) ? PRESETS[part] : part).split('+').map((name) => name.trim());
    return { columns: [...new Set(names.map((name) => resolveColumn(name, available, '--metric')))] };
  });
}

/** The column that a short or a full name means. @throws UserError naming the nearest one */
export function resolveColumn(name: string, available: ReadonlySet<string>, flag: string): string {
  const found = [name, ...(SHORT_NAMES.get(name) ?? [])].find((column) => available.has(column));
  if (found !== undefined) return found;
  const guess = nearest(name, [...available, ...SHORT_NAMES.keys(), ...Object.keys(PRESETS)]);
  throw new UserError(
    `${flag}: no run has a metric ${JSON.stringify(name)}${guess ? `; did you mean ${guess}?` : ''}`,
  );
}

/** What a column is called on an axis. */
export function labelOf(column: string): string {
  return fieldOf.get(column)?.label ?? column;
}

/** What of a unit stands beside a number: of some nothing, that would say nothing. */
const PRINTED: Readonly<Record<Unit, string>> = {
  '1': '',
  count: '',
  'environment steps': 'environment steps',
  nats: 'nats',
  reward: '',
  'reward²': 'reward²',
  seconds: 'seconds',
  share: '',
  'steps/s': 'steps/s',
  'true or false': '',
  word: '',
};

/** The unit of a column; '' where it has none worth printing. */
export function unitOf(column: string): string {
  const found = fieldOf.get(column);
  return found === undefined ? '' : PRINTED[found.unit];
}

/** What several columns on one axis are called: each with its unit where they have not the same. */
export function labelsOf(columns: readonly string[]): string[] {
  if (commonUnitOf(columns) !== undefined) return columns.map(labelOf);
  return columns.map((column) => [labelOf(column), unitOf(column)].filter((part) => part !== '').join(', '));
}

/** The unit of all of the columns; undefined where they have not the same. */
export function commonUnitOf(columns: readonly string[]): string | undefined {
  const units = new Set(columns.map(unitOf));
  return units.size === 1 ? [...units][0] : undefined;
}
