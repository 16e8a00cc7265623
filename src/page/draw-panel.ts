import type { Panel } from '../plot/figure.ts';
import type { Theme } from '../plot/palette.ts';
import { xAxis } from '../plot/panel-axes.ts';
import { reasonBars, reasonColors, reasonRow } from '../plot/reason-bars.ts';
import { rugLabel, rugsOf, rugStrength } from '../plot/rugs.ts';
import { markCorners, roomBeside } from '../plot/strokes.ts';
import { clipped, type Context, type Frame, stroke, widthOf, write } from './canvas.ts';
import { drawCurves } from './draw-curves.ts';
import { currentTheme } from './theme.ts';
import { cutStrip, isShown, shownDomain, shownReasons, strokeOf, type View } from './view.ts';

const MARGIN = { left: 60, right: 74, top: 4, bottom: 36 };

/** A panel that was drawn. */
export interface DrawnPanel extends Frame {
  /** Draws what is pointed at on a canvas over it. */
  readonly point: (over: HTMLCanvasElement) => void;
}

/** Draws a panel as it is looked at, without what is pointed at. */
export function drawPanel(canvas: HTMLCanvasElement, panel: Panel, view: View): DrawnPanel | undefined {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = pixels();
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const c = contextOf(canvas);
  if (c === undefined) return undefined;
  const theme = currentTheme();
  const rugs = rugsOf(panel.violations.filter((each) => isShown(view, each)));
  // Of all panels, so that what is below each other is at the same x.
  const beside = roomBeside(
    view.figure.panels.flatMap(({ bounds }) => bounds),
    (line) => widthOf(c, line),
  );
  const box = {
    left: MARGIN.left,
    right: width - Math.max(MARGIN.right, beside),
    top: MARGIN.top + rugs.height,
    bottom: height - MARGIN.bottom,
  };
  const x = xAxis(shownDomain(view), box, view.figure);
  const frame = { box, x };
  drawXAxis(c, frame, theme, view.figure.xLabel);
  const isReasons = panel.reasons.length > 0;
  if (isReasons) drawReasons(c, frame, panel, view, theme);
  const drawHover = isReasons ? () => {} : drawCurves(c, frame, panel, view, theme);
  drawMarks(c, frame, view);
  drawRugs(c, frame, rugs, view);
  const point = (over: HTMLCanvasElement): void => {
    const above = contextOf(over);
    if (above !== undefined) drawHover(above);
  };
  return { ...frame, point };
}

/** Pixels of the screen to one of the page. */
function pixels(): number {
  return window.devicePixelRatio || 1;
}

/** In pixels of the page, of a canvas whose size was just set. */
function contextOf(canvas: HTMLCanvasElement): Context | undefined {
  const c = canvas.getContext('2d');
  if (c === null) return undefined;
  c.setTransform(pixels(), 0, 0, pixels(), 0, 0);
  c.lineJoin = 'round';
  return c;
}

function drawMarks(c: Context, { box, x }: Frame, view: View): void {
  const [from, to] = shownDomain(view);
  for (const mark of view.figure.marks ?? []) {
    if (!isShown(view, mark) || mark.x < from || mark.x > to) continue;
    c.fillStyle = strokeOf(view, mark).color;
    c.beginPath();
    for (const [cx, cy] of markCorners(mark, box, x)) c.lineTo(cx, cy);
    c.fill();
  }
}

function drawXAxis(c: Context, { box, x }: Frame, theme: Theme, label: string): void {
  c.strokeStyle = theme.muted;
  c.lineWidth = 1;
  stroke(c, [box.left, box.bottom], [box.right, box.bottom]);
  for (const tick of x.ticks) {
    const at = x(tick.value);
    stroke(c, [at, box.bottom], [at, box.bottom + 4]);
    write(c, tick.label, at, box.bottom + 16, 'center', theme.muted);
  }
  write(c, label, (box.left + box.right) / 2, box.bottom + 31, 'center', theme.muted);
}

function drawReasons(c: Context, frame: Frame, panel: Panel, view: View, theme: Theme): void {
  const { box, x } = frame;
  const colors = reasonColors(panel.reasons, theme);
  const strips = shownReasons(view, panel);
  strips.forEach((strip, row) => {
    const place = reasonRow(box, strips.length, row);
    c.fillStyle = strokeOf(view, strip).color;
    c.fillRect(box.left - 10, place.top, 5, place.height);
    clipped(c, frame, () => {
      for (const bar of reasonBars(cutStrip(strip, x.domain), colors, x, box, place)) {
        c.fillStyle = bar.fill;
        c.fillRect(bar.x, bar.y, bar.width, bar.height);
      }
    });
  });
}

/** Above a panel: the updates of each group that ended outside δ. */
function drawRugs(
  c: Context,
  { box, x }: Frame,
  { rows, pitch }: ReturnType<typeof rugsOf>,
  view: View,
): void {
  const [from, to] = x.domain;
  rows.forEach((rug, row) => {
    const { color } = strokeOf(view, rug);
    const top = 2 + row * pitch;
    c.strokeStyle = color;
    c.lineWidth = 1.2;
    rug.x.forEach((at, i) => {
      if (at < from || at > to) return;
      c.globalAlpha = rugStrength(rug.share[i]);
      stroke(c, [x(at), top], [x(at), top + pitch - 3]);
    });
    c.globalAlpha = 1;
    write(c, rugLabel(rug), box.right + 4, top + pitch - 3, 'left', color, 9);
  });
}

/** Between two places of a panel, pixels: what is going to be zoomed to. */
export function shade(canvas: HTMLCanvasElement, { box }: Frame, a: number, b: number): void {
  const c = contextOf(canvas);
  if (c === undefined) return;
  const [left, right] = [a, b].map((at) => Math.min(box.right, Math.max(box.left, at))).sort((m, n) => m - n);
  c.globalAlpha = 0.18;
  c.fillStyle = currentTheme().muted;
  c.fillRect(left, box.top, right - left, box.bottom - box.top);
  c.globalAlpha = 1;
}
