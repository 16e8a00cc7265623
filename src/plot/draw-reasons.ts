import type { Axis } from './axis.ts';
import type { Figure, ReasonStrip } from './figure.ts';
import { seriesStyle, type Theme } from './palette.ts';
import { type Box, element, px } from './svg.ts';

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

/** A row a group: at each place the shares of its runs' stop reasons, stacked. */
export function drawReasons(
  figure: Figure,
  strips: readonly ReasonStrip[],
  box: Box,
  x: Axis,
  theme: Theme,
): string[] {
  const colors = reasonColors(strips, theme);
  const rowHeight = (box.bottom - box.top) / strips.length;
  return strips.flatMap(({ group, x: xs, counts }, row) => {
    const top = box.top + row * rowHeight + 2;
    const height = rowHeight - 4;
    const { color } = seriesStyle(group, 0, figure.groups.length, 1, theme);
    const parts = [
      element('path', {
        d: `M${px(box.left - 10)} ${px(top)}v${px(height)}`,
        stroke: color,
        'stroke-width': '5',
      }),
    ];
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
        parts.push(
          element('rect', { x: left, y, width: Math.max(0.5, right - left + 0.3), height: size, fill }),
        );
      });
    }
    return parts;
  });
}
