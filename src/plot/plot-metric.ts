import { nearest } from '../config/nearest.ts';
import { fitFields } from '../fit/row.ts';
import { metricFields, penaltyFields, trpoFields } from '../run/metrics.ts';
import { ledgerFields } from '../trust-region/ledger.ts';
import { UserError } from '../user-error.ts';

/** What one panel shows: one column, or several on the same axis. */
export interface PlotMetric {
  readonly columns: readonly string[];
}

/** Short names of columns; several candidates where the objective decides which one a run has. */
const SHORT_NAMES: Readonly<Record<string, readonly string[]>> = {
  // The curve is fair to all lengths of episodes; rows of leash 0.1.0 have none.
  return: ['curve', 'returnMean'],
  length: ['lengthMean'],
  // The later candidates are the columns of a ledger, where there is a row for each gradient step.
  kl: ['klOldNewMean', 'klOldNew'],
  klOldNew: ['klOldNewMean'],
  klNewOld: ['klNewOldMean'],
  k1: ['k1Minibatch'],
  k2: ['k2Minibatch'],
  k3: ['k3Minibatch'],
  clip: ['clipFraction'],
  epsilon: ['clipRange'],
  lr: ['learningRate'],
  stop: ['stopReason'],
  gradient: ['gradientNorm'],
  loss: ['policyLoss'],
};

/** Names that stand for several columns in one panel. */
const PRESETS: Readonly<Record<string, string>> = {
  estimators: 'kl+k1+k2+k3',
  directions: 'klOldNew+klNewOld',
};

/** What is plotted without `--metric`: the four that matter. */
export const DEFAULT_METRICS = 'return,kl,clip,entropy';

/** The same for runs of `leash fit`. */
export const FIT_METRICS = 'crossEntropy+kl+entropyOfTarget,accuracy';

/** Columns that count as KL(π_old‖π_new): their panels show δ and the updates outside it. */
const KL_COLUMNS = new Set([
  ...['klOldNewMean', 'k1', 'k2', 'k3'],
  ...['klOldNew', 'k1Rollout', 'k1Minibatch', 'k2Minibatch', 'k3Minibatch'],
]);

/** Whether δ belongs into a panel with these columns. */
export function showsDelta(columns: readonly string[]): boolean {
  return columns.some((column) => KL_COLUMNS.has(column));
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
    const names = (PRESETS[part] ?? part).split('+').map((name) => name.trim());
    return { columns: [...new Set(names.map((name) => resolveColumn(name, available, '--metric')))] };
  });
}

/** The column that a short or a full name means. @throws UserError naming the nearest one */
export function resolveColumn(name: string, available: ReadonlySet<string>, flag: string): string {
  const found = [name, ...(SHORT_NAMES[name] ?? [])].find((column) => available.has(column));
  if (found !== undefined) return found;
  const guess = nearest(name, [...available, ...Object.keys(SHORT_NAMES), ...Object.keys(PRESETS)]);
  throw new UserError(
    `${flag}: no run has a metric ${JSON.stringify(name)}${guess ? `; did you mean ${guess}?` : ''}`,
  );
}

const LABELS: Readonly<Record<string, string>> = {
  curve: 'return',
  returnMean: 'return',
  returnMin: 'least return',
  returnMax: 'greatest return',
  lengthMean: 'episode length',
  klOldNewMean: 'KL(π_old‖π_new)',
  klOldNewP95: 'KL(π_old‖π_new), 95th percentile',
  klOldNewMax: 'KL(π_old‖π_new), maximum',
  klNewOldMean: 'KL(π_new‖π_old)',
  klOldNew: 'KL(π_old‖π_new)',
  klNewOld: 'KL(π_new‖π_old)',
  k1Rollout: 'k1 rollout',
  k1Minibatch: 'k1 minibatch',
  k2Minibatch: 'k2 minibatch',
  k3Minibatch: 'k3 minibatch',
  delta: 'δ',
  clipFraction: 'clip fraction',
  clipRange: 'ε',
  beta: 'β',
  learningRate: 'learning rate',
  stopReason: 'stop reason',
  policyLoss: 'policy loss',
  valueLoss: 'value loss',
  explainedVariance: 'explained variance',
  gradientNorm: 'gradient norm',
  crossEntropy: 'H(P,Q)',
  entropyOfTarget: 'H(P)',
  kl: 'KL(P‖Q)',
  gradientStepsApplied: 'gradient steps applied',
  gradientStepsPlanned: 'gradient steps planned',
};

/** What a column is called on an axis. */
export function labelOf(column: string): string {
  return LABELS[column] ?? column;
}

const UNITS: ReadonlyMap<string, string> = new Map(
  [metricFields, trpoFields, penaltyFields, ledgerFields, fitFields].flatMap((fields) =>
    fields.map(({ name, unit }) => [name, unit] as const),
  ),
);

/** Units that say nothing beside a number. */
const UNPRINTED = new Set(['1', 'word', 'true or false', 'reward', 'count', 'share']);

/** The unit of a column; '' where it has none worth printing. */
export function unitOf(column: string): string {
  const unit = UNITS.get(column) ?? '';
  return UNPRINTED.has(unit) ? '' : unit;
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
