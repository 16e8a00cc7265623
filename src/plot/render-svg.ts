import { TICK_GAP } from './draw-curves.ts';
import { drawPanel, roomAbove } from './draw-panel.ts';
import type { Figure } from './figure.ts';
import { seriesStyle, type Theme } from './palette.ts';
import { valueAxis } from './panel-axes.ts';
import { roomBeside } from './strokes.ts';
import { element, escapeXml, px, text } from './svg.ts';
import { textWidth, truncate, truncateApart } from './text-width.ts';

const FONT = 'DejaVu Sans, Verdana, sans-serif';
const MARGIN = { left: 62, right: 74, top: 16, bottom: 18 };
const GAP = { x: 40, y: 46 };
const PANEL_HEIGHT = 250;

/** A figure as SVG text: the same figure gives the same bytes. @param width pixels */
export function renderSvg(figure: Figure, theme: Theme, width = 960): string {
  const columns = figure.panels.length === 1 ? 1 : 2;
  const rows = Math.ceil(figure.panels.length / columns);
  const head = drawHead(figure, theme, width);
  const between = GAP.x + MARGIN.left + (columns - 1) * roomBetween(figure);
  const last = figure.panels.filter((_, at) => at % columns === columns - 1);
  const right = Math.max(MARGIN.right, ...last.map(({ bounds }) => roomBeside(bounds, widthOf)));
  const panelWidth = (width - MARGIN.left - right - (columns - 1) * between) / columns;
  const heights = Array.from({ length: rows }, (_, row) => {
    const above = figure.panels.slice(row * columns, (row + 1) * columns).map(roomAbove);
    return (columns === 1 ? PANEL_HEIGHT * 1.4 : PANEL_HEIGHT) + Math.max(...above);
  });
  const topOf = (row: number): number =>
    head.height + heights.slice(0, row).reduce((sum, each) => sum + each + GAP.y, 0);
  const panels = figure.panels.map((panel, at) => {
    const left = MARGIN.left + (at % columns) * (panelWidth + between);
    const row = Math.floor(at / columns);
    const top = topOf(row);
    const isLowest = at + columns >= figure.panels.length;
    return drawPanel(
      figure,
      panel,
      { left, right: left + panelWidth, top, bottom: top + heights[row] },
      theme,
      isLowest,
    );
  });
  const below = topOf(rows) + 4;
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

/** Of a tick's label, or a line of words beside δ. */
const widthOf = (words: string): number => textWidth(words, 11);

/** What words beside δ take of the next panel's ticks, in two columns: pixels to move those by. */
function roomBetween({ panels, logY }: Figure): number {
  const over = panels.flatMap(({ bounds }, at) => {
    const next = panels[at + 1];
    if (at % 2 === 1 || next === undefined || bounds.length === 0) return [];
    const box = { left: 0, right: 0, top: 0, bottom: PANEL_HEIGHT };
    const ticks = valueAxis(next.lines, next.bounds, logY, box)?.ticks ?? [];
    const widest = Math.max(0, ...ticks.map(({ label }) => widthOf(label)));
    return [roomBeside(bounds, widthOf) + widest + TICK_GAP - GAP.x - MARGIN.left];
  });
  return Math.max(0, ...over);
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
  const remarks = figure.groups.map(({ remark }) =>
    remark === '' ? '' : truncate(`(${remark})`, 12, room - 180),
  );
  const labels = truncateApart(
    figure.groups.map(({ label }) => label),
    12,
    Math.min(460, room - 40 - Math.max(...remarks.map((each) => textWidth(each, 12)))),
  );
  figure.groups.forEach(({ label, remark }, g) => {
    const remarkText = remarks[g];
    const size = 34 + textWidth(labels[g] + remarkText, 12) + 28;
    if (x > MARGIN.left && x + size > width) {
      x = MARGIN.left;
      y += 18;
    }
    const { color, dash } = seriesStyle(figure, { group: g }, 1, theme);
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
      element(
        'g',
        {},
        `${element('title', {}, escapeXml(remark === '' ? label : `${label} (${remark})`))}${swatch}${name}`,
      ),
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
