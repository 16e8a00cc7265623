import { counted } from '../elementary/thousands.ts';
import { targetInWords } from '../experiment/kl-target.ts';
import type { Calibrated, CalibrationReport, ReportData, SweepReport } from '../experiment/report-data.ts';
import { cell, number, percentage, table } from './html-table.ts';
import { heatMap } from './heat-table.ts';
import { escapeXml } from './svg.ts';

export function calibrationSection({ calibration }: ReportData): string {
  if (calibration === null) return '';
  const { target, tolerance, seeds, configs } = calibration;
  const said = `Each config was brought to a mean KL of ${targetInWords(target, number)} nats an update, within ${percentage(tolerance)}, with ${counted(seeds.length, 'seed')}.`;
  const rows = configs.map((each) => ({
    className: '',
    cells: [
      cell(each.label, 'label'),
      cell(each.path, 'value'),
      cell(number(each.value), 'number'),
      cell(number(each.klMean), 'number'),
      cell(number(each.klMeanCompared), 'number'),
      cell(reachedInWords(each)),
      cell(each.tries.map((one) => tryInWords(one, seeds.length)).join(', ')),
    ],
  }));
  return `<p>${escapeXml(said)}</p>${table(['config', 'setting', 'value', 'mean KL there', 'mean KL compared', 'reached', 'tries: value → mean KL (~ with the first two)'], rows)}`;
}

function tryInWords({ value, klMean, seeds }: Calibrated['tries'][number], all: number): string {
  return `${number(value)} → ${seeds < all ? '~' : ''}${number(klMean)}`;
}

export function sweepSection({ sweep }: ReportData): string {
  if (sweep === null) return '';
  const paths = sweep.parameters.map(({ path }) => path);
  const ties = sweep.tiedWithBest.length === 0 ? '' : `, tied with ${sweep.tiedWithBest.join(', ')}`;
  const best =
    sweep.best === null
      ? `<p>No best point: ${escapeXml(String(sweep.withoutBest))}.</p>`
      : `<p>Best point: ${escapeXml(sweep.best + ties)}.</p>`;
  const order = [...sweep.points].sort(
    (a, b) =>
      b.rung - a.rung || (b.finalIqm ?? Number.NEGATIVE_INFINITY) - (a.finalIqm ?? Number.NEGATIVE_INFINITY),
  );
  const heads = [
    'point',
    ...paths,
    'IQM, last tenth',
    'mean KL',
    ...(sweep.rungs.length > 1 ? ['rung'] : []),
  ];
  const rows = order.map((point) => ({
    className: point.label === sweep.best ? 'decided' : '',
    cells: [
      cell(point.label, 'label'),
      ...point.values.map((value) => cell(setting(value), 'value')),
      cell(pointText(point), 'number'),
      cell(number(point.klMean), 'number'),
      ...(sweep.rungs.length > 1 ? [cell(String(point.rung), 'number')] : []),
    ],
  }));
  return `${best}${heatMap(sweep)}${table(heads, rows)}`;
}

export function setting(value: unknown): string {
  if (value === null) return '–';
  return typeof value === 'string'
    ? value
    : typeof value === 'number'
      ? number(value)
      : (JSON.stringify(value) ?? '–');
}

/** yes; no and why; or by what instead of the setting that bounds it, and why. */
function reachedInWords({ reached, reason, instead }: CalibrationReport['configs'][number]): string {
  const said = reached ? 'yes' : `no: ${reason ?? ''}`;
  return instead === null ? said : `${said}; instead of ${instead.path}: ${instead.reason}`;
}

function pointText({ finalIqm, completed, stuck, failed }: SweepReport['points'][number]): string {
  const known = finalIqm !== null || completed === 0 ? number(finalIqm) : `stuck (${stuck} of ${completed})`;
  return failed === 0 ? known : `${known} (${failed} failed)`;
}
