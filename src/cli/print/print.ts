import { randomInt } from 'node:crypto';
import { styleText } from 'node:util';
import { escapeControls, escapeJsonControls } from '../../user-error.ts';
import { fold } from './fold.ts';

type Style = Parameters<typeof styleText>[0];

/** Where text goes: a terminal may show colour. */
export interface Screen {
  readonly isTTY?: boolean;
  hasColors?(): boolean;
}

/** Begins the parameters of our styles until they are printed: a name or a file that holds styles cannot know it. */
const OWN = `${randomInt(1000, 10_000)};`;
const OWN_STYLE = new RegExp(`\u001b\\[(?:${OWN})+(\\d+m)`);

/** Text in a style, for `print`; plain where the stream is no terminal or NO_COLOR is set (`hasColors` looks at it). */
export function paint(style: Style, text: string, screen: Screen = process.stdout): string {
  if (!screen.isTTY || !screen.hasColors?.() || process.env.NO_COLOR) return text;
  // Newer Node.js would look at stdout itself. The text may hold styles that are not ours: those around it alone are.
  const [open = '', close = ''] = styleText(style, '|', { validateStream: false }).split('|');
  return `${own(open)}${text}${own(close)}`;
}

/** A text of ours that has styles, for `print`. */
export function own(styled: string): string {
  return styled.replaceAll('\u001b[', `\u001b[${OWN}`);
}

/**
 * Writes text for people and a new line; a terminal's lines are broken between words. What names and files put into it
 * cannot do anything to the terminal: all control characters but new lines and the styles of `paint` are written out.
 */
export function print(text: string): void {
  const cells = widthOfLines();
  const lines = printable(text).split('\n');
  process.stdout.write(`${lines.map((line) => fold(line, cells)).join('\n')}\n`);
}

/** Cells of a line on the terminal; without one there is no limit. */
export function widthOfLines(): number {
  const { isTTY, columns } = process.stdout;
  return isTTY && columns > 0 ? columns : Number.POSITIVE_INFINITY;
}

/** What `print` writes. */
export function printable(text: string): string {
  // The odd parts are what the group of the expression holds.
  const parts = text.split(OWN_STYLE);
  return parts.map((part, i) => (i % 2 === 1 ? `\u001b[${part}` : escapeControls(part))).join('');
}

/** Writes JSON and a new line, likewise; it stays the same value. */
export function printJson(json: string): void {
  process.stdout.write(`${escapeJsonControls(json)}\n`);
}
