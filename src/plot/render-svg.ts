import { area, line } from 'd3-shape';
import { type Axis, linearAxis, logAxis } from './axis.ts';
import type { Figure, Line, Panel, ReasonStrip } from './figure.ts';
import { DASHES, type Theme } from './palette.ts';
import { element, escapeXml, px } from './svg.ts';
import { textWidth, truncate, truncateApart } from './text-width.ts';

const FONT = 'DejaVu Sans, Verdana, sans-serif';
const MARGIN = { left: 62, right: 56, top: 16, bottom: 18 };
const GAP = { x: 40, y: 46 };
/** Between the greatest value and the panel's upper edge, so that a curve at its limit is seen whole. */
const HEADROOM = 8;
const PANEL_HEIGHT = 250;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A figure as SVG text: the same figure gives the same bytes. @param width pixels */
export function renderSvg(figure: Figure, theme: Theme, width = 960): string {
  const columns = figure.panels.length === 1 ? 1 : 2;
  const rows = Math.ceil(figure.panels.length / columns);
  const head = drawHead(figure, theme, width);
  const panelWidth = (width - MARGIN.left - MARGIN.right - (columns - 1) * (GAP.x + MARGIN.left)) / columns;
  const height = columns === 1 ? PANEL_HEIGHT * 1.4 : PANEL_HEIGHT;
  const panels = figure.panels.map((panel, at) => {
    const left = MARGIN.left + (at % columns) * (panelWidth + GAP.x + MARGIN.left);
    const top = head.height + Math.floor(at / columns) * (height + GAP.y);
    const isLowest = at + columns >= figure.panels.length;
    return drawPanel(
      figure,
      panel,
      { left, right: left + panelWidth, top, bottom: top + height },
      theme,
      isLowest,
    );
  });
  const below = head.height + rows * (height + GAP.y) + 4;
  const notes = drawNotes(figure.notes, theme, width, below);
  const total = below + notes.height + MARGIN.bottom - 14;
  const page = element('rect', { width, height: total, fill: theme.background });
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${px(width)} ${px(total)}`,
      width,
      height: total,
      'font-family': FONT,
      'font-size': '12',
      fill: theme.ink,
    },
    `\n${[page, ...head.parts, ...panels, ...notes.parts].join('\n')}\n`,
  )}\n`;
}

interface Part {
  readonly parts: readonly string[];
  readonly height: number;
}

/** Title, what the curves are, and the legend, above the panels where it hides nothing. */
function drawHead(figure: Figure, theme: Theme, width: number): Part {
  const room = width - MARGIN.left - 16;
  const parts = [
    text(truncate(figure.title, 16, room), MARGIN.left, MARGIN.top + 12, {
      'font-size': '15',
      'font-weight': 'bold',
    }),
  ];
  let y = MARGIN.top + 12;
  if (figure.subtitle !== '') {
    y += 18;
    parts.push(text(truncate(figure.subtitle, 12, room), MARGIN.left, y, { fill: theme.muted }));
  }
  y += 22;
  let x = MARGIN.left;
  const labels = truncateApart(
    figure.groups.map(({ label }) => label),
    12,
    Math.min(room - 180, 460),
  );
  figure.groups.forEach(({ label, remark }, g) => {
    const remarkText = remark === '' ? '' : `(${remark})`;
    const size = 34 + textWidth(labels[g] + remarkText, 12) + 28;
    if (x > MARGIN.left && x + size > width) {
      x = MARGIN.left;
      y += 18;
    }
    const { color, dash } = styleOf(g, 0, figure.groups.length, 1, theme);
    // Where columns have the colours, one group needs none of its own.
    const isPlain = figure.groups.length === 1 && figure.panels.some(({ columns }) => columns.length > 0);
    const swatch = isPlain
      ? ''
      : element('path', {
          d: `M${px(x)} ${px(y - 4)}h26`,
          stroke: color,
          'stroke-width': '2.5',
          'stroke-dasharray': dash,
        });
    const span = remark === '' ? '' : element('tspan', { fill: theme.muted, dx: 5 }, escapeXml(remarkText));
    const name = element('text', { x: isPlain ? x : x + 32, y }, escapeXml(labels[g]) + span);
    parts.push(
      element('g', {}, `${element('title', {}, escapeXml(`${label} ${remarkText}`.trim()))}${swatch}${name}`),
    );
    x += size;
  });
  return { parts, height: y + 30 };
}

function drawNotes(notes: readonly string[], theme: Theme, width: number, top: number): Part {
  const shown = notes.length > 8 ? [...notes.slice(0, 7), `… and ${notes.length - 7} notes more`] : notes;
  const parts = shown.map((note, at) =>
    text(truncate(note, 11, width - MARGIN.left - 16), MARGIN.left, top + 10 + at * 16, {
      fill: theme.muted,
      'font-size': '11',
    }),
  );
  return { parts, height: shown.length * 16 };
}

function text(content: string, x: number, y: number, attributes: Record<string, string> = {}): string {
  return element('text', { x, y, ...attributes }, escapeXml(content));
}

/** Groups by colour, columns of one panel by dash; where there is one group, its columns by colour. */
function styleOf(
  group: number,
  column: number,
  groups: number,
  columns: number,
  theme: Theme,
): { color: string; dash: string } {
  const hue = groups === 1 && columns > 1 ? column : group;
  const cycle = Math.floor(hue / theme.series.length) + (groups === 1 ? 0 : column);
  return { color: theme.series[hue % theme.series.length], dash: DASHES[cycle % DASHES.length] };
}

function drawPanel(figure: Figure, panel: Panel, box: Box, theme: Theme, isLowest: boolean): string {
  const rugs = panel.violations.filter(({ total }) => total > 0);
  const rug = rugs.length > 10 ? 6 : 10;
  const inner = { ...box, top: box.top + rugs.length * rug + (rugs.length > 0 ? 4 : 0) };
  const unit = panel.unit === '' ? '' : element('tspan', { fill: theme.muted }, escapeXml(`  ${panel.unit}`));
  const title = element(
    'text',
    { x: box.left, y: box.top - 8, 'font-weight': 'bold' },
    `${escapeXml(panel.title)}`,
  );
  const unitText =
    unit === ''
      ? ''
      : element(
          'text',
          { x: box.left + textWidth(panel.title, 12, true) + 8, y: box.top - 8, fill: theme.muted },
          escapeXml(panel.unit),
        );
  const keys = drawPanelKeys(figure, panel, box, theme);
  const x = xAxis(panel, inner);
  if (x === undefined) {
    const nothing = text('nothing to draw', (box.left + box.right) / 2, (box.top + box.bottom) / 2, {
      'text-anchor': 'middle',
      fill: theme.muted,
    });
    return element('g', {}, [title, unitText, nothing].join(''));
  }
  const parts = [title, unitText, ...keys];
  if (panel.reasons.length > 0) parts.push(...drawReasons(figure, panel.reasons, inner, x, theme));
  else parts.push(...drawCurves(figure, panel, inner, x, theme));
  parts.push(...drawXAxis(x, inner, theme, isLowest ? figure.xLabel : ''));
  rugs.forEach(({ group, x: at, share, total, of }, row) => {
    const { color } = styleOf(group, 0, figure.groups.length, 1, theme);
    const y = box.top + row * rug;
    const runs = rugPath(at.map(x), share, y, rug - 3);
    parts.push(
      ...runs.map(([opacity, d]) =>
        element('path', { d, stroke: color, 'stroke-width': '1.2', 'stroke-opacity': opacity }),
      ),
    );
    parts.push(
      element(
        'text',
        { x: box.right + 4, y: y + rug - 2, 'font-size': '9', fill: color },
        `${escapeXml(`${percent(total / of)} > δ`)}${element('title', {}, `${total} of ${of} updates ended outside δ`)}`,
      ),
    );
  });
  return element('g', {}, `\n${parts.filter((part) => part !== '').join('\n')}\n`);
}

function percent(share: number): string {
  const value = share * 100;
  return value > 0 && value < 1 ? '<1%' : `${Math.round(value)}%`;
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
    const level = Math.ceil(share[at] * 4) / 4;
    levels.set(level, `${levels.get(level) ?? ''}M${px(x)} ${px(y)}v${size}`);
  });
  return [...levels].sort(([a], [b]) => a - b).map(([level, d]) => [px(level), d]);
}

/** Which dash or colour is which column, or which colour which reason: right of the panel's title. */
function drawPanelKeys(figure: Figure, panel: Panel, box: Box, theme: Theme): string[] {
  const parts: string[] = [];
  let x = box.right;
  const keys: { label: string; draw: (x: number) => string }[] = panel.columns.map((label, c) => {
    const { color, dash } = styleOf(0, c, figure.groups.length, panel.columns.length, theme);
    const stroke = figure.groups.length === 1 ? color : theme.ink;
    return {
      label,
      draw: (at) =>
        element('path', {
          d: `M${px(at)} ${px(box.top - 12)}h20`,
          stroke,
          'stroke-width': '2',
          'stroke-dasharray': dash,
        }),
    };
  });
  const colors = reasonColors(panel.reasons, theme);
  for (const [label, fill] of colors) {
    keys.push({
      label,
      draw: (at) => element('rect', { x: at + 8, y: box.top - 17, width: 10, height: 10, fill }),
    });
  }
  const used =
    textWidth(panel.title, 12, true) + 20 + (panel.unit === '' ? 0 : textWidth(panel.unit, 12) + 10);
  const room = (box.right - box.left - used) / Math.max(1, keys.length) - 38;
  for (const { label: whole, draw } of keys.reverse()) {
    // The direction is what tells two divergences apart; π is in both.
    const label = truncate(whole.replaceAll('π_', ''), 11, room);
    x -= textWidth(label, 11) + 2;
    parts.push(text(label, x, box.top - 8, { 'font-size': '11' }));
    parts.push(draw(x - 24));
    x -= 36;
  }
  return parts;
}

function extent(values: Iterable<number | null | undefined>): [number, number] | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value === null || value === undefined || !Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : undefined;
}

function* joined<T>(lists: readonly (readonly T[])[]): Generator<T> {
  for (const list of lists) yield* list;
}

function xAxis(panel: Panel, box: Box): Axis | undefined {
  const range = extent(joined([...panel.lines.map(({ x }) => x), ...panel.reasons.map(({ x }) => x)]));
  if (range === undefined) return undefined;
  const from = range[0] > 0 && range[0] < 0.1 * range[1] ? 0 : range[0];
  return linearAxis([from, range[1]], [box.left, box.right], 80, false);
}

/** δ far above all curves stays outside the axis and is written at its edge instead. */
function yAxis(figure: Figure, panel: Panel, box: Box): Axis | undefined {
  const drawn = extent(joined(panel.lines.flatMap(({ y, low, high }) => [y, low, high])));
  if (drawn === undefined) return undefined;
  const bounds = [...joined(panel.bounds.map(({ y }) => y))].filter(
    (value) => value !== null && value <= Math.max(drawn[1] * 3, 0) && value > 0,
  );
  const [low, high] = extent(joined([drawn, bounds])) as [number, number];
  if (figure.logY) return logAxis([low, high], [box.bottom, box.top + HEADROOM]);
  const fromZero = low > 0 && low < 0.5 * high ? 0 : low;
  return linearAxis([fromZero, high], [box.bottom, box.top + HEADROOM], 46);
}

function drawCurves(figure: Figure, panel: Panel, box: Box, x: Axis, theme: Theme): string[] {
  const y = yAxis(figure, panel, box);
  const gaps = panel.lines.flatMap((each) => drawGaps(figure, panel, each, box, x, theme));
  if (y === undefined)
    return [
      ...gaps,
      text('no value', (box.left + box.right) / 2, (box.top + box.bottom) / 2, {
        'text-anchor': 'middle',
        fill: theme.muted,
      }),
    ];
  const parts: string[] = [];
  for (const { value, label } of y.ticks) {
    parts.push(
      element('path', { d: `M${px(box.left)} ${px(y(value))}H${px(box.right)}`, stroke: theme.grid }),
    );
    parts.push(
      text(label, box.left - 8, y(value) + 4, { 'text-anchor': 'end', fill: theme.muted, 'font-size': '11' }),
    );
  }
  // Intervals first, then seeds, then middles: what is drawn last is seen best.
  for (const each of panel.lines) parts.push(drawBand(figure, panel, each, x, y, theme));
  const order = [...panel.lines].sort((a, b) => Number(a.role === 'middle') - Number(b.role === 'middle'));
  for (const each of order) parts.push(...drawLine(figure, panel, each, x, y, theme));
  for (const bound of panel.bounds) parts.push(...drawBound(figure, bound, box, x, y, theme));
  return [...parts, ...gaps];
}

function strokeOf(
  figure: Figure,
  panel: Panel,
  { group, column }: Line,
  theme: Theme,
): { color: string; dash: string } {
  return styleOf(group, column, figure.groups.length, Math.max(1, panel.columns.length), theme);
}

function drawBand(figure: Figure, panel: Panel, each: Line, x: Axis, y: Axis, theme: Theme): string {
  if (each.low.length === 0) return '';
  const { color } = strokeOf(figure, panel, each, theme);
  const floor = y.domain[0];
  const shape = area<number>()
    .defined((i) => Number.isFinite(each.low[i] ?? Number.NaN) && Number.isFinite(each.high[i] ?? Number.NaN))
    .x((i) => x(each.x[i]))
    .y0((i) => y(Math.max(each.low[i] ?? 0, floor)))
    .y1((i) => y(each.high[i] ?? 0))
    .digits(1);
  const d = shape(each.x.map((_, i) => i)) ?? '';
  return d === '' ? '' : element('path', { d, fill: color, 'fill-opacity': theme.bandOpacity });
}

/** Solid where values follow each other, dotted across updates that have none, thin dashes once seeds end. */
function drawLine(figure: Figure, panel: Panel, each: Line, x: Axis, y: Axis, theme: Theme): string[] {
  const { color, dash } = strokeOf(figure, panel, each, theme);
  const isSeed = each.role === 'seed';
  const stroke = {
    fill: 'none',
    stroke: color,
    'stroke-width': isSeed ? '1' : '1.8',
    'stroke-opacity': isSeed ? '0.55' : '',
    'stroke-linejoin': 'round',
    'stroke-linecap': dash === '' ? 'round' : '',
  };
  const full = pathOf(each, x, y, 0, each.completeUntil);
  const rest =
    each.completeUntil < each.x.length
      ? pathOf(each, x, y, Math.max(0, each.completeUntil - 1), each.x.length)
      : '';
  const bridges = bridgesOf(each, x, y);
  const parts: string[] = [];
  if (bridges !== '')
    parts.push(
      element('path', {
        ...stroke,
        d: bridges,
        'stroke-width': '1',
        'stroke-opacity': '0.5',
        'stroke-dasharray': '1 3',
      }),
    );
  if (full !== '') parts.push(element('path', { ...stroke, d: full, 'stroke-dasharray': dash }));
  if (rest !== '') parts.push(element('path', { ...stroke, d: rest, 'stroke-dasharray': '4 3' }));
  const end = each.y.findLastIndex((value) => value !== null);
  if (each.isGrowing && end >= 0) {
    parts.push(
      element('circle', {
        cx: x(each.x[end]),
        cy: y(each.y[end] ?? 0),
        r: 3.5,
        fill: theme.background,
        stroke: color,
        'stroke-width': '1.6',
      }),
    );
  }
  return parts;
}

function pathOf(each: Line, x: Axis, y: Axis, from: number, to: number): string {
  const shape = line<number>()
    .defined((i) => each.y[i] !== null)
    .x((i) => x(each.x[i]))
    .y((i) => y(each.y[i] ?? 0))
    .digits(1);
  return shape(each.x.slice(from, to).map((_, i) => i + from)) ?? '';
}

/** Straight pieces over stretches without a value, unless one of them is missing: those stay open. */
function bridgesOf(each: Line, x: Axis, y: Axis): string {
  let d = '';
  let before = -1;
  each.y.forEach((value, at) => {
    if (value === null) return;
    const isOpen = each.gaps.some((gap) => before >= 0 && gap > each.x[before] && gap < each.x[at]);
    if (before >= 0 && at > before + 1 && !isOpen) {
      d += `M${px(x(each.x[before]))} ${px(y(each.y[before] ?? 0))}L${px(x(each.x[at]))} ${px(y(value))}`;
    }
    before = at;
  });
  return d;
}

/** A × on the lower edge where a value is missing or not finite. */
function drawGaps(figure: Figure, panel: Panel, each: Line, box: Box, x: Axis, theme: Theme): string[] {
  if (each.gaps.length === 0) return [];
  const { color } = strokeOf(figure, panel, each, theme);
  const places = new Set(each.gaps.map((gap) => px(x(gap))));
  const y = box.bottom - 5 - 7 * each.group;
  const d = [...places].map((at) => `M${px(Number(at) - 2.5)} ${px(y - 2.5)}l5 5m0 -5l-5 5`).join('');
  return [element('path', { d, stroke: color, 'stroke-width': '1.2', fill: 'none' })];
}

function drawBound(
  figure: Figure,
  { group, x: xs, y: ys }: Panel['bounds'][number],
  box: Box,
  x: Axis,
  y: Axis,
  theme: Theme,
): string[] {
  const color = group < 0 ? theme.ink : styleOf(group, 0, figure.groups.length, 1, theme).color;
  const top = y.domain[1];
  const last = ys.findLast((value) => value !== null) ?? null;
  if (last === null) return [];
  const label = (at: number, content: string): string =>
    text(content, box.right + 5, at + 4, { fill: color, 'font-size': '11' });
  if (ys.every((value) => value === null || value > top || value < y.domain[0])) {
    return [
      text(
        `δ = ${Number(last.toPrecision(3))} ${last > top ? 'above' : 'below'}`,
        box.right - 4,
        box.top + 12,
        { fill: color, 'font-size': '11', 'text-anchor': 'end' },
      ),
    ];
  }
  const shape = line<number>()
    .defined((i) => ys[i] !== null && (ys[i] ?? 0) <= top && (ys[i] ?? 0) >= y.domain[0])
    .x((i) => x(xs[i]))
    .y((i) => y(ys[i] ?? 0))
    .digits(1);
  const d = shape(xs.map((_, i) => i)) ?? '';
  return [
    element('path', { d, fill: 'none', stroke: color, 'stroke-width': '1.3', 'stroke-dasharray': '5 4' }),
    label(Math.max(box.top, Math.min(box.bottom, y(Math.min(last, top)))), 'δ'),
  ];
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

function reasonColors(strips: readonly ReasonStrip[], theme: Theme): Map<string, string> {
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
function drawReasons(
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
    const { color } = styleOf(group, 0, figure.groups.length, 1, theme);
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
