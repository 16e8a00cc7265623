import type { Axis } from './axis.ts';
import type { Figure, ReasonStrip } from './figure.ts';
import { seriesStyle, type Theme } from './palette.ts';
import { reasonBars, reasonColors, reasonRow } from './reason-bars.ts';
import { type Box, element, px } from './svg.ts';

/** A row a group: at each place the shares of its runs' stop reasons, stacked. */
export function drawReasons(
  figure: Figure,
  strips: readonly ReasonStrip[],
  box: Box,
  x: Axis,
  theme: Theme,
): string[] {
  const colors = reasonColors(strips, theme);
  return strips.flatMap((strip, row) => {
    const place = reasonRow(box, strips.length, row);
    const { color } = seriesStyle(figure, strip, 1, theme);
    const mark = `M${px(box.left - 10)} ${px(place.top)}v${px(place.height)}`;
    return [
      element('path', { d: mark, stroke: color, 'stroke-width': '5' }),
      ...reasonBars(strip, colors, x, box, place).map((bar) => element('rect', { ...bar })),
    ];
  });
}
