import type { Axis } from './axis.ts';
import { drawCurves } from './draw-curves.ts';
import { drawReasons } from './draw-reasons.ts';
import type { Figure, Panel } from './figure.ts';
import { seriesStyle, type Theme } from './palette.ts';
import { xAxis, xDomain } from './panel-axes.ts';
import { reasonColors } from './reason-bars.ts';
import { rugLabel, rugsOf, rugStrength, rugTitle } from './rugs.ts';
import { DASH, LARGEST, LARGEST_SHORT, markCorners } from './strokes.ts';
import { type Box, element, escapeXml, px, text } from './svg.ts';
import { textWidth, truncate } from './text-width.ts';

/** One panel with its title, keys, axes and contents. @param isLowest whether the x axis is named here */
export function drawPanel(figure: Figure, panel: Panel, box: Box, theme: Theme, isLowest: boolean): string {
  const rugs = rugsOf(panel.violations);
  const keys = fitted(panelKeys(figure, panel, theme), box);
  const keysBelow = !fitsBeside(keys, panel, box);
  const rugTop = box.top + (keysBelow ? KEYS : 0);
  const captionRoom = rugs.captions.length === 0 ? 0 : CAPTION;
  const inner = { ...box, top: rugTop + captionRoom + rugs.height };
  const title = element(
    'text',
    { x: box.left, y: box.top - 8, 'font-weight': 'bold' },
    `${escapeXml(panel.title)}`,
  );
  const unitText =
    panel.unit === ''
      ? ''
      : element(
          'text',
          { x: box.left + textWidth(panel.title, 12, true) + 8, y: box.top - 8, fill: theme.muted },
          escapeXml(panel.unit),
        );
  // One axis for all: what is below each other is at the same time.
  const domain = xDomain(panel.isCloseUp ? [panel] : figure.panels.filter((each) => !each.isCloseUp));
  if (domain === undefined || xDomain([panel]) === undefined) {
    const nothing = text('nothing to draw', (box.left + box.right) / 2, (box.top + box.bottom) / 2, {
      'text-anchor': 'middle',
      fill: theme.muted,
    });
    return element('g', {}, [title, unitText, nothing].join(''));
  }
  const x = xAxis(domain, inner, figure);
  const parts = [title, unitText, ...drawKeys(keys, box, box.top - 8 + (keysBelow ? KEYS : 0))];
  if (panel.reasons.length > 0) parts.push(...drawReasons(figure, panel.reasons, inner, x, theme));
  else parts.push(...drawCurves(figure, panel, inner, x, theme));
  for (const mark of figure.marks ?? []) {
    const d = `M${markCorners(mark, inner, x)
      .map(([cx, cy]) => `${px(cx)} ${px(cy)}`)
      .join('L')}Z`;
    parts.push(element('path', { d, fill: seriesStyle(figure, mark, 1, theme).color }));
  }
  parts.push(...drawXAxis(x, inner, theme, isLowest ? figure.xLabel : ''));
  if (rugs.captions.length > 0) {
    const fits = (each: string): boolean => textWidth(each, 10) <= box.right - box.left;
    const caption = rugs.captions.find(fits) ?? truncate(rugs.captions[0], 10, box.right - box.left);
    parts.push(text(caption, box.left, rugTop + CAPTION - 4, { 'font-size': '10', fill: theme.muted }));
  }
  rugs.rows.forEach((each, row) => {
    const { color } = seriesStyle(figure, each, 1, theme);
    const y = rugTop + captionRoom + row * rugs.pitch;
    const runs = rugPath(each.x.map(x), each.share, y, rugs.pitch - 3);
    parts.push(
      ...runs.map(([opacity, d]) =>
        element('path', { d, stroke: color, 'stroke-width': '1.2', 'stroke-opacity': opacity }),
      ),
    );
    const title = element('title', {}, escapeXml(rugTitle(each)));
    parts.push(
      element(
        'text',
        { x: box.right + 4, y: y + rugs.pitch - 2, 'font-size': '9', fill: color },
        `${escapeXml(rugLabel(each))}${title}`,
      ),
    );
  });
  return element('g', {}, `\n${parts.filter((part) => part !== '').join('\n')}\n`);
}

/** Ticks of the updates outside δ, the fuller the more of the runs; four strengths, so four paths at most. */
function rugPath(
  xs: readonly number[],
  share: readonly number[],
  y: number,
  size: number,
): [string, string][] {
  const levels = new Map<number, string>();
  xs.forEach((x, at) => {
    const level = rugStrength(share[at]);
    levels.set(level, `${levels.get(level) ?? ''}M${px(x)} ${px(y)}v${size}`);
  });
  return [...levels].sort(([a], [b]) => a - b).map(([level, d]) => [px(level), d]);
}

/** What one of several columns, or a stop reason, is drawn like. */
interface PanelKey {
  readonly label: string;
  /** At a place of the left end, on the line of a text's foot. */
  readonly draw: (x: number, y: number) => string;
}

/** Pixels of a panel above its curves, where it has more than its title there. */
export function roomAbove(panel: Panel): number {
  const { height, captions } = rugsOf(panel.violations);
  return height + (captions.length === 0 ? 0 : CAPTION);
}

/** Height of the line that says what ticks are. */
const CAPTION = 14;
/** Height of a row of keys of its own. */
const KEYS = 18;
/** Room of a swatch and of the gap to the next key. */
const SWATCH = 24;
const KEY_GAP = 14;

function panelKeys(figure: Figure, panel: Panel, theme: Theme): PanelKey[] {
  const columns = panel.columns.map((label, c): PanelKey => {
    const { color, dash } = seriesStyle(figure, { group: 0, column: c }, panel.columns.length, theme);
    const stroke = figure.groups.length === 1 ? color : theme.ink;
    const line = { stroke, 'stroke-width': '2', 'stroke-dasharray': dash };
    return {
      // The direction is what tells two divergences apart; π is in both, and all of a ledger is of minibatches.
      label: label.replaceAll(/π_| minibatch/g, ''),
      draw: (x, y) => element('path', { d: `M${px(x)} ${px(y - 4)}h20`, ...line }),
    };
  });
  const reasons = [...reasonColors(panel.reasons, theme)].map(
    ([label, fill]): PanelKey => ({
      label,
      draw: (x, y) => element('rect', { x: x + 8, y: y - 9, width: 10, height: 10, fill }),
    }),
  );
  const hasLargest = panel.lines.some(({ role }) => role === 'largest');
  const largest = { stroke: theme.ink, 'stroke-width': '1.3', 'stroke-dasharray': DASH.largest };
  const draw = (x: number, y: number): string =>
    element('path', { d: `M${px(x)} ${px(y - 4)}h20`, ...largest });
  return [...columns, ...reasons, ...(hasLargest ? [{ label: LARGEST, draw }] : [])];
}

/** With a shorter word for the largest of the seeds where a row of their own is too short. */
function fitted(keys: readonly PanelKey[], { left, right }: Box): readonly PanelKey[] {
  if (keysWidth(keys) <= right - left) return keys;
  return keys.map((key) => (key.label === LARGEST ? { ...key, label: LARGEST_SHORT } : key));
}

function keysWidth(keys: readonly PanelKey[]): number {
  return keys.reduce((sum, { label }) => sum + textWidth(label, 11) + SWATCH + KEY_GAP, 0);
}

/** Whether the keys fit right of the panel's title; else they have a row below it. */
function fitsBeside(keys: readonly PanelKey[], { title, unit }: Panel, { left, right }: Box): boolean {
  return keysWidth(keys) < right - left - textWidth(title, 12, true) - textWidth(unit, 12) - 20;
}

/** From the right; where even a row of their own is too short the longest names are cut. */
function drawKeys(keys: readonly PanelKey[], { left, right }: Box, y: number): string[] {
  const most = mostOf(
    keys.map(({ label }) => textWidth(label, 11)),
    right - left - keys.length * (SWATCH + KEY_GAP),
  );
  let x = right;
  return keys.toReversed().flatMap(({ label: whole, draw }) => {
    const label = truncate(whole, 11, most);
    x -= textWidth(label, 11);
    const parts = [text(label, x, y, { 'font-size': '11' }), draw(x - SWATCH, y)];
    x -= SWATCH + KEY_GAP;
    return parts;
  });
}

/** What each may have at most, so that all of them fit into a room: short ones leave theirs to the others. */
function mostOf(widths: readonly number[], room: number): number {
  let left = room;
  for (const [i, width] of widths.toSorted((a, b) => a - b).entries()) {
    const share = left / (widths.length - i);
    if (width > share) return share;
    left -= width;
  }
  return Number.POSITIVE_INFINITY;
}

function drawXAxis(x: Axis, box: Box, theme: Theme, label: string): string[] {
  const parts = [
    element('path', { d: `M${px(box.left)} ${px(box.bottom)}H${px(box.right)}`, stroke: theme.muted }),
  ];
  for (const { value, label: tick } of x.ticks) {
    parts.push(element('path', { d: `M${px(x(value))} ${px(box.bottom)}v4`, stroke: theme.muted }));
    parts.push(
      text(tick, x(value), box.bottom + 16, {
        'text-anchor': 'middle',
        fill: theme.muted,
        'font-size': '11',
      }),
    );
  }
  if (label !== '')
    parts.push(
      text(label, (box.left + box.right) / 2, box.bottom + 33, {
        'text-anchor': 'middle',
        fill: theme.muted,
        'font-size': '11',
      }),
    );
  return parts;
}
