import { fold } from './fold.ts';
import { paint, widthOfLines } from './print.ts';
import { cutApart, pad, widestOf } from './width.ts';

/** Between two columns. */
const GAP = '  ';
/** Cells that a column keeps in a narrow terminal: names are cut to them, other cells folded. */
const LEAST = 12;

/** Its title is the first of the cells. */
interface Column {
  readonly cells: readonly string[];
  /** Where the spaces go. */
  readonly side: 'left' | 'right';
  readonly width: number;
}

/**
 * Columns under bold titles, without rules. Where they don't all fit into a line, the others come below, after the first
 * again.
 * @param left the first columns, which are aligned to the left; the others are to the right
 * @param width cells of a line
 */
export function plainTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { left = 1, width = widthOfLines() }: { readonly left?: number; readonly width?: number } = {},
): string {
  const columns = head.map((title, c): Column => {
    const cells = [title, ...rows.map((row) => row[c] ?? '')];
    return { cells, side: c < left ? 'right' : 'left', width: widestOf(cells) };
  });
  return blocksOf(columns, width).map(draw).join('\n\n');
}

/** Columns that fit beside each other, each time after the first. */
function blocksOf([first, ...others]: readonly Column[], width: number): Column[][] {
  const total = others.reduce((sum, column) => sum + GAP.length + column.width, first.width);
  if (total <= width) return [[first, ...others]];
  const widest = Math.max(0, ...others.map((column) => column.width));
  const names = cut(
    first,
    Math.max(LEAST, width - GAP.length - Math.min(widest, width - LEAST - GAP.length)),
  );
  const blocks: Column[][] = [];
  let room = 0;
  for (const column of others) {
    const fitting = folded(column, Math.max(LEAST, width - names.width - GAP.length));
    if (fitting.width + GAP.length > room) {
      blocks.push([names]);
      room = width - names.width;
    }
    blocks[blocks.length - 1].push(fitting);
    room -= fitting.width + GAP.length;
  }
  return blocks;
}

function cut(column: Column, width: number): Column {
  return column.width <= width ? column : { ...column, width, cells: cutApart(column.cells, width) };
}

function folded(column: Column, width: number): Column {
  if (column.width <= width) return column;
  return { ...column, width, cells: column.cells.map((cell) => fold(cell, width, 0)) };
}

function draw(columns: readonly Column[]): string {
  const rows = columns[0].cells.map((_, row) => {
    const cells = columns.map((column) => column.cells[row].split('\n'));
    const height = Math.max(...cells.map((lines) => lines.length));
    const lines = Array.from({ length: height }, (_, i) => {
      const parts = columns.map(({ width, side }, c) => pad(cells[c][i] ?? '', width, side));
      return parts.join(GAP).trimEnd();
    });
    return lines.map((line) => (row === 0 ? paint('bold', line) : line)).join('\n');
  });
  return rows.join('\n');
}
