import { basename, dirname } from 'node:path';
import { thousands } from '../../elementary/thousands.ts';
import { type MeanOfRuns, meanOfRuns, rateOfRuns } from '../../statistics/seed-intervals.ts';
import { oneLine } from '../../user-error.ts';
import type { Findings } from './evaluation.ts';
import { meanInWords } from './mean-of-runs.ts';
import { paint } from './print.ts';
import { quantity } from './quantities.ts';
import { plainTable } from './table.ts';

/** Of the runs in one folder, which differ in their seed. */
export interface SeedsFindings {
  readonly path: string;
  readonly environment: string;
  /** Of the runs' mean returns: each run is one sample. */
  readonly returns: MeanOfRuns;
}

/** Runs by the folder that they are in, in the order of the runs. */
export function summaryOfFindings(found: readonly Findings[]): SeedsFindings[] {
  const folders = new Map<string, Findings[]>();
  for (const each of found) {
    const folder = folderOf(each.run);
    folders.set(folder, [...(folders.get(folder) ?? []), each]);
  }
  return [...folders].map(([path, runs]) => ({
    path,
    environment: runs[0]?.environment ?? '',
    returns: returnsOf(runs),
  }));
}

/** The folder of a run's seeds. @param place the run's folder, or a policy in it */
function folderOf(place: string): string {
  const run = place.endsWith('.safetensors') ? dirname(place) : place;
  return dirname(run);
}

function returnsOf(runs: readonly Findings[]): MeanOfRuns {
  const means = Float64Array.from(runs, ({ returns }) => returns.mean);
  const episodes = runs.reduce((sum, { returns }) => sum + returns.samples, 0);
  return runs.every(({ returns }) => returns.by === 'wilson')
    ? rateOfRuns(means, episodes)
    : meanOfRuns({ runs: means, bounds: runs[0].returnBounds });
}

const MADE_BY: Readonly<Record<MeanOfRuns['by'], string>> = {
  wilson: ' (Wilson)',
  student: ' (Student’s t)',
  // The equal ones are named.
  order: '',
};

/** One table: a line a run, and what the seeds of a folder come to. */
export function describeManyFindings(found: readonly Findings[]): string[] {
  const [first] = found;
  const how = first?.mode === 'greedy' ? 'the likeliest actions' : 'sampled actions';
  const environments = [...new Set(found.map(({ environment }) => environment))].join(', ');
  const hasSuccess = found.some(({ success }) => success !== null);
  const hasExact = found.some(({ expectedReturn }) => expectedReturn !== null);
  const head = [
    ...['run', 'status', 'return', '95% interval', 'from', 'to'],
    ...(hasSuccess ? ['success'] : []),
    ...(hasExact ? ['exact'] : []),
    'best',
    'length',
  ];
  const rows = found.map(({ run, status, returns, success, expectedReturn, bestReturn, lengthMean }) => [
    oneLine(run),
    status ?? '–',
    quantity(returns.mean),
    `${quantity(returns.low)} to ${quantity(returns.high)}`,
    quantity(returns.min),
    quantity(returns.max),
    ...(hasSuccess ? [success === null ? '–' : `${quantity(100 * success)}%`] : []),
    ...(hasExact ? [quantity(expectedReturn)] : []),
    quantity(bestReturn?.value ?? null),
    quantity(lengthMean),
  ]);
  const label = (name: string): string => paint('dim', name.padEnd(9));
  return [
    `${label('episodes')}${thousands(first?.returns.samples ?? 0)} of ${environments} with ${how}, seed ${first?.seed}, of each of ${thousands(found.length)} runs`,
    '',
    plainTable(head, rows, { left: 2 }),
    '',
    ...summaryOfFindings(found)
      .filter(({ returns }) => returns.samples > 1)
      .map(
        ({ path, returns }) =>
          `${label('return')}mean ${meanInWords(returns, `the ${thousands(returns.samples)} runs of ${oneLine(basename(path))}`)}${MADE_BY[returns.by]}`,
      ),
  ];
}
