import type { SweepReport } from '../experiment/report-data.ts';
import { number, scrolling } from './html-table.ts';
import { heatColor } from './heat-color.ts';
import { escapeXml } from './svg.ts';

/**
 * A table over two swept parameters, cells coloured by the IQM of the return; '' where there are not two
 * parameters or the points make no grid.
 */
export function heatMap({ parameters, points }: SweepReport): string {
  if (parameters.length !== 2) return '';
  const keys = points.map(({ values }) => values.map((value) => JSON.stringify(value)));
  const axis = (at: number): string[] => [...new Set(keys.map((key) => key[at]))].sort(compareJson);
  const [rows, columns] = [axis(0), axis(1)];
  if (rows.length * columns.length > points.length * 2) return '';
  const values = points.flatMap(({ finalIqm }) => (finalIqm === null ? [] : [finalIqm]));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const body = rows.map((row) => {
    const cells = columns.map((column) => {
      const point = points[keys.findIndex((key) => key[0] === row && key[1] === column)];
      if (point === undefined) return '<td>–</td>';
      if (point.finalIqm === null) return `<td>${point.completed > 0 ? 'stuck' : 'failed'}</td>`;
      return `<td style="${styleOf(high === low ? 1 : (point.finalIqm - low) / (high - low))}">${number(point.finalIqm)}</td>`;
    });
    return `<tr><th>${escapeXml(plain(row))}</th>${cells.join('')}</tr>`;
  });
  const head = columns.map((column) => `<th class="number">${escapeXml(plain(column))}</th>`).join('');
  const [down, across] = parameters.map(({ path }) => escapeXml(path));
  return `<p class="muted">IQM of the return over the last tenth; down ${down}, across ${across}.</p>
${scrolling(`<table class="heat"><thead><tr><th></th>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`)}`;
}

function compareJson(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  return Number.isNaN(difference) ? (a < b ? -1 : 1) : difference;
}

function plain(json: string): string {
  const value: unknown = JSON.parse(json);
  return typeof value === 'number' ? number(value) : typeof value === 'string' ? value : json;
}

/** @param share in [0, 1] */
function styleOf(share: number): string {
  const { background, color } = heatColor(share);
  return `background:${background};color:${color}`;
}
