import { stripVTControlCharacters } from 'node:util';
import { terminalWidth } from './width.ts';

/** Cells of a label that what follows it is folded under. */
const MOST_INDENT = 14;

/** A word and the spaces before it; a command to type is one word to its end: in two lines it could not be copied. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: styles begin with one.
const WORDS = / *(?:(?:\u001b\[[\d;]*m)*leash [a-z].*$|[^ ]+)/g;

/**
 * A line in lines of at most so many cells, broken between words; a word that is longer, as a path may be, stays whole.
 * @param under cells that all lines but the first begin after; default: under the text where a label stands before it
 */
export function fold(line: string, cells: number, under = indentOf(line)): string {
  if (terminalWidth(line) <= cells) return line;
  const indent = ' '.repeat(under);
  const lines = [''];
  for (const word of line.match(WORDS) ?? []) {
    const last = lines[lines.length - 1] as string;
    const hasText = terminalWidth(last.trimEnd()) > indent.length;
    if (hasText && terminalWidth(last + word) > cells) lines.push(indent + word.trimStart());
    else lines[lines.length - 1] = last + word;
  }
  return lines.join('\n');
}

function indentOf(styled: string): number {
  const line = stripVTControlCharacters(styled);
  const label = /^ *\S+ {2,}/.exec(line)?.[0].length ?? Number.POSITIVE_INFINITY;
  if (label <= MOST_INDENT) return label;
  return Math.min(MOST_INDENT, line.length - line.trimStart().length + 2);
}
