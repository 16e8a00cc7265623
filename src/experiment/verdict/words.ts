import type { ConfigReport, Estimate, ReportData } from '../report-data.ts';

/** A report before anything is said of it. */
export type Figures = Omit<ReportData, 'verdict'>;

/** Pairs that get a sentence each; beyond, the best config stands against the rest. */
export const SENTENCES = 6;

/** Runs that came to their end. */
export function completedOf({ runs }: ConfigReport): number {
  return runs.filter(({ status }) => status === 'completed').length;
}

/** 4 of 10 */
export function stuckOf(config: ConfigReport): string {
  return `${config.stuck.length} of ${completedOf(config)}`;
}

/** IQM with its interval, and how many runs tie at an end; `stuck (4 of 10)` where more than a quarter of the runs is; – where there is none. */
export function iqmInWords(config: ConfigReport, metric: 'final' | 'curve'): string {
  const { iqm, tied } = config[metric];
  if (iqm === null) return '–';
  if (iqm.value === null) return `stuck (${stuckOf(config)})`;
  return tied === null
    ? withInterval(iqm)
    : `${withInterval(iqm)}, ${tied.runs} of ${completedOf(config)} equal`;
}

export function labelled(configs: readonly ConfigReport[], label: string): ConfigReport {
  return configs.find((config) => config.label === label) as ConfigReport;
}

/** Runs that failed are in no figure: what is said of the rest must not pass for all. */
export function despiteFailures(...configs: readonly ConfigReport[]): string {
  return configs.some(hasFailed) ? ` where ${configs.length === 1 ? 'it' : 'they'} did not fail` : '';
}

/** The same of what is counted. */
export function ofCompleted(...configs: readonly ConfigReport[]): string {
  return configs.some(hasFailed) ? ' of the runs that completed' : '';
}

function hasFailed(config: ConfigReport): boolean {
  return completedOf(config) < config.runs.length;
}

/** 41% */
export function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

export function listed(labels: readonly string[]): string {
  const shown = labels.slice(0, SENTENCES);
  const rest = labels.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

/** 12.3 [10.1, 14.9]; without the interval where there is none; `stuck` for what has a stuck run in it, – for an end that is not bounded. */
export function withInterval({ value, low, high, stuck = [] }: Estimate): string {
  if (value === null) return 'stuck';
  const bound = (part: 'low' | 'high', known: number | null): string =>
    stuck.includes(part) ? 'stuck' : known === null ? '–' : number(known);
  if (low === null && high === null && stuck.length === 0) return number(value);
  return `${number(value)} [${bound('low', low)}, ${bound('high', high)}]`;
}

/** Three significant digits; whole numbers from 1000 on. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e9) return value.toExponential(2).replace('e+', 'e');
  return String(size >= 1000 ? Math.round(value) : Number(value.toPrecision(3)));
}
