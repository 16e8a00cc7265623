import type { Axis } from '../plot/axis.ts';
import type { Bound, Line, Panel } from '../plot/figure.ts';
import type { Theme } from '../plot/palette.ts';
import { valueAxis } from '../plot/panel-axes.ts';
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
} from '../plot/strokes.ts';
import { clipped, type Context, dashed, disc, type Frame, stroke, write } from './canvas.ts';
import { cut, isPointedAt, nearestIndex, shownBounds, shownLines, strokeOf, type View } from './view.ts';

/** The axes of a panel and all that is drawn between them. */
interface Plane {
  readonly c: Context;
  readonly frame: Frame;
  readonly x: Axis;
  readonly y: Axis;
  readonly panel: Panel;
  readonly view: View;
  readonly theme: Theme;
}

/**
 * Everything between the axes of a panel: grid, intervals, curves, δ, the marks of what is missing.
 * @returns draws what is pointed at, on a canvas over it
 */
export function drawCurves(
  c: Context,
  frame: Frame,
  panel: Panel,
  view: View,
  theme: Theme,
): (over: Context) => void {
  const { box, x } = frame;
  const lines = shownLines(view, panel);
  const bounds = shownBounds(view, panel);
  // What is not in sight is drawn up to the edge, but does not decide how high the axis is.
  const inSight = <Curve extends Line | Bound>(curve: Curve): Curve => cut(curve, x.domain);
  const y = valueAxis(lines.map(inSight), bounds.map(inSight), view.log, box);
  if (y === undefined) {
    write(c, 'no value here', (box.left + box.right) / 2, (box.top + box.bottom) / 2, 'center', theme.muted);
    return () => {};
  }
  const plane: Plane = { c, frame, x, y, panel, view, theme };
  drawGrid(plane);
  clipped(c, frame, () => {
    // Intervals first, then seeds, then middles: what is drawn last is seen best.
    for (const line of lines) if (line.low.length > 0) drawBand(plane, line);
    for (const line of inDrawingOrder(lines)) drawLine(plane, line, lines.length > 1);
    for (const bound of bounds) drawBound(plane, bound);
  });
  writeBounds(plane, bounds.map(inSight));
  return (over) => drawHover({ ...plane, c: over }, lines);
}

function drawGrid({ c, frame: { box }, y, theme }: Plane): void {
  c.lineWidth = 1;
  c.strokeStyle = theme.grid;
  for (const { value, label } of y.ticks) {
    stroke(c, [box.left, y(value)], [box.right, y(value)]);
    write(c, label, box.left - 7, y(value) + 4, 'right', theme.muted);
  }
}

function drawBand({ c, x, y, panel, view, theme }: Plane, line: Line): void {
  c.fillStyle = strokeOf(view, line, panel.columns.length).color;
  c.globalAlpha = Number(theme.bandOpacity);
  c.beginPath();
  bandShape(line, x, y).context(c)(indices(0, line.x.length));
  c.fill();
  c.globalAlpha = 1;
}

/** @param hasOthers a seed among others is drawn thin */
function drawLine(plane: Plane, line: Line, hasOthers: boolean): void {
  const { c, x, y, panel, view } = plane;
  const { color, dash } = strokeOf(view, line, panel.columns.length);
  const isThin = line.role !== 'middle' && hasOthers;
  const opacity = isThin && line.role === 'seed' ? 0.5 : 1;
  c.strokeStyle = color;
  c.globalAlpha = opacity;
  c.lineWidth = isThin ? 1 : strokeWidth({ ...line, role: 'middle' }, panel.columns.length);
  drawPart(plane, line, dash, 0, Math.min(line.completeUntil, line.x.length));
  if (line.completeUntil < line.x.length)
    drawPart(plane, line, DASH.rest, Math.max(0, line.completeUntil - 1), line.x.length);
  c.lineWidth = 1;
  c.globalAlpha = 0.5 * opacity;
  dashed(c, DASH.bridge);
  for (const pair of bridgesOf(line))
    stroke(c, ...pair.map((at) => [x(line.x[at]), y(line.y[at] ?? 0)] as const));
  dashed(c, '');
  c.globalAlpha = 1;
  c.fillStyle = color;
  for (const [cx, cy] of dotsOf(line, x, y)) disc(c, cx, cy, DOT);
  if (line.isGrowing) drawEnd(plane, line);
  drawGaps(plane, line);
}

/** Of a line the indices [from, to); a value between two that are missing is a point. */
function drawPart({ c, x, y }: Plane, line: Line, dash: string, from: number, to: number): void {
  dashed(c, dash);
  c.beginPath();
  curveShape(line, x, y).context(c)(indices(from, to));
  for (let i = from; i < to; i++) {
    const value = line.y[i];
    const isAlone = (i === from || line.y[i - 1] === null) && (i + 1 === to || line.y[i + 1] === null);
    if (value === null || !isAlone) continue;
    c.moveTo(x(line.x[i]) - 0.4, y(value));
    c.lineTo(x(line.x[i]) + 0.4, y(value));
  }
  c.stroke();
}

/** Where a run that goes on has got to. */
function drawEnd({ c, x, y, theme }: Plane, { x: xs, y: ys }: Line): void {
  const end = ys.findLastIndex((value) => value !== null);
  if (end < 0) return;
  c.fillStyle = theme.background;
  c.lineWidth = 1.6;
  disc(c, x(xs[end]), y(ys[end] ?? 0), 3.5);
  c.stroke();
}

function drawGaps({ c, frame: { box }, x }: Plane, { gaps, group }: Line): void {
  c.lineWidth = 1.2;
  const y = gapHeight(box, group);
  for (const gap of gaps) {
    const at = x(gap);
    stroke(c, [at - CROSS, y - CROSS], [at + CROSS, y + CROSS]);
    stroke(c, [at - CROSS, y + CROSS], [at + CROSS, y - CROSS]);
  }
}

function boundColor({ view, theme }: Plane, bound: Bound): string {
  const group = boundGroup(bound, view.figure);
  return group === undefined ? theme.ink : strokeOf(view, { group }).color;
}

function drawBound(plane: Plane, bound: Bound): void {
  const { c, x, y } = plane;
  c.strokeStyle = boundColor(plane, bound);
  c.lineWidth = 1.3;
  dashed(c, DASH.bound);
  c.beginPath();
  boundShape(bound, x, y).context(c)(indices(0, bound.x.length));
  c.stroke();
  dashed(c, '');
}

function writeBounds(plane: Plane, bounds: readonly Bound[]): void {
  const { c, frame, y } = plane;
  for (const { bound, lines, x, anchor, y: top } of boundLabels(bounds, y, frame.box)) {
    lines.forEach((line, row) => {
      write(c, line, x, top + row * LABEL_LINE, anchor, boundColor(plane, bound));
    });
  }
}

/** A line where it is pointed at, and a disc on the middle of each group. */
function drawHover({ c, frame: { box }, x, y, panel, view, theme }: Plane, lines: readonly Line[]): void {
  const { hover } = view;
  const [from, to] = x.domain;
  if (hover === undefined || hover < from || hover > to) return;
  c.strokeStyle = theme.muted;
  c.lineWidth = 1;
  stroke(c, [x(hover), box.top], [x(hover), box.bottom]);
  for (const line of lines) {
    if (line.role !== 'middle') continue;
    const at = nearestIndex(line.x, hover);
    const value = line.y[at] ?? null;
    if (value === null || !isPointedAt(line.x, hover, to - from)) continue;
    c.fillStyle = strokeOf(view, line, panel.columns.length).color;
    disc(c, x(line.x[at]), y(value), 3);
  }
}
