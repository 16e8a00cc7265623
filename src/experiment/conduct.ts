import { renderReportPage } from '../plot/report-page.ts';
import { encodeJson } from '../row/json.ts';
import type { ExperimentDirectory } from './experiment-directory.ts';
import type { ExperimentOptions } from './experiment.ts';
import type { ReportInput } from './report-data.ts';
import type { ReportData } from './report-data.ts';

/** What an experiment found, and the runs it was found from. */
export interface Findings {
  readonly report: ReportData;
  readonly inputs: readonly ReportInput[];
}

/**
 * Makes the runs of an experiment, those that are not in its folder yet, and says what they show.
 * @returns undefined when the signal was aborted, or runs of other shards are missing
 */
export type Experiment = (
  directory: ExperimentDirectory,
  options: ExperimentOptions,
) => Promise<Findings | undefined>;

/**
 * Lets a pool make the runs of an experiment and writes `report.json` and `report.html`.
 * @returns the report; undefined when the signal was aborted (called again, it goes on), runs of other shards are missing or
 *   another shard writes the report
 */
export async function conduct(
  experiment: Experiment,
  directory: ExperimentDirectory,
  options: ExperimentOptions,
): Promise<ReportData | undefined> {
  const findings = await experiment(directory, options);
  if (findings === undefined || !directory.holdReport()) return undefined;
  const { report, inputs } = findings;
  const curves = inputs.flatMap(({ label, runs }) => runs.map(({ seed, rows }) => ({ label, seed, rows })));
  directory.writeReport('report.json', `${encodeJson(report, 1)}\n`);
  const places = directory.marker.keepOrder(inputs, report.sweep === null ? undefined : 'first');
  directory.marker.write();
  // What was found in another experiment has the colour that it has there.
  const hues = new Map(inputs.map(({ label, place }) => [label, place ?? places.get(label)]));
  directory.writeReport('report.html', renderReportPage(report, curves, hues));
  return report;
}
