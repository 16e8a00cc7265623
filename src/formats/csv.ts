import { shortLine, UserError } from '../user-error.ts';

/** More are hundreds of megabytes of memory. */
const MOST_CELLS = 10_000_000;

/** One row of a CSV text, and the number of the line that it starts in, from 1. */
export interface CsvRow {
  readonly line: number;
  readonly cells: string[];
}

/**
 * Rows of a CSV text [RFC 4180]: commas, optional double quotes with "" for a quote, LF or CRLF; lines without
 * text are left out, and so are lines that start with #.
 *
 * @param place how errors call the text: its path
 * @throws UserError for a quote that does not close, text after a closed one, or more than 10 million cells
 */
export function parseCsv(text: string, place: string): CsvRow[] {
  const source = (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).replaceAll('\r\n', '\n');
  const rows: CsvRow[] = [];
  let line = 1;
  let offset = 0;
  let count = 0;
  const restOfLine = (): string => {
    const end = source.indexOf('\n', offset);
    return source.slice(offset, end < 0 ? source.length : end);
  };
  while (offset < source.length) {
    if (source[offset] === '#') {
      offset += restOfLine().length + 1;
      line += 1;
      continue;
    }
    const start = line;
    const cells: string[] = [];
    for (;;) {
      const cell = quotedCell(source, offset) ?? plainCell(source, offset);
      if (cell === undefined) throw new UserError(`${place}:${line}: a quote does not close`);
      cells.push(cell.text);
      if (++count > MOST_CELLS) throw new UserError(`${place}:${line}: more than ${MOST_CELLS} cells`);
      line += cell.breaks;
      offset = cell.end + 1;
      const next = source[cell.end];
      if (next === ',') continue;
      if (next === undefined || next === '\n') break;
      throw new UserError(`${place}:${line}: expected a comma after the closing quote, found '${next}'`);
    }
    line += 1;
    if (cells.some((cell) => cell !== '')) rows.push({ line: start, cells });
  }
  return rows;
}

/** A cell, where it ends in the source and the line breaks inside it. */
interface Cell {
  readonly text: string;
  readonly end: number;
  readonly breaks: number;
}

const BLANK = /[ \t]*/y;

/** By hand: a pattern that matches a cell of megabytes runs out of stack. */
function quotedCell(source: string, offset: number): Cell | undefined {
  const open = skipBlank(source, offset);
  if (source[open] !== '"') return undefined;
  let close = source.indexOf('"', open + 1);
  while (close >= 0 && source[close + 1] === '"') close = source.indexOf('"', close + 2);
  if (close < 0) return undefined;
  const text = source.slice(open + 1, close).replaceAll('""', '"');
  return { text, end: skipBlank(source, close + 1), breaks: text.split('\n').length - 1 };
}

/** Up to the next comma or line break; undefined where a quote opens that `quotedCell` saw no end of. */
function plainCell(source: string, offset: number): Cell | undefined {
  let end = offset;
  while (end < source.length && source[end] !== ',' && source[end] !== '\n') end++;
  const text = source.slice(offset, end).trim();
  return text.startsWith('"') ? undefined : { text, end, breaks: 0 };
}

function skipBlank(source: string, offset: number): number {
  BLANK.lastIndex = offset;
  BLANK.test(source);
  return BLANK.lastIndex;
}

/** @throws UserError when two columns have the same name: the second would never be read */
export function requireDistinctColumns(names: readonly string[], place: string): void {
  const twice = names.find((name, at) => name !== '' && names.indexOf(name) !== at);
  if (twice !== undefined) throw new UserError(`${place} has two columns called ${shortLine(twice)}`);
}

const WORDS: Readonly<Record<string, string>> = { Infinity: 'Inf', '-Infinity': '-Inf' };

/** A cell of a CSV file: null is empty; NaN, Inf and -Inf are words that pandas and R read as numbers. */
export function csvCell(cell: number | boolean | string | null): string {
  if (cell === null) return '';
  const word = String(cell);
  // NaN and the infinities are numbers, as words: -Inf is no formula.
  return WORDS[word] ?? (typeof cell === 'string' ? quoted(word) : word);
}

/**
 * A text cell: quoted where it has a comma, a quote or a line break [RFC 4180], after an apostrophe where a spreadsheet
 * would take it for a formula [OWASP, CSV Injection]. Numbers are no texts: -1.5 stays.
 */
function quoted(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
