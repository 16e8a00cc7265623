import type { Axis } from '../plot/axis.ts';
import type { Box } from '../plot/svg.ts';

export type Context = CanvasRenderingContext2D;

/** Where a panel was drawn, pixels of its canvas. */
export interface Frame {
  readonly box: Box;
  readonly x: Axis;
}

const FONT = '"DejaVu Sans", Verdana, sans-serif';
/** Pixels of a letter. */
const SIZE = 11;

/** Straight strokes from point to point. */
export function stroke(c: Context, ...points: readonly (readonly [x: number, y: number])[]): void {
  c.beginPath();
  for (const [x, y] of points) c.lineTo(x, y);
  c.stroke();
}

function fontOf(size: number): string {
  return `${size}px ${FONT}`;
}

/** Pixels of a text as `write` writes it where no size is said. */
export function widthOf(c: Context, text: string): number {
  c.font = fontOf(SIZE);
  return c.measureText(text).width;
}

/** @param align to which side of it the place is */
export function write(
  c: Context,
  text: string,
  x: number,
  y: number,
  align: CanvasTextAlign,
  color: string,
  size = SIZE,
): void {
  c.font = fontOf(size);
  c.textAlign = align;
  c.fillStyle = color;
  c.fillText(text, x, y);
}

export function disc(c: Context, x: number, y: number, radius: number): void {
  c.beginPath();
  c.arc(x, y, radius, 0, 2 * Math.PI);
  c.fill();
}

/** Strokes from here on have this SVG dash array; '': none. */
export function dashed(c: Context, dash: string): void {
  c.setLineDash(dash === '' ? [] : dash.split(' ').map(Number));
}

/** Draws what must not leave the axes. */
export function clipped(c: Context, { box }: Frame, draw: () => void): void {
  c.save();
  c.beginPath();
  c.rect(box.left, box.top - 4, box.right - box.left, box.bottom - box.top + 5);
  c.clip();
  draw();
  c.restore();
}
