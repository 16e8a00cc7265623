import type { Axis } from './axis.ts';
import type { Bound, Figure, Line, Panel } from './figure.ts';
import { seriesStyle, type Theme } from './palette.ts';
import { valueAxis } from './panel-axes.ts';
import {
  bandShape,
  boundGroup,
  boundLabels,
  boundShape,
  bridgesOf,
  CROSS,
  curveShape,
  DASH,
  DOT,
  dotsOf,
  gapHeight,
  inDrawingOrder,
  indices,
  LABEL_LINE,
  strokeWidth,
} from './strokes.ts';
import { type Box, element, px, text } from './svg.ts';

/** Pixels from the words of a tick to the panel. */
export const TICK_GAP = 8;

/** Everything between the axes of a panel: grid, intervals, curves, δ and the marks of what is missing. */
export function drawCurves(figure: Figure, panel: Panel, box: Box, x: Axis, theme: Theme): string[] {
  const y = valueAxis(panel.lines, panel.bounds, figure.logY, box);
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
      text(label, box.left - TICK_GAP, y(value) + 4, {
        'text-anchor': 'end',
        fill: theme.muted,
        'font-size': '11',
      }),
    );
  }
  // Intervals first, then seeds, then middles: what is drawn last is seen best.
  for (const each of panel.lines) parts.push(drawBand(figure, panel, each, x, y, theme));
  for (const each of inDrawingOrder(panel.lines)) parts.push(...drawLine(figure, panel, each, x, y, theme));
  for (const bound of panel.bounds) parts.push(drawBound(figure, bound, x, y, theme));
  for (const { bound, lines, x: at, anchor, y: top } of boundLabels(panel.bounds, y, box)) {
    const look = { fill: boundColor(figure, bound, theme), 'font-size': '11', 'text-anchor': anchor };
    parts.push(...lines.map((line, row) => text(line, at, top + row * LABEL_LINE, look)));
  }
  return [...parts, ...gaps];
}

function strokeOf(figure: Figure, panel: Panel, line: Line, theme: Theme): { color: string; dash: string } {
  const { color, dash } = seriesStyle(figure, line, Math.max(1, panel.columns.length), theme);
  return { color, dash: line.role === 'largest' ? DASH.largest : dash };
}

function drawBand(figure: Figure, panel: Panel, each: Line, x: Axis, y: Axis, theme: Theme): string {
  if (each.low.length === 0) return '';
  const { color } = strokeOf(figure, panel, each, theme);
  const d = bandShape(each, x, y)(indices(0, each.x.length)) ?? '';
  return d === '' ? '' : element('path', { d, fill: color, 'fill-opacity': theme.bandOpacity });
}

/** Solid where values follow each other, dotted across updates that have none, thin dashes once seeds end. */
function drawLine(figure: Figure, panel: Panel, each: Line, x: Axis, y: Axis, theme: Theme): string[] {
  const { color, dash } = strokeOf(figure, panel, each, theme);
  const stroke = {
    fill: 'none',
    stroke: color,
    'stroke-width': String(strokeWidth(each, panel.columns.length)),
    'stroke-opacity': each.role === 'seed' ? '0.55' : '',
    'stroke-linejoin': 'round',
    'stroke-linecap': dash === '' ? 'round' : '',
  };
  const full = pathOf(each, x, y, 0, each.completeUntil);
  const rest =
    each.completeUntil < each.x.length
      ? pathOf(each, x, y, Math.max(0, each.completeUntil - 1), each.x.length)
      : '';
  const bridges = bridgesOf(each)
    .map(([from, to]) => {
      const [start, end] = [from, to].map((at) => `${px(x(each.x[at]))} ${px(y(each.y[at] ?? 0))}`);
      return `M${start}L${end}`;
    })
    .join('');
  const parts: string[] = [];
  if (bridges !== '')
    parts.push(
      element('path', {
        ...stroke,
        d: bridges,
        'stroke-width': '1',
        'stroke-opacity': '0.5',
        'stroke-dasharray': DASH.bridge,
      }),
    );
  if (full !== '') parts.push(element('path', { ...stroke, d: full, 'stroke-dasharray': dash }));
  if (rest !== '') parts.push(element('path', { ...stroke, d: rest, 'stroke-dasharray': DASH.rest }));
  for (const [cx, cy] of dotsOf(each, x, y)) parts.push(element('circle', { cx, cy, r: DOT, fill: color }));
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
  return curveShape(each, x, y)(indices(from, Math.min(to, each.x.length))) ?? '';
}

/** A × on the lower edge where a value is missing or not finite. */
function drawGaps(figure: Figure, panel: Panel, each: Line, box: Box, x: Axis, theme: Theme): string[] {
  if (each.gaps.length === 0) return [];
  const { color } = strokeOf(figure, panel, each, theme);
  const places = new Set(each.gaps.map((gap) => px(x(gap))));
  const y = gapHeight(box, each.group);
  const size = 2 * CROSS;
  const d = [...places]
    .map((at) => `M${px(Number(at) - CROSS)} ${px(y - CROSS)}l${size} ${size}m0 -${size}l-${size} ${size}`)
    .join('');
  return [element('path', { d, stroke: color, 'stroke-width': '1.2', fill: 'none' })];
}

function boundColor(figure: Figure, bound: Bound, theme: Theme): string {
  const group = boundGroup(bound, figure);
  return group === undefined ? theme.ink : seriesStyle(figure, { group }, 1, theme).color;
}

function drawBound(figure: Figure, bound: Bound, x: Axis, y: Axis, theme: Theme): string {
  const d = boundShape(bound, x, y)(indices(0, bound.x.length)) ?? '';
  if (d === '') return '';
  return element('path', {
    d,
    fill: 'none',
    stroke: boundColor(figure, bound, theme),
    'stroke-width': '1.3',
    'stroke-dasharray': DASH.bound,
  });
}
