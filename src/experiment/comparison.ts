import { codeOf } from '../config/environment-name.ts';
import { calibrate } from './calibrate.ts';
import type { Experiment } from './conduct.ts';
import { type Contestant, runExperiment } from './experiment.ts';
import { byEvaluations } from './by-evaluations.ts';
import { byExactReturns } from './by-exact-returns.ts';
import { type FoundContestant, inputOf, remarksOn } from './found-runs.ts';
import type { ReportInput } from './report-data.ts';
import { buildReport, type ReportFrame } from './report.ts';

/** What returns may be in place of those of training's own episodes, and what is then said of a report. */
const otherReturns = {
  evaluations: {
    replace: byEvaluations,
    remark:
      'Returns are those of the evaluations in the course of training, each for the updates since the one before, not of training’s own episodes.',
  },
  exact: {
    replace: byExactReturns,
    remark:
      'Returns are the exact expected returns of the policies after each update, not the means of the episodes that training happened to play.',
  },
} as const;
export type OtherReturns = keyof typeof otherReturns;

/** What `leash compare` is asked. */
export interface ComparisonPlan {
  /** In the order of the report; those that were found are read, the others trained. */
  readonly contestants: readonly (Contestant | FoundContestant)[];
  readonly seeds: readonly number[];
  /** Mean KL(π_old‖π_new) per update, nats, that all are brought to first. */
  readonly matchKl: number | undefined;
  /** Return whose first reach is timed. */
  readonly threshold: number | undefined;
  /** What returns are in place of those of training's own episodes. */
  readonly by?: OtherReturns | undefined;
  readonly title: Pick<ReportFrame, 'name' | 'description' | 'command'>;
}

/** Whether the runs of a contestant are there already. */
export function isFound(contestant: Contestant | FoundContestant): contestant is FoundContestant {
  return 'runs' in contestant;
}

/** Trains every contestant that is no run yet on every seed and compares them. */
export function comparison(plan: ComparisonPlan): Experiment {
  const { contestants, seeds, matchKl, threshold, title } = plan;
  const asked = contestants.filter((each) => !isFound(each));
  const found = contestants.filter(isFound);
  return async (directory, options) => {
    const calibrated =
      matchKl === undefined
        ? { contestants: asked, report: null }
        : await calibrate(directory, asked, seeds, matchKl, options);
    if (calibrated === undefined) return undefined;
    const trained = await runExperiment(directory, calibrated.contestants, seeds, options);
    if (options.signal.aborted) return undefined;
    const read = await Promise.all(
      found.map(async (each) => {
        const { environment } = each.config;
        // What a run names was somebody's: its code is not run to read it.
        const best =
          codeOf(environment) === undefined
            ? (await options.resolve(environment)).bestReturn(environment.options)
            : undefined;
        return inputOf(each, seeds, best ?? null, directory.path);
      }),
    );
    const labelled = new Map([...trained, ...read].map((each) => [each.label, each]));
    const made = contestants.map(({ label }) => labelled.get(label) as ReportInput);
    const by = plan.by && otherReturns[plan.by];
    const inputs = by ? made.map((each) => by.replace(each, directory.path)) : made;
    const frame = {
      kind: 'compare' as const,
      ...title,
      node: process.version,
      seeds,
      calibration: calibrated.report,
      remarks: [...(by ? [by.remark] : []), ...remarksOn(found, seeds)],
      sweep: null,
    };
    return { report: buildReport(frame, inputs, threshold), inputs };
  };
}
