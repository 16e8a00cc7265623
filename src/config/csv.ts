import { UserError } from '../user-error.ts';

/**
 * Rows of a CSV text [RFC 4180]: commas, optional double quotes with "" for a quote, LF or CRLF; lines without
 * text are left out, and so are lines that start with #.
 *
 * @param place how errors call the text: its path
 * @returns each row with the number of its line, from 1
 * @throws UserError for a quote that does not close or text after a closed one
 */
export function parseCsv(text: string, place: string): { line: number; cells: string[] }[] {
  const source = (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).replaceAll('\r\n', '\n');
  const rows: { line: number; cells: string[] }[] = [];
  let line = 1;
  let offset = 0;
  while (offset < source.length) {
    const start = line;
    const cells: string[] = [];
    const isComment = source[offset] === '#';
    for (;;) {
      const quoted = isComment ? null : matchAt(/[ \t]*"((?:[^"]|"")*)"[ \t]*/y, source, offset);
      const plain = quoted ?? matchAt(isComment ? /[^\n]*/y : /[^,\n]*/y, source, offset);
      const cell = plain?.[1]?.replaceAll('""', '"') ?? plain?.[0] ?? '';
      if (quoted === null && !isComment && cell.trimStart().startsWith('"')) {
        throw new UserError(`${place}:${line}: a quote does not close`);
      }
      offset += plain?.[0].length ?? 0;
      line += cell.split('\n').length - 1;
      cells.push(quoted ? cell : cell.trim());
      const next = source[offset];
      offset += 1;
      if (next === ',') continue;
      if (next === undefined || next === '\n') break;
      throw new UserError(`${place}:${line}: expected a comma after the closing quote, found '${next}'`);
    }
    line += 1;
    if (!isComment && cells.some((cell) => cell !== '')) rows.push({ line: start, cells });
  }
  return rows;
}

function matchAt(pattern: RegExp, text: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset;
  return pattern.exec(text);
}
