import { existsSync } from 'node:fs';
import { deltaRangeOf } from '../../config/delta-range.ts';
import type { Config } from '../../config/schema.ts';
import type { TaskOutcome } from '../../experiment/pool.ts';
import { STUCK } from '../../experiment/performance.ts';
import { type Successes, successesOf } from '../../experiment/success.ts';
import { readFacts, readRunRows } from '../../plot/read-runs.ts';
import { isOfTraining } from '../../run/read-rows.ts';
import { type Bounds, UNBOUNDED } from '../../statistics/bounded-interval.ts';
import { type MeanOfRuns, meanOfRuns, rateOfRuns } from '../../statistics/seed-intervals.ts';
import type { RunRecord } from '../../run/record.ts';
import { isStuckRun } from '../../run/stuck.ts';
import { meanInWords } from './mean-of-runs.ts';
import { paint } from './print.ts';
import { counted, thousands } from '../../elementary/thousands.ts';
import { deltaInWords, quantity } from './quantities.ts';
import { plainTable } from './table.ts';

/** A run of `leash train --seeds`. */
export interface SeedRun {
  readonly path: string;
  readonly seed: number;
  readonly status: TaskOutcome['status'] | 'not begun';
  /** What stopped a failed run, one line. */
  readonly failure: string | null;
  /** Null where it did not begin. */
  readonly record: RunRecord | null;
  /** Of its last tenth, where it completed and every return is 0 or 1. */
  readonly successes: Successes | null;
}

/** What the seeds came to; `--json` prints it. */
export interface SeedsSummary {
  readonly runs: readonly SeedRun[];
  /** Of the final returns of the runs that completed; null where none did. */
  readonly returns: MeanOfRuns | null;
  /** Of their mean KL(π_old‖π_new) an update, nats. */
  readonly kl: MeanOfRuns | null;
  /** Over the runs that completed. */
  readonly updatesOutsideDelta: number;
  readonly updates: number;
}

/** What is on the disk of a run that the pool ended. */
export function seedRunAt(path: string, seed: number, { status, failure }: TaskOutcome): SeedRun {
  const facts = existsSync(path) ? readFacts(path) : undefined;
  // What another run of that name left is not of this one.
  const record = facts?.record?.status === status ? facts.record : null;
  const rows = record?.status === 'completed' && facts ? readRunRows(facts).rows.filter(isOfTraining) : [];
  const stood = status === 'interrupted' && record === null ? 'not begun' : status;
  return {
    path,
    seed,
    status: stood,
    failure: failure?.split('\n')[0] ?? null,
    record,
    successes: successesOf(rows),
  };
}

/** @param bounds of the returns of episodes */
export function summaryOfSeeds(runs: readonly SeedRun[], bounds: Bounds): SeedsSummary {
  const finals = runs.flatMap(({ status, record }) =>
    status === 'completed' && record?.final !== undefined
      ? [{ ...record.final, updates: record.updates }]
      : [],
  );
  const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
  const returns = Float64Array.from(finals, ({ returnMeanLastTenth }) => returnMeanLastTenth ?? STUCK);
  const kl = Float64Array.from(finals, ({ klOldNewMean }) => klOldNewMean);
  return {
    runs,
    returns: finals.length === 0 ? null : meanOfReturns(runs, returns, bounds),
    kl: finals.length === 0 ? null : meanOfRuns({ runs: kl, bounds: { ...UNBOUNDED, least: 0 } }),
    updatesOutsideDelta: sum(finals.map(({ updatesOutsideDelta }) => updatesOutsideDelta)),
    updates: sum(finals.map(({ updates }) => updates)),
  };
}

/** By the episodes where each is a success or a failure, else by the spread of the seeds. */
function meanOfReturns(runs: readonly SeedRun[], returns: Float64Array, bounds: Bounds): MeanOfRuns {
  const outcomes = runs.filter(({ status }) => status === 'completed').map(({ successes }) => successes);
  const known = outcomes.filter((each) => each !== null);
  if (known.length < outcomes.length) return meanOfRuns({ runs: returns, bounds });
  const episodes = known.reduce((sum, each) => sum + each.episodes, 0);
  return rateOfRuns(
    Float64Array.from(known, ({ rate }) => rate),
    episodes,
  );
}

/** A line a seed, and what they come to. @param path of the folder of seeds */
export function describeSeeds(
  { runs, returns, kl, updatesOutsideDelta, updates }: SeedsSummary,
  path: string,
  trustRegion: Config['trustRegion'],
): string {
  const rows = runs.map(({ seed, status, record }) => {
    const { final } = record ?? {};
    return [
      String(seed),
      status === 'interrupted' ? `interrupted at ${record?.updates} of ${record?.updatesPlanned}` : status,
      isStuckRun(status, final) ? 'stuck' : quantity(final?.returnMeanLastTenth ?? null),
      quantity(final?.klOldNewMean ?? null),
      quantity(final?.klOldNewMax ?? null),
      record === null ? '–' : deltaInWords(deltaRangeOf(trustRegion, record)),
      final === undefined ? '–' : `${final.updatesOutsideDelta} of ${record?.updates}`,
    ];
  });
  const head = ['seed', 'status', 'return', 'KL mean', 'KL largest', 'δ', 'updates outside δ'];
  const table = plainTable(head, rows, { left: 2 });
  const completed = runs.filter(({ status }) => status === 'completed').length;
  const lines: [string, string][] = [];
  if (returns !== null)
    lines.push([
      'return',
      `mean over the last tenth of training ${meanInWords(returns, `${returns.samples} seeds`)}`,
    ]);
  if (kl !== null)
    lines.push([
      'KL',
      `mean ${meanInWords(kl, `${kl.samples} seeds`)}; ${thousands(updatesOutsideDelta)} of ${counted(updates, 'update')} ended outside δ`,
    ]);
  for (const { seed, failure } of runs)
    if (failure !== null) lines.push(['failed', `seed ${seed}: ${failure}`]);
  const began = runs.filter(({ record }) => record !== null).length;
  lines.push(['runs', `${path}: ${completed} of ${runs.length} completed`]);
  if (began > 1) lines.push(['next', `leash plot ${path}`]);
  return [table, ...lines.map(([label, text]) => `${paint('dim', label.padEnd(9))}${text}`)].join('\n');
}
