import { area, line } from 'd3-shape';
import { type Axis, precise } from './axis.ts';
import type { Bound, Line } from './figure.ts';
import type { Box } from './svg.ts';

/*
 * Where the strokes of a panel go, in an SVG and on a canvas alike: what draws them takes the shapes from here, as a text
 * or through `context`.
 */

/** SVG dash arrays: of what fewer runs reach, across stretches without a value, of δ. */
export const DASH = { rest: '4 3', bridge: '1 3', bound: '5 4' } as const;

/** Indices [from, to). */
export function indices(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

/** A curve through the values at some indices, open where one is null. */
export function curveShape({ x: xs, y: ys }: Pick<Line, 'x' | 'y'>, x: Axis, y: Axis) {
  return line<number>()
    .defined((i) => ys[i] !== null)
    .x((i) => x(xs[i]))
    .y((i) => y(ys[i] ?? 0))
    .digits(1);
}

/** The interval over seeds; what of it is below the axis ends there. */
export function bandShape({ x: xs, low, high }: Line, x: Axis, y: Axis) {
  const floor = y.domain[0];
  return area<number>()
    .defined((i) => Number.isFinite(low[i] ?? Number.NaN) && Number.isFinite(high[i] ?? Number.NaN))
    .x((i) => x(xs[i]))
    .y0((i) => y(Math.max(low[i] ?? 0, floor)))
    .y1((i) => y(high[i] ?? 0))
    .digits(1);
}

/** δ as far as it is inside the axis. */
export function boundShape({ x: xs, y: ys }: Bound, x: Axis, y: Axis) {
  return line<number>()
    .defined((i) => isInside(ys[i], y))
    .x((i) => x(xs[i]))
    .y((i) => y(ys[i] ?? 0))
    .digits(1);
}

/** What stands beside δ: its sign at its end, or how much it is where none of it is inside the axis. */
export function boundLabel(
  { y: ys }: Bound,
  y: Axis,
): { readonly isInside: boolean; readonly at: number; readonly text: string } | undefined {
  const last = ys.findLast((value) => value !== null) ?? null;
  if (last === null) return undefined;
  const [, top] = y.domain;
  if (ys.some((value) => isInside(value, y))) return { isInside: true, at: Math.min(last, top), text: 'δ' };
  return {
    isInside: false,
    at: last,
    text: `δ = ${precise(last, 3)} ${last > top ? 'above' : 'below'}`,
  };
}

function isInside(value: number | null, { domain: [bottom, top] }: Axis): boolean {
  return value !== null && value <= top && value >= bottom;
}

/** Where a line spans a stretch without a value, unless one of them is missing: those stay open. Pairs of indices. */
export function bridgesOf({ x, y, gaps }: Line): [from: number, to: number][] {
  const pairs: [number, number][] = [];
  let before = -1;
  y.forEach((value, at) => {
    if (value === null) return;
    const isOpen = gaps.some((gap) => before >= 0 && gap > x[before] && gap < x[at]);
    if (before >= 0 && at > before + 1 && !isOpen) pairs.push([before, at]);
    before = at;
  });
  return pairs;
}

/** Half the size of the × that marks a value that is missing or not finite. */
export const CROSS = 2.5;

/** How high the × of a group stand, on the lower edge of a panel. */
export function gapHeight(box: Box, group: number): number {
  return box.bottom - 5 - 7 * group;
}
