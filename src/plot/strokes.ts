import { area, line } from 'd3-shape';
import { type Axis, precise } from './axis.ts';
import type { Bound, Figure, Line, Mark } from './figure.ts';
import type { Box } from './svg.ts';

/*
 * Where the strokes of a panel go, in an SVG and on a canvas alike: what draws them takes the shapes from here, as a text
 * or through `context`.
 */

/** SVG dash arrays: of what fewer runs reach, across stretches without a value, of δ, of the largest of seeds. */
export const DASH = { rest: '4 3', bridge: '1 3', bound: '5 4', largest: '1.5 2' } as const;

/** Pixels of a line. Of several columns, which often lie on each other, the first is wide below the others. */
export function strokeWidth({ role, column }: Line, columns: number): number {
  if (role !== 'middle') return 1;
  return columns < 2 ? 1.8 : column === 0 ? 4 : 1.3;
}

/** What the line of the largest is called in keys. */
export const LARGEST = 'largest of the seeds';
/** Where that is too long. */
export const LARGEST_SHORT = 'largest';

/** In the order of drawing: what is drawn last is seen best. */
export function inDrawingOrder(lines: readonly Line[]): Line[] {
  const rank = ({ role }: Line): number => (role === 'seed' ? 0 : role === 'largest' ? 1 : 2);
  return [...lines].sort((a, b) => rank(a) - rank(b) || a.column - b.column);
}

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

/** The group whose colour δ has; undefined where it is that of several, or there is one group alone. */
export function boundGroup({ groups }: Bound, figure: Pick<Figure, 'groups'>): number | undefined {
  return groups.length === 1 && figure.groups.length > 1 ? groups[0] : undefined;
}

/** δ = 0.01; δ = 0.01 → 0.0001 where it moves. */
export function boundInWords({ y: ys }: Pick<Bound, 'y'>): string {
  const known = ys.filter((value) => value !== null);
  const [first, last] = [known[0], known[known.length - 1]];
  if (first === undefined || last === undefined) return 'δ';
  const isMoving = known.some((value) => value !== first);
  return `δ = ${precise(first, 3)}${isMoving ? ` → ${precise(last, 3)}` : ''}`;
}

/** One below the other, what stands beside the end of δ. */
function linesOf(words: string): string[] {
  return words.split(/(?= → )/).map((line) => line.trim());
}

/** Pixels from a panel to the words beside δ, and from these to what is right of them. */
const [BESIDE, EDGE] = [5, 4];

/** Pixels right of a panel for the words beside the ends of δ, at most. @param widthOf a line, pixels */
export function roomBeside(bounds: readonly Bound[], widthOf: (line: string) => number): number {
  const lines = bounds.flatMap((bound) => linesOf(boundInWords(bound)));
  return Math.max(0, ...lines.map((line) => BESIDE + widthOf(line) + EDGE));
}

/** Where what stands beside δ is written. */
export interface BoundLabel {
  readonly bound: Bound;
  /** Of this text, a line each, the first at `y`. */
  readonly lines: readonly string[];
  /** Of their beginnings, right of the panel; or of their ends, inside of it. */
  readonly x: number;
  readonly anchor: 'start' | 'end';
  readonly y: number;
}

/** Pixels of a line of a label. */
export const LABEL_LINE = 12;

/** How much each δ is, beside its end; at the panel's edge where none of it is inside the axis. None covers another. */
export function boundLabels(bounds: readonly Bound[], y: Axis, box: Box): BoundLabel[] {
  const [, top] = y.domain;
  const beside: { bound: Bound; lines: string[]; y: number }[] = [];
  const inside: BoundLabel[] = [];
  for (const bound of bounds) {
    const last = bound.y.findLast((value) => value !== null) ?? null;
    if (last === null) continue;
    const words = boundInWords(bound);
    if (bound.y.some((value) => isInside(value, y))) {
      beside.push({
        bound,
        lines: linesOf(words),
        y: Math.max(box.top, Math.min(box.bottom, y(Math.min(last, top)))) + 4,
      });
      continue;
    }
    const before = inside.filter(({ lines: [line] }) => line.endsWith('above') === last > top).length;
    inside.push({
      bound,
      lines: [`${words} ${last > top ? 'above' : 'below'}`],
      x: box.right - 4,
      anchor: 'end',
      y: last > top ? box.top + LABEL_LINE * (1 + before) : box.bottom - 6 - LABEL_LINE * before,
    });
  }
  beside.sort((a, b) => a.y - b.y);
  let free = Number.NEGATIVE_INFINITY;
  for (const label of beside) {
    label.y = Math.max(label.y, free);
    free = label.y + LABEL_LINE * label.lines.length;
  }
  // Where the lowest are too low they go up, and others only where these come to them.
  let last = box.bottom + 4;
  for (const label of beside.toReversed()) {
    label.y = Math.min(label.y, last - LABEL_LINE * (label.lines.length - 1));
    last = label.y - LABEL_LINE;
  }
  const placed = beside.map((label) => ({ ...label, x: box.right + BESIDE, anchor: 'start' as const }));
  return [...placed, ...inside];
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

/** Radius of the dot that a place of a path has. */
export const DOT = 2.4;

/** Where the dots of a path, or of a curve of one value, are, pixels; of those that would cover each other one. */
export function dotsOf(
  { isPath, role, x: xs, y: ys }: Line,
  x: Axis,
  y: Axis,
): readonly (readonly [number, number])[] {
  const isPoint = role !== 'largest' && ys.filter((value) => value !== null).length === 1;
  if (!isPath && !isPoint) return [];
  const dots = new Map<string, readonly [number, number]>();
  ys.forEach((value, at) => {
    if (value === null) return;
    const dot = [x(xs[at]), y(value)] as const;
    dots.set(dot.map(Math.round).join(), dot);
  });
  return [...dots.values()];
}

/** Half the size of the × that marks a value that is missing or not finite. */
export const CROSS = 2.5;

/** How high the × of a group stand, on the lower edge of a panel. */
export function gapHeight(box: Box, group: number): number {
  return box.bottom - 5 - 7 * group;
}

/** A small triangle, its tip down, at the upper edge of a panel: where a run warned. */
export function markCorners({ x, group }: Mark, box: Box, at: Axis): readonly (readonly [number, number])[] {
  const [middle, top] = [at(x), box.top + 2 + 7 * group];
  return [
    [middle - 4, top],
    [middle + 4, top],
    [middle, top + 6],
  ];
}
