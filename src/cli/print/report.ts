import type {
  AcrossReport,
  CalibrationReport,
  ConfigReport,
  ReportData,
  SweepReport,
} from '../../experiment/report-data.ts';
import { iqmInWords, withInterval } from '../../experiment/verdict/words.ts';
import { heatMap } from './heat-map.ts';
import { thousands } from '../../elementary/thousands.ts';
import { deltaInWords, quantity, shareInWords } from './quantities.ts';
import { paint } from './print.ts';
import { plainTable } from './table.ts';

/** A report for the terminal: tables first, then what they support in words. */
export function describeReport(data: ReportData): string {
  const sections = [
    performanceTable(data),
    trustRegionTable(data.configs),
    pairTable(data),
    data.across === null ? '' : acrossTable(data.across),
    data.sweep === null ? '' : sweepTables(data.sweep),
    data.calibration === null ? '' : calibrationTable(data.calibration),
    [paint('bold', 'verdict'), ...data.verdict.map((sentence) => `  ${sentence}`)].join('\n'),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function performanceTable({ configs }: ReportData): string {
  const hasGaps = configs.some(({ final }) => final.optimalityGap !== null);
  const hasRates = configs.some(({ success }) => success !== null);
  const hasTimes = configs.some(({ stepsToThreshold }) => stepsToThreshold !== null);
  const value = (estimate: ConfigReport['final']['iqm']): string =>
    estimate !== null && estimate.value === null ? 'stuck' : quantity(estimate?.value ?? null);
  const head = [
    ...['config', 'runs', 'final return: IQM', 'mean', 'median'],
    ...(hasRates ? ['success rate'] : []),
    ...(hasGaps ? ['gap to best'] : []),
    curveTitle(configs),
    ...(hasTimes ? [thresholdTitle(configs)] : []),
  ];
  const rows = configs.map((config) => [
    config.label,
    runsInWords(config),
    iqmInWords(config, 'final'),
    value(config.final.mean),
    value(config.final.median),
    ...(hasRates ? [config.success === null ? '–' : withInterval(config.success)] : []),
    ...(hasGaps ? [value(config.final.optimalityGap)] : []),
    iqmInWords(config, 'curve'),
    ...(hasTimes ? [timesInWords(config.stepsToThreshold)] : []),
  ]);
  return plainTable(head, rows);
}

function curveTitle(configs: readonly ConfigReport[]): string {
  const steps = new Set(configs.map(({ curveSteps }) => curveSteps));
  const isShared = steps.size === 1 && configs[0].curveSteps > 0;
  return isShared ? `curve to ${thousands(configs[0].curveSteps)}: IQM` : 'curve: IQM';
}

/** 10/10; 10/10, 4 stuck */
function runsInWords({ runs, stuck }: ConfigReport): string {
  const completed = `${runs.filter(({ status }) => status === 'completed').length}/${runs.length}`;
  return stuck.length === 0 ? completed : `${completed}, ${stuck.length} stuck`;
}

function thresholdTitle(configs: readonly ConfigReport[]): string {
  const thresholds = new Set(configs.map(({ stepsToThreshold }) => stepsToThreshold?.threshold));
  return thresholds.size === 1
    ? `steps to ${quantity(configs[0].stepsToThreshold?.threshold ?? null)}`
    : 'steps to 95%';
}

function timesInWords(times: ConfigReport['stepsToThreshold']): string {
  if (times === null) return '–';
  const { median, isMedianKnown, reached, perSeed } = times;
  const steps = median !== null ? thousands(median) : isMedianKnown ? 'never' : 'not yet known';
  return `${steps} (${reached}/${perSeed.length})`;
}

function trustRegionTable(configs: readonly ConfigReport[]): string {
  const hasDrift = configs.some(({ drift }) => drift !== null);
  const rows = configs.map(({ label, kl, drift, gradientSteps, stopReasons }) => {
    const { planned, applied } = gradientSteps;
    const updates = Object.values(stopReasons).reduce((sum, each) => sum + each, 0);
    return [
      label,
      quantity(kl?.mean ?? null),
      quantity(kl?.p95 ?? null),
      kl === null ? '–' : boundInWords(kl.delta),
      kl === null ? '–' : shareInWords(kl.shareOutsideDelta),
      ...(hasDrift ? [quantity(drift?.last ?? null)] : []),
      `${thousands(applied)}/${thousands(planned)}`,
      Object.entries(stopReasons)
        .map(([reason, times]) => `${reason} ${Math.round((100 * times) / updates)}%`)
        .join(', '),
    ];
  });
  return plainTable(
    [
      ...['config', 'KL mean', 'KL p95', 'δ', 'outside δ'],
      ...(hasDrift ? ['drift at the end'] : []),
      ...['gradient steps', 'how updates ended'],
    ],
    rows,
  );
}

/** 0.02; 0.02 each state */
function boundInWords(delta: NonNullable<ConfigReport['kl']>['delta']): string {
  return `${deltaInWords(delta)}${delta.eachState ? ' each state' : ''}`;
}

function pairTable({ pairs }: ReportData): string {
  if (pairs.final.length === 0 || pairs.final.every(({ pValue }) => pValue === null)) return '';
  const rows = pairs.final.map(({ better, worse, improvement, difference, pValue, decided, same }) => [
    `${better} over ${worse}`,
    withInterval(improvement),
    withInterval(difference),
    quantity(pValue),
    decided ? 'yes' : same?.isEverySeed ? 'the same' : 'no',
  ]);
  return plainTable(['final return', 'P(improvement)', 'difference of IQM', 'p (Holm)', 'told apart'], rows);
}

function acrossTable({ worlds, methods }: AcrossReport): string {
  return plainTable(
    [`over ${worlds.length} worlds`, 'normalised return: IQM', 'mean', 'mean rank'],
    methods.map(({ method, iqm, mean, rank }) => [method, ...[iqm, mean, rank].map(withInterval)]),
  );
}

function calibrationTable({ configs }: CalibrationReport): string {
  const rows = configs.map(({ label, path, target, value, klMean, tries, klMeanCompared, reached }) => [
    label,
    quantity(target),
    path,
    quantity(value),
    quantity(klMean),
    String(tries.length),
    reached ? 'yes' : 'no',
    quantity(klMeanCompared),
  ]);
  return plainTable(
    ['calibration', 'KL asked', 'setting', 'value', 'KL there', 'tries', 'reached', 'KL compared'],
    rows,
  );
}

/** What halving left behind, where it was used, and the heat map. */
function sweepTables(sweep: SweepReport): string {
  const { rungs, points, best, withoutBest, tiedWithBest } = sweep;
  const left = points.filter(({ rung }) => rung < rungs.length);
  const table = plainTable(
    ['left behind', 'after rung', 'steps', 'final return: IQM'],
    left.map((point) => [
      point.label,
      String(point.rung),
      thousands(rungs[point.rung - 1].steps),
      pointInWords(point),
    ]),
  );
  const ties = tiedWithBest.length === 0 ? '' : `, tied with ${tiedWithBest.join(', ')}`;
  const winner =
    best === null ? `best point: none; ${withoutBest}` : `best point: ${paint('bold', best)}${ties}`;
  return [left.length === 0 ? '' : table, heatMap(sweep), winner].filter((part) => part !== '').join('\n\n');
}

/** IQM of a point; where that is none, or runs failed, why. */
export function pointInWords({ finalIqm, completed, stuck, failed }: SweepReport['points'][number]): string {
  const known =
    finalIqm !== null || completed === 0 ? quantity(finalIqm) : `stuck (${stuck} of ${completed})`;
  return failed === 0 ? known : `${known} (${failed} failed)`;
}
