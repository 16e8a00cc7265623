import type { Bound, Figure, Line, Panel, ReasonStrip } from '../plot/figure.ts';
import { seriesStyle } from '../plot/palette.ts';
import { xDomain } from '../plot/panel-axes.ts';
import { DASH } from '../plot/strokes.ts';
import { currentTheme } from './theme.ts';

/** How a figure is looked at. */
export interface View {
  figure: Figure;
  /** x from where to where there is something, of all panels alike; it has a length. */
  domain: readonly [number, number];
  /** Groups the legend hides. */
  readonly hidden: Set<number>;
  /** x from where to where; undefined: everything. */
  zoom: readonly [number, number] | undefined;
  seeds: boolean;
  log: boolean;
  /** x that is pointed at. */
  hover: number | undefined;
}

/** Whether a figure has both, middles of groups with their intervals and the seeds they are of. */
export function hasSeedsApart({ panels }: Figure): boolean {
  const lines = panels.flatMap((panel) => panel.lines);
  return (
    lines.some(({ role }) => role === 'seed') &&
    lines.some(({ role, low }) => role === 'middle' && low.length > 0)
  );
}

export function firstView(figure: Figure): View {
  const seeds = !hasSeedsApart(figure);
  const domain = domainOf(figure);
  return { figure, domain, hidden: new Set(), zoom: undefined, seeds, log: figure.logY, hover: undefined };
}

export function domainOf({ panels }: Figure): readonly [number, number] {
  const [low, high] = xDomain(panels) ?? [0, 1];
  return [low, high > low ? high : low + 1];
}

/** x from where to where it is looked at. */
export function shownDomain({ domain, zoom }: View): readonly [number, number] {
  return zoom ?? domain;
}

/** Whether something of a group is shown. */
export function isShown({ hidden }: View, { group }: { readonly group: number }): boolean {
  return !hidden.has(group);
}

/** The lines of a panel that are drawn; on a logarithmic axis there is nothing at or below 0. */
export function shownLines(view: View, { lines }: Panel): readonly Line[] {
  const shown = lines.filter((line) => isShown(view, line) && (line.role !== 'seed' || view.seeds));
  if (!view.log || view.figure.logY) return shown;
  return shown.map((line) => ({
    ...line,
    y: positive(line.y),
    low: positive(line.low),
    high: positive(line.high),
  }));
}

export function shownBounds(view: View, { bounds }: Panel): readonly Bound[] {
  const shown = bounds.filter(({ groups }) => groups.some((group) => isShown(view, { group })));
  return view.log ? shown.map((bound) => ({ ...bound, y: positive(bound.y) })) : shown;
}

export function shownReasons(view: View, { reasons }: Panel): readonly ReasonStrip[] {
  return reasons.filter((strip) => isShown(view, strip));
}

/** What of a curve lies in a domain. */
export function cut<Curve extends Bound | Line>(curve: Curve, [from, to]: readonly [number, number]): Curve {
  const { start, end } = within(curve.x, from, to);
  const part = <T>(values: readonly T[]): readonly T[] => values.slice(start, end);
  const own = 'low' in curve ? { low: part(curve.low), high: part(curve.high) } : {};
  return { ...curve, x: part(curve.x), y: part(curve.y), ...own };
}

/** What of a strip is to be seen in a domain: the bar that reaches into it, and the place where its last one ends. */
export function cutStrip(strip: ReasonStrip, [from, to]: readonly [number, number]): ReasonStrip {
  const { start, end } = within(strip.x, from, to);
  const part = <T>(values: readonly T[]): readonly T[] => values.slice(Math.max(0, start - 1), end + 1);
  const counts = Object.fromEntries(
    Object.entries(strip.counts).map(([reason, each]) => [reason, part(each)]),
  );
  return { ...strip, x: part(strip.x), counts };
}

function within(xs: readonly number[], from: number, to: number): { start: number; end: number } {
  const first = xs.findIndex((x) => x >= from);
  return { start: first < 0 ? xs.length : first, end: xs.findLastIndex((x) => x <= to) + 1 };
}

function positive(values: readonly (number | null)[]): (number | null)[] {
  return values.map((value) => (value !== null && value > 0 ? value : null));
}

/** Index of the place nearest to x; −1 where there is none. */
export function nearestIndex(xs: readonly number[], x: number): number {
  let nearest = xs.length > 0 ? 0 : -1;
  // Those of a path go forth and back.
  for (let i = 1; i < xs.length; i++) if (Math.abs(xs[i] - x) < Math.abs(xs[nearest] - x)) nearest = i;
  return nearest;
}

/** Share of the domain within which a value counts as pointed at. */
const NEAR = 0.03;

/** Whether a curve is pointed at: between its ends, or near one of them. @param span of the domain */
export function isPointedAt(xs: readonly number[], x: number, span: number): boolean {
  const reach = span * NEAR;
  return xs.some((each) => each >= x - reach) && xs.some((each) => each <= x + reach);
}

/** Colour and SVG dash array of a line, or of a group where the column is of none. */
export function strokeOf(
  { figure }: View,
  line: { readonly group: number; readonly column?: number; readonly role?: Line['role'] },
  columns = 1,
): { color: string; dash: string } {
  const { color, dash } = seriesStyle(figure, line, Math.max(1, columns), currentTheme());
  return { color, dash: line.role === 'largest' ? DASH.largest : dash };
}
