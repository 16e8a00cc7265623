import { thousands } from '../elementary/thousands.ts';
import { precise } from '../plot/axis.ts';
import type { Line, Panel } from '../plot/figure.ts';
import { boundGroup } from '../plot/strokes.ts';
import { make } from './elements.ts';
import { currentTheme } from './theme.ts';
import {
  isPointedAt,
  nearestIndex,
  shownBounds,
  shownDomain,
  shownLines,
  shownReasons,
  strokeOf,
  type View,
} from './view.ts';

/** Most values that are listed. */
const MOST = 14;
/** Pixels between what is pointed at and the list. */
const GAP = 14;

/** One line of the list. */
interface Reading {
  readonly x: number;
  readonly color: string;
  readonly name: string;
  readonly value: string;
}

/** Lists what a panel has where it is pointed at. @param at pixels of the panel's `width` */
export function showTip(tip: HTMLElement, at: number, width: number, panel: Panel, view: View): void {
  const { hover } = view;
  const readings =
    hover === undefined
      ? []
      : [
          ...lineReadings(panel, view, hover),
          ...boundReadings(panel, view, hover),
          ...reasonReadings(panel, view, hover),
        ];
  // δ goes on where a curve has ended.
  const place = readings.find(({ x }) => x !== hover) ?? readings[0];
  tip.hidden = place === undefined;
  if (place === undefined) return;
  const rows = readings.slice(0, MOST).map(({ color, name, value }) => {
    const row = make('div', 'row');
    const swatch = make('span', 'swatch');
    swatch.style.background = color;
    row.append(swatch, make('span', 'name', name), make('span', 'value', value));
    return row;
  });
  const more = readings.length - MOST;
  if (more > 0) rows.push(make('div', 'at', `… and ${more} more`));
  tip.replaceChildren(make('div', 'at', `${placeInWords(place.x)} ${view.figure.xLabel}`), ...rows);
  // Measured at the left edge: further right the list would be narrowed by what room is left there.
  tip.style.left = '0';
  const wide = tip.offsetWidth;
  const beside = at > width / 2 ? at - wide - GAP : at + GAP;
  tip.style.left = `${Math.max(0, Math.min(width - wide, beside))}px`;
}

function lineReadings(panel: Panel, view: View, hover: number): Reading[] {
  const [low, high] = shownDomain(view);
  const isSeedsAlone = panel.lines.every(({ role }) => role === 'seed');
  const lines = shownLines(view, panel).filter(({ role }) => role === 'middle' || isSeedsAlone);
  return lines.flatMap((line) => {
    const i = nearestIndex(line.x, hover);
    // Not near, or a line without any place.
    if (!isPointedAt(line.x, hover, high - low)) return [];
    const [least, greatest] = [line.low[i] ?? null, line.high[i] ?? null];
    const interval = least === null ? '' : ` [${shown(least)}, ${shown(greatest)}]`;
    const column = panel.columns[line.column];
    const { label } = view.figure.groups[line.group];
    return {
      x: line.x[i],
      color: strokeOf(view, line, panel.columns.length).color,
      name: column === undefined ? label : `${label} ${column}`,
      value: shown(line.y[i]) + interval + largestBeside(panel, line, hover),
    };
  });
}

/** What the largest of the seeds is there that a middle is of. */
function largestBeside({ lines }: Panel, { group, column }: Line, hover: number): string {
  const largest = lines.find(
    (each) => each.role === 'largest' && each.group === group && each.column === column,
  );
  const value = largest?.y[nearestIndex(largest.x, hover)] ?? null;
  return value === null ? '' : `, largest ${shown(value)}`;
}

/** δ there. */
function boundReadings(panel: Panel, view: View, hover: number): Reading[] {
  return shownBounds(view, panel).flatMap((bound) => {
    const i = nearestIndex(bound.x, hover);
    if (bound.x[i] === undefined) return [];
    const group = boundGroup(bound, view.figure);
    return {
      x: hover,
      color: group === undefined ? currentTheme().ink : strokeOf(view, { group }).color,
      name: group === undefined ? 'δ' : `${view.figure.groups[group].label} δ`,
      value: shown(bound.y[i]),
    };
  });
}

function reasonReadings(panel: Panel, view: View, hover: number): Reading[] {
  return shownReasons(view, panel).flatMap((strip) => {
    const i = nearestIndex(strip.x, hover);
    if (strip.x[i] === undefined) return [];
    const counts = Object.entries(strip.counts).filter(([, each]) => each[i] > 0);
    return {
      x: strip.x[i],
      color: strokeOf(view, strip).color,
      name: view.figure.groups[strip.group].label,
      value: counts.map(([reason, each]) => `${each[i]} ${reason}`).join(', ') || '–',
    };
  });
}

/** Steps and updates are whole numbers, and said whole: 10,752. */
function placeInWords(x: number): string {
  return Math.abs(x) < 1000 ? precise(x) : thousands(x);
}

function shown(value: number | null): string {
  return value === null ? '–' : precise(value);
}
