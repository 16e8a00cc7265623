import { calibrate } from './calibrate.ts';
import type { Experiment } from './conduct.ts';
import { type Contestant, runExperiment } from './experiment.ts';
import { buildReport, type ReportFrame } from './report.ts';

/** What `leash compare` is asked. */
export interface ComparisonPlan {
  readonly contestants: readonly Contestant[];
  readonly seeds: readonly number[];
  /** Mean KL(π_old‖π_new) per update, nats, that all are brought to first. */
  readonly matchKl: number | undefined;
  /** Return whose first reach is timed. */
  readonly threshold: number | undefined;
  readonly title: Pick<ReportFrame, 'name' | 'description' | 'command'>;
}

/** Trains every contestant on every seed and compares them. */
export function comparison({ contestants, seeds, matchKl, threshold, title }: ComparisonPlan): Experiment {
  return async (directory, options) => {
    const calibrated =
      matchKl === undefined
        ? { contestants, report: null }
        : await calibrate(directory, contestants, seeds, matchKl, options);
    if (calibrated === undefined) return undefined;
    const inputs = await runExperiment(directory, calibrated.contestants, seeds, options);
    if (options.signal.aborted) return undefined;
    const frame = {
      kind: 'compare' as const,
      ...title,
      node: process.version,
      seeds,
      calibration: calibrated.report,
      sweep: null,
    };
    return { report: buildReport(frame, inputs, threshold), inputs };
  };
}
