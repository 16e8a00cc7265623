import { area, line } from 'd3-shape';
import { type Axis, linearAxis, logAxis } from './axis.ts';
import { extent, joined } from './extent.ts';
import type { Figure, Line, Panel } from './figure.ts';
import { seriesStyle, type Theme } from './palette.ts';
import { type Box, element, px, text } from './svg.ts';

/** Between the greatest value and the panel's upper edge, so that a curve at its limit is seen whole. */
const HEADROOM = 8;

/** Everything between the axes of a panel: grid, intervals, curves, δ and the marks of what is missing. */
export function drawCurves(figure: Figure, panel: Panel, box: Box, x: Axis, theme: Theme): string[] {
  const y = yAxis(figure, panel, box);
  const gaps = panel.lines.flatMap((each) => drawGaps(figure, panel, each, box, x, theme));
  if (y === undefined)
    return [
      ...gaps,
      text('no value', (box.left + box.right) / 2, (box.top + box.bottom) / 2, {
        'text-anchor': 'middle',
        fill: theme.muted,
      }),
    ];
  const parts: string[] = [];
  for (const { value, label } of y.ticks) {
    parts.push(
      element('path', { d: `M${px(box.left)} ${px(y(value))}H${px(box.right)}`, stroke: theme.grid }),
    );
    parts.push(
      text(label, box.left - 8, y(value) + 4, { 'text-anchor': 'end', fill: theme.muted, 'font-size': '11' }),
    );
  }
  // Intervals first, then seeds, then middles: what is drawn last is seen best.
  for (const each of panel.lines) parts.push(drawBand(figure, panel, each, x, y, theme));
  const order = [...panel.lines].sort((a, b) => Number(a.role === 'middle') - Number(b.role === 'middle'));
  for (const each of order) parts.push(...drawLine(figure, panel, each, x, y, theme));
  for (const bound of panel.bounds) parts.push(...drawBound(figure, bound, box, x, y, theme));
  return [...parts, ...gaps];
}

/** δ far above all curves stays outside the axis and is written at its edge instead. */
function yAxis(figure: Figure, panel: Panel, box: Box): Axis | undefined {
  const drawn = extent(joined(panel.lines.flatMap(({ y, low, high }) => [y, low, high])));
  if (drawn === undefined) return undefined;
  const bounds = [...joined(panel.bounds.map(({ y }) => y))].filter(
    (value) => value !== null && value <= Math.max(drawn[1] * 3, 0) && value > 0,
  );
  const [low, high] = extent(joined([drawn, bounds])) as [number, number];
  if (figure.logY) return logAxis([low, high], [box.bottom, box.top + HEADROOM]);
  const fromZero = low > 0 && low < 0.5 * high ? 0 : low;
  return linearAxis([fromZero, high], [box.bottom, box.top + HEADROOM], 46);
}

function strokeOf(
  figure: Figure,
  panel: Panel,
  { group, column }: Line,
  theme: Theme,
): { color: string; dash: string } {
  return seriesStyle(group, column, figure.groups.length, Math.max(1, panel.columns.length), theme);
}

function drawBand(figure: Figure, panel: Panel, each: Line, x: Axis, y: Axis, theme: Theme): string {
  if (each.low.length === 0) return '';
  const { color } = strokeOf(figure, panel, each, theme);
  const floor = y.domain[0];
  const shape = area<number>()
    .defined((i) => Number.isFinite(each.low[i] ?? Number.NaN) && Number.isFinite(each.high[i] ?? Number.NaN))
    .x((i) => x(each.x[i]))
    .y0((i) => y(Math.max(each.low[i] ?? 0, floor)))
    .y1((i) => y(each.high[i] ?? 0))
    .digits(1);
  const d = shape(each.x.map((_, i) => i)) ?? '';
  return d === '' ? '' : element('path', { d, fill: color, 'fill-opacity': theme.bandOpacity });
}

/** Solid where values follow each other, dotted across updates that have none, thin dashes once seeds end. */
function drawLine(figure: Figure, panel: Panel, each: Line, x: Axis, y: Axis, theme: Theme): string[] {
  const { color, dash } = strokeOf(figure, panel, each, theme);
  const isSeed = each.role === 'seed';
  const stroke = {
    fill: 'none',
    stroke: color,
    'stroke-width': isSeed ? '1' : '1.8',
    'stroke-opacity': isSeed ? '0.55' : '',
    'stroke-linejoin': 'round',
    'stroke-linecap': dash === '' ? 'round' : '',
  };
  const full = pathOf(each, x, y, 0, each.completeUntil);
  const rest =
    each.completeUntil < each.x.length
      ? pathOf(each, x, y, Math.max(0, each.completeUntil - 1), each.x.length)
      : '';
  const bridges = bridgesOf(each, x, y);
  const parts: string[] = [];
  if (bridges !== '')
    parts.push(
      element('path', {
        ...stroke,
        d: bridges,
        'stroke-width': '1',
        'stroke-opacity': '0.5',
        'stroke-dasharray': '1 3',
      }),
    );
  if (full !== '') parts.push(element('path', { ...stroke, d: full, 'stroke-dasharray': dash }));
  if (rest !== '') parts.push(element('path', { ...stroke, d: rest, 'stroke-dasharray': '4 3' }));
  const end = each.y.findLastIndex((value) => value !== null);
  if (each.isGrowing && end >= 0) {
    parts.push(
      element('circle', {
        cx: x(each.x[end]),
        cy: y(each.y[end] ?? 0),
        r: 3.5,
        fill: theme.background,
        stroke: color,
        'stroke-width': '1.6',
      }),
    );
  }
  return parts;
}

function pathOf(each: Line, x: Axis, y: Axis, from: number, to: number): string {
  const shape = line<number>()
    .defined((i) => each.y[i] !== null)
    .x((i) => x(each.x[i]))
    .y((i) => y(each.y[i] ?? 0))
    .digits(1);
  return shape(each.x.slice(from, to).map((_, i) => i + from)) ?? '';
}

/** Straight pieces over stretches without a value, unless one of them is missing: those stay open. */
function bridgesOf(each: Line, x: Axis, y: Axis): string {
  let d = '';
  let before = -1;
  each.y.forEach((value, at) => {
    if (value === null) return;
    const isOpen = each.gaps.some((gap) => before >= 0 && gap > each.x[before] && gap < each.x[at]);
    if (before >= 0 && at > before + 1 && !isOpen) {
      d += `M${px(x(each.x[before]))} ${px(y(each.y[before] ?? 0))}L${px(x(each.x[at]))} ${px(y(value))}`;
    }
    before = at;
  });
  return d;
}

/** A × on the lower edge where a value is missing or not finite. */
function drawGaps(figure: Figure, panel: Panel, each: Line, box: Box, x: Axis, theme: Theme): string[] {
  if (each.gaps.length === 0) return [];
  const { color } = strokeOf(figure, panel, each, theme);
  const places = new Set(each.gaps.map((gap) => px(x(gap))));
  const y = box.bottom - 5 - 7 * each.group;
  const d = [...places].map((at) => `M${px(Number(at) - 2.5)} ${px(y - 2.5)}l5 5m0 -5l-5 5`).join('');
  return [element('path', { d, stroke: color, 'stroke-width': '1.2', fill: 'none' })];
}

function drawBound(
  figure: Figure,
  { group, x: xs, y: ys }: Panel['bounds'][number],
  box: Box,
  x: Axis,
  y: Axis,
  theme: Theme,
): string[] {
  const color = group < 0 ? theme.ink : seriesStyle(group, 0, figure.groups.length, 1, theme).color;
  const top = y.domain[1];
  const last = ys.findLast((value) => value !== null) ?? null;
  if (last === null) return [];
  const label = (at: number, content: string): string =>
    text(content, box.right + 5, at + 4, { fill: color, 'font-size': '11' });
  if (ys.every((value) => value === null || value > top || value < y.domain[0])) {
    return [
      text(
        `δ = ${Number(last.toPrecision(3))} ${last > top ? 'above' : 'below'}`,
        box.right - 4,
        box.top + 12,
        { fill: color, 'font-size': '11', 'text-anchor': 'end' },
      ),
    ];
  }
  const shape = line<number>()
    .defined((i) => ys[i] !== null && (ys[i] ?? 0) <= top && (ys[i] ?? 0) >= y.domain[0])
    .x((i) => x(xs[i]))
    .y((i) => y(ys[i] ?? 0))
    .digits(1);
  const d = shape(xs.map((_, i) => i)) ?? '';
  return [
    element('path', { d, fill: 'none', stroke: color, 'stroke-width': '1.3', 'stroke-dasharray': '5 4' }),
    label(Math.max(box.top, Math.min(box.bottom, y(Math.min(last, top)))), 'δ'),
  ];
}
