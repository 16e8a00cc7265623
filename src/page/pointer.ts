import type { Frame } from './canvas.ts';
import { shownDomain, type View } from './view.ts';

/** What is pointed at: a panel. */
export interface Pointed {
  readonly canvas: HTMLCanvasElement;
  /** Where it was drawn last. */
  readonly frame: Frame | undefined;
  /** @param at pixels from the canvas's left edge */
  showTip(at: number): void;
  hideTip(): void;
  /** Between two places, pixels: what letting go would zoom to. */
  shade(from: number, to: number): void;
}

/** Pixels that a drag must be long, or it was a click. */
const DRAG = 8;

/** By which one of the keys + and − what is in sight becomes shorter or longer. */
const ZOOM = 2;

/**
 * Pointing reads values, dragging zooms, double click and Escape zoom out; without a mouse the arrow keys read, + and − zoom.
 * @param draw draws what is pointed at, `redraw` everything
 */
export function listen(panel: Pointed, view: View, redraw: () => void, draw: () => void): void {
  const { canvas } = panel;
  let from: number | undefined;
  const leave = (): void => {
    view.hover = undefined;
    panel.hideTip();
    draw();
  };
  const zoomOut = (): void => {
    view.zoom = undefined;
    redraw();
  };
  const point = (at: number): void => {
    view.hover = valueAt(panel, view, at);
    draw();
    panel.showTip(at);
  };
  canvas.onpointermove = ({ offsetX }) => {
    point(offsetX);
    if (from !== undefined) panel.shade(from, offsetX);
  };
  // A finger has left as soon as it is lifted: what it pointed at stays until another place is touched.
  canvas.onpointerleave = ({ pointerType }) => {
    if (from === undefined && pointerType === 'mouse') leave();
  };
  canvas.onpointerdown = ({ offsetX, pointerId }) => {
    from = offsetX;
    canvas.setPointerCapture(pointerId);
    point(offsetX);
  };
  canvas.onpointerup = ({ offsetX }) => {
    const ends = from === undefined ? [] : [from, offsetX].sort((a, b) => a - b);
    from = undefined;
    const [left, right] = ends.map((at) => valueAt(panel, view, at));
    const isDragged = ends.length === 2 && ends[1] - ends[0] > DRAG;
    if (!isDragged || left === undefined || right === undefined) return;
    view.zoom = [left, right];
    leave();
    redraw();
  };
  canvas.onpointercancel = () => {
    from = undefined;
    draw();
  };
  canvas.ondblclick = zoomOut;
  canvas.onblur = leave;
  const touchElsewhere = ({ target, pointerType }: PointerEvent): void => {
    // Another figure stands in the place of this one.
    if (!canvas.isConnected) document.removeEventListener('pointerdown', touchElsewhere);
    else if (pointerType !== 'mouse' && target !== canvas && view.hover !== undefined) leave();
  };
  document.addEventListener('pointerdown', touchElsewhere);
  canvas.onkeydown = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === 'Escape') return zoomOut();
    if (event.key === '+' || event.key === '-') {
      event.preventDefault();
      view.zoom = zoomed(view, event.key === '+' ? 1 / ZOOM : ZOOM);
      return redraw();
    }
    const way = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (way === 0 || panel.frame === undefined) return;
    event.preventDefault();
    move(view, way);
    draw();
    panel.showTip(panel.frame.x(view.hover ?? 0));
  };
}

/** The x of a place on the canvas, pixels; undefined before it is drawn. */
function valueAt({ frame }: Pointed, view: View, at: number): number | undefined {
  if (frame === undefined) return undefined;
  const { left, right } = frame.box;
  const [low, high] = shownDomain(view);
  return low + ((Math.min(right, Math.max(left, at)) - left) / (right - left)) * (high - low);
}

/** Around what is pointed at, or the middle; undefined: everything. @param by the length of what is in sight, of what it was */
function zoomed(view: View, by: number): View['zoom'] {
  const [low, high] = shownDomain(view);
  const [first, last] = view.domain;
  const length = by * (high - low);
  if (length >= last - first) return undefined;
  const about = view.hover ?? (low + high) / 2;
  const from = Math.min(last - length, Math.max(first, about - length * ((about - low) / (high - low))));
  return [from, from + length];
}

/** Points a hundredth further, from the end where nothing was pointed at. */
function move(view: View, way: 1 | -1): void {
  const [low, high] = shownDomain(view);
  const step = (high - low) / 100;
  const before = view.hover ?? (way > 0 ? low - step : high + step);
  view.hover = Math.min(high, Math.max(low, before + way * step));
}
