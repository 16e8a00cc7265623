import { type Axis, linearAxis, logAxis } from './axis.ts';
import { extent } from '../elementary/extent.ts';
import type { Figure, Panel } from './figure.ts';
import type { Box } from './svg.ts';

/** Between the greatest value and the panel's upper edge, so that a curve at its limit is seen whole. */
const HEADROOM = 8;
/** Pixels of a tick, about. */
const TICK = { x: 80, y: 46 };

/** From where to where some panels reach; undefined where nothing is drawn. */
export function xDomain(
  panels: readonly Pick<Panel, 'lines' | 'reasons'>[],
): readonly [number, number] | undefined {
  const range = extent(panels.flatMap(({ lines, reasons }) => [...lines, ...reasons].map(({ x }) => x)));
  if (range === undefined) return undefined;
  const [low, high] = range;
  return [low > 0 && low < 0.1 * high ? 0 : low, high];
}

/** As far as the domain goes, not to round numbers: what was drawn last is at the edge. */
export function xAxis(
  domain: readonly [number, number],
  box: Box,
  { isCounted }: Pick<Figure, 'isCounted'>,
): Axis {
  return linearAxis(domain, [box.left, box.right], TICK.x, false, isCounted);
}

/**
 * The axis of a panel's values, intervals and bounds; undefined where there is no value. A δ far above all curves stays
 * outside and is written at the edge instead.
 */
export function valueAxis(
  lines: Panel['lines'],
  bounds: Panel['bounds'],
  isLog: boolean,
  box: Box,
): Axis | undefined {
  const drawn = extent(lines.flatMap(({ y, low, high }) => [y, low, high]));
  if (drawn === undefined) return undefined;
  // Of curves that are 0 there is nothing but δ to go by.
  const reach = drawn[1] > 0 ? drawn[1] * 3 : Number.POSITIVE_INFINITY;
  const near = bounds.map(({ y }) => y.filter((value) => value !== null && value <= reach && value > 0));
  const [low, high] = extent([drawn, ...near]) as [number, number];
  const range = [box.bottom, box.top + HEADROOM] as const;
  if (isLog) return logAxis([low, high], range);
  const fromZero = low > 0 && low < 0.5 * high ? 0 : low;
  return linearAxis([fromZero, high], range, TICK.y);
}
