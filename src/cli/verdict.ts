import type { CalibrationReport, ConfigReport, ReportData, SweepReport } from '../experiment/report-data.ts';
import { withInterval } from '../experiment/verdict.ts';
import { heatMap } from './heat-map.ts';
import { count, figure } from './figures.ts';
import { paint } from './paint.ts';
import { plainTable } from './table.ts';

/** A report for the terminal: tables first, then what they support in words. */
export function describeReport(data: ReportData): string {
  const sections = [
    performanceTable(data),
    trustRegionTable(data.configs),
    pairTable(data),
    data.sweep === null ? '' : sweepTables(data.sweep),
    data.calibration === null ? '' : calibrationTable(data.calibration),
    [paint('bold', 'verdict'), ...data.verdict.map((sentence) => `  ${sentence}`)].join('\n'),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function performanceTable({ configs, seeds }: ReportData): string {
  const hasGaps = configs.some(({ final }) => final.optimalityGap !== null);
  const hasTimes = configs.some(({ stepsToThreshold }) => stepsToThreshold !== null);
  const value = (estimate: ConfigReport['final']['iqm']): string => figure(estimate?.value ?? null);
  const head = [
    ...['config', 'runs', 'final return: IQM', 'mean', 'median'],
    ...(hasGaps ? ['gap to best'] : []),
    'whole curve: IQM',
    ...(hasTimes ? [thresholdTitle(configs)] : []),
  ];
  const rows = configs.map(({ label, final, curve, stepsToThreshold, runs }) => [
    label,
    `${runs.filter(({ status }) => status === 'completed').length}/${seeds.length}`,
    final.iqm === null ? '–' : withInterval(final.iqm),
    value(final.mean),
    value(final.median),
    ...(hasGaps ? [value(final.optimalityGap)] : []),
    curve.iqm === null ? '–' : withInterval(curve.iqm),
    ...(hasTimes ? [timesInWords(stepsToThreshold)] : []),
  ]);
  return plainTable(head, rows);
}

function thresholdTitle(configs: readonly ConfigReport[]): string {
  const thresholds = new Set(configs.map(({ stepsToThreshold }) => stepsToThreshold?.threshold));
  return thresholds.size === 1
    ? `steps to ${figure(configs[0].stepsToThreshold?.threshold ?? null)}`
    : 'steps to 95%';
}

function timesInWords(times: ConfigReport['stepsToThreshold']): string {
  if (times === null) return '–';
  const { median, reached, perSeed } = times;
  return `${median === null ? 'never' : count(median)} (${reached}/${perSeed.length})`;
}

function trustRegionTable(configs: readonly ConfigReport[]): string {
  const rows = configs.map(({ label, kl, gradientSteps, stopReasons }) => {
    const { planned, applied } = gradientSteps;
    const updates = Object.values(stopReasons).reduce((sum, each) => sum + each, 0);
    return [
      label,
      figure(kl?.mean ?? null),
      figure(kl?.p95 ?? null),
      kl === null ? '–' : `${(100 * kl.shareOutsideDelta).toFixed(1)}%`,
      `${count(applied)}/${count(planned)}`,
      Object.entries(stopReasons)
        .map(([reason, times]) => `${reason} ${Math.round((100 * times) / updates)}%`)
        .join(', '),
    ];
  });
  return plainTable(
    ['config', 'KL mean', 'KL p95', 'outside δ', 'gradient steps', 'how updates ended'],
    rows,
  );
}

function pairTable({ pairs }: ReportData): string {
  if (pairs.final.length === 0 || pairs.final.every(({ pValue }) => pValue === null)) return '';
  const rows = pairs.final.map(({ better, worse, improvement, difference, pValue, decided }) => [
    `${better} over ${worse}`,
    withInterval(improvement),
    withInterval(difference),
    figure(pValue),
    decided ? 'yes' : 'no',
  ]);
  return plainTable(['final return', 'P(improvement)', 'difference of IQM', 'p (Holm)', 'told apart'], rows);
}

function calibrationTable({ target, configs }: CalibrationReport): string {
  const rows = configs.map(({ label, path, value, klMean, tries, klMeanCompared, reached }) => [
    label,
    path,
    figure(value),
    figure(klMean),
    String(tries.length),
    reached ? 'yes' : 'no',
    figure(klMeanCompared),
  ]);
  return plainTable(
    [`KL → ${figure(target)}`, 'setting', 'value', 'KL there', 'tries', 'reached', 'KL compared'],
    rows,
  );
}

/** What halving left behind, where it was used, and the heat map. */
function sweepTables(sweep: SweepReport): string {
  const { rungs, points, best } = sweep;
  const left = points.filter(({ rung }) => rung < rungs.length);
  const table = plainTable(
    ['left behind', 'after rung', 'steps', 'final return: IQM'],
    left.map(({ label, rung, finalIqm }) => [
      label,
      String(rung),
      count(rungs[rung - 1].steps),
      figure(finalIqm),
    ]),
  );
  const winner = best === null ? '' : `best point: ${paint('bold', best)}`;
  return [left.length === 0 ? '' : table, heatMap(sweep), winner].filter((part) => part !== '').join('\n\n');
}
