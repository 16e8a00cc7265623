import type { Axis } from './axis.ts';
import type { ReasonStrip } from './figure.ts';
import type { Theme } from './palette.ts';
import type { Box } from './svg.ts';

/** The colour of every stop reason of a panel, by name. */
export function reasonColors(strips: readonly ReasonStrip[], theme: Theme): Map<string, string> {
  const names = [...new Set(strips.flatMap(({ counts }) => Object.keys(counts)))].sort();
  let other = 0;
  return new Map(
    names.map((name) => [
      name,
      theme.reasons[name] ?? theme.otherReasons[other++ % theme.otherReasons.length],
    ]),
  );
}

/** A filled rectangle, pixels. */
export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly fill: string;
}

/** Pixels above and below the bars of a group. */
const MARGIN = 2;

/** Where the row of a group's bars is. */
export function reasonRow(
  box: Box,
  rows: number,
  row: number,
): { readonly top: number; readonly height: number } {
  const height = (box.bottom - box.top) / rows;
  return { top: box.top + row * height + MARGIN, height: height - 2 * MARGIN };
}

/**
 * At each place of a row the shares of its runs' stop reasons, stacked; places closer than two pixels are one.
 * @param colors of the reasons, from below
 */
export function reasonBars(
  { x: xs, counts }: ReasonStrip,
  colors: ReadonlyMap<string, string>,
  x: Axis,
  box: Box,
  { top, height }: { readonly top: number; readonly height: number },
): Bar[] {
  const bars: Bar[] = [];
  const buckets = Math.min(xs.length, Math.floor((box.right - box.left) / 2));
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = Math.floor((bucket * xs.length) / buckets);
    const end = Math.floor(((bucket + 1) * xs.length) / buckets);
    const left = x(xs[start]);
    const right = end < xs.length ? x(xs[end]) : Math.min(box.right, x(xs[xs.length - 1]) + 2);
    const sums = [...colors.keys()].map((name) =>
      (counts[name] ?? []).slice(start, end).reduce((a, b) => a + b, 0),
    );
    const total = sums.reduce((a, b) => a + b, 0);
    let y = top + height;
    [...colors.values()].forEach((fill, r) => {
      if (sums[r] === 0) return;
      const size = (height * sums[r]) / total;
      y -= size;
      bars.push({ x: left, y, width: Math.max(0.5, right - left + 0.3), height: size, fill });
    });
  }
  return bars;
}
