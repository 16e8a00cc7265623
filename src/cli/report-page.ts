import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ReportData, ReportRun } from '../experiment/report-data.ts';
import { readRows } from '../run/run-directory.ts';

/** `report.html` of a finished experiment, with the curves of the runs in its folder. */
export async function reportPage(report: ReportData, folder: string): Promise<string> {
  const { renderReport } = await import('../plot/report.ts');
  const runs = report.configs.flatMap(({ label, runs: states }): ReportRun[] =>
    states.map(({ seed, path }) => {
      const run = join(folder, path);
      return { label, seed, rows: existsSync(join(run, 'metrics.jsonl')) ? readRows(run) : [] };
    }),
  );
  return renderReport(report, runs);
}
