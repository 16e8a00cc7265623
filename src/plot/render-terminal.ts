import { extent } from '../elementary/extent.ts';
import { type Axis, linearAxis, logAxis } from './axis.ts';
import type { Figure, Line, Panel } from './figure.ts';
import { boundGroup, boundInWords, inDrawingOrder, LARGEST } from './strokes.ts';

/** One a group: signs as many as colours, then letters, but for the × of what is missing. */
const GLYPHS = [...'●▲■◆○△□◇abcdefghijklmnopqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWYZ'];
const BOUND = '╌';
const GAP = '×';
/** Of the largest of the seeds. */
const LARGEST_GLYPH = '·';
const HEIGHT = 12;
const LABELS = 9;

/** Colours a glyph by a hue; plain where the terminal has no colour. */
export type Painter = (hue: number, text: string) => string;

/** A figure as lines of text: a glyph a group, × where values are missing. @param width characters */
export function renderTerminal(figure: Figure, width: number, paint: Painter): string {
  const legend = figure.groups.map(
    ({ label, remark, hue }) => `${paint(hue, glyphOf(hue))} ${label}${remark === '' ? '' : ` (${remark})`}`,
  );
  const panels = figure.panels.map((panel) => drawPanel(figure, panel, width, paint).join('\n'));
  const head = [`${figure.title}: ${figure.subtitle}`, ...legend].join('\n');
  return `${[head, ...panels, figure.notes.join('\n')].filter((part) => part !== '').join('\n\n')}\n`;
}

function glyphOf(index: number): string {
  return GLYPHS[index % GLYPHS.length];
}

/** Which glyph a line has: its group's; its column's where there is one group and several columns. */
function styleOf(figure: Figure, panel: Panel, line: Line): number {
  const isOfColumns = figure.groups.length === 1 && panel.columns.length > 1;
  return isOfColumns ? line.column : figure.groups[line.group].hue;
}

function drawPanel(figure: Figure, panel: Panel, width: number, paint: Painter): string[] {
  const keys = panel.columns.map((label, c) =>
    figure.groups.length === 1 ? `${paint(c, glyphOf(c))} ${label}` : label,
  );
  const title = [panel.title, panel.unit && `[${panel.unit}]`, keys.length > 0 && `(${keys.join('  ')})`];
  const own = panel.bounds.map((bound) => {
    const group = boundGroup(bound, figure);
    const words = `${BOUND}${BOUND} ${boundInWords(bound)}`;
    return group === undefined ? words : `${words} (${figure.groups[group].label})`;
  });
  const hasLargest = panel.lines.some(({ role }) => role === 'largest');
  if (hasLargest) own.push(`${LARGEST_GLYPH} ${LARGEST}`);
  const heading = [title.filter(Boolean).join(' '), ...own].join('  ');
  if (panel.reasons.length > 0) return [heading, ...reasonTable(figure, panel)];
  const plotWidth = Math.max(20, width - LABELS - 2);
  const xs = panel.lines.flatMap(({ x }) => [x[0], x[x.length - 1]]).filter((x) => x !== undefined);
  const [domain, values] = [extent([xs]), extent(panel.lines.map(({ y }) => y))];
  if (domain === undefined || values === undefined) return [heading, '  no value'];
  let [low, high] = values;
  const bounds = panel.bounds.flatMap(({ y }) => y).filter((value) => value !== null && value <= high * 3);
  for (const bound of bounds) [low, high] = [Math.min(low, bound as number), Math.max(high, bound as number)];
  const x = linearAxis(domain, [0, plotWidth - 1], 16, false, figure.isCounted);
  const y = figure.logY ? logAxis([low, high], [HEIGHT - 1, 0]) : linearAxis([low, high], [HEIGHT - 1, 0], 3);
  const cells = Array.from({ length: HEIGHT }, () => new Array<string>(plotWidth).fill(' '));
  const put = (row: number, column: number, glyph: string): void => {
    if (row >= 0 && row < HEIGHT && column >= 0 && column < plotWidth) cells[row][column] = glyph;
  };
  for (const bound of panel.bounds) {
    bound.x.slice(0, -1).forEach((_, i) => {
      const value = bound.y[i];
      if (value === null) return;
      const row = Math.round(y(value));
      for (let c = Math.round(x(bound.x[i])); c <= Math.round(x(bound.x[i + 1])); c++) put(row, c, BOUND);
    });
  }
  for (const line of inDrawingOrder(panel.lines)) {
    const style = styleOf(figure, panel, line);
    const own = line.role === 'largest' ? LARGEST_GLYPH : glyphOf(style);
    drawLine(line, x, y, (row, column, glyph) => put(row, column, paint(style, glyph || own)));
  }
  return [heading, ...frame(cells, x, y, figure.xLabel)];
}

/** One glyph a column, at the mean of the values that fall into it. */
function drawLine(
  line: Line,
  x: Axis,
  y: Axis,
  put: (row: number, column: number, glyph: string) => void,
): void {
  const columns = new Map<number, number[]>();
  line.x.forEach((at, i) => {
    const value = line.y[i];
    if (value === null) return;
    const column = Math.round(x(at));
    const rows = columns.get(column);
    if (rows) rows.push(y(value));
    else columns.set(column, [y(value)]);
  });
  for (const gap of line.gaps) put(HEIGHT - 1, Math.round(x(gap)), GAP);
  for (const [column, rows] of columns) {
    put(Math.round(rows.reduce((a, b) => a + b, 0) / rows.length), column, '');
  }
}

function frame(cells: readonly string[][], x: Axis, y: Axis, xLabel: string): string[] {
  const labels = new Map(y.ticks.map(({ value, label }) => [Math.round(y(value)), label]));
  const lines = cells.map((row, r) => {
    const label = labels.get(r);
    return `${(label ?? '').padStart(LABELS)} ${label === undefined ? '│' : '┤'}${row.join('')}`.trimEnd();
  });
  const ruler = new Array<string>(cells[0].length).fill(' ');
  let free = 0;
  for (const { value, label } of x.ticks) {
    // Below its place, as far as there is room.
    const middle = Math.round(x(value)) - Math.floor(label.length / 2);
    const start = Math.max(0, Math.min(ruler.length - label.length, middle));
    if (start < free) continue;
    [...label].forEach((character, i) => {
      ruler[start + i] = character;
    });
    free = start + label.length + 1;
  }
  const indent = ' '.repeat(LABELS + 2);
  return [
    ...lines,
    `${' '.repeat(LABELS + 1)}└${'─'.repeat(cells[0].length)}`,
    `${indent}${ruler.join('').trimEnd()}`,
    `${indent}${xLabel.padStart(ruler.length)}`,
  ];
}

function reasonTable(figure: Figure, panel: Panel): string[] {
  return panel.reasons.map(({ group, counts }) => {
    const sums = Object.entries(counts).map(([name, each]) => `${each.reduce((a, b) => a + b, 0)} ${name}`);
    return `  ${glyphOf(figure.groups[group].hue)} ${figure.groups[group].label}: ${sums.join(', ')}`;
  });
}
