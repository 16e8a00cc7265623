import { stripVTControlCharacters } from 'node:util';

/** What stands on the character before it, or is not seen at all. */
const NO_CELL = /[\p{Mn}\p{Me}\p{Cf}]/u;
/**
 * What takes two cells of a terminal: Unicode's East Asian Wide and Fullwidth (UAX #11), by blocks, and what is drawn as
 * an emoji.
 */
const TWO_CELLS =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;

/** Cells that a text takes in a terminal; its styles take none. */
export function terminalWidth(text: string): number {
  let cells = 0;
  for (const character of stripVTControlCharacters(text))
    cells += character < '\u0300' ? 1 : NO_CELL.test(character) ? 0 : TWO_CELLS.test(character) ? 2 : 1;
  return cells;
}

/** Of several texts the cells of the widest; 0 of none. */
export function widestOf(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, terminalWidth(text)), 0);
}

/** A text without styles in at most so many cells, cut in its middle: where names differ, at either end, they still do. */
export function cutMiddle(text: string, cells: number): string {
  if (terminalWidth(text) <= cells) return text;
  const characters = [...text];
  for (let kept = characters.length - 1; kept > 1; kept--) {
    const head = Math.ceil(kept * 0.45);
    const shorter = `${characters.slice(0, head).join('')}…${characters.slice(head - kept).join('')}`;
    if (terminalWidth(shorter) <= cells) return shorter;
  }
  return '…';
}

/** `cutMiddle` of several names: those that came out alike are numbered, so that no two read the same. */
export function cutApart(texts: readonly string[], cells: number): string[] {
  const cut = texts.map((text) => cutMiddle(text, cells));
  return cut.map((text, i) => {
    const isAmbiguous = cut.some((other, j) => other === text && texts[j] !== texts[i]);
    const number = `#${i + 1} `;
    return isAmbiguous ? number + cutMiddle(texts[i] as string, cells - number.length) : text;
  });
}

/** A text with spaces after it, or before it, up to so many cells. */
export function pad(text: string, cells: number, side: 'left' | 'right' = 'right'): string {
  const space = ' '.repeat(Math.max(0, cells - terminalWidth(text)));
  return side === 'right' ? text + space : space + text;
}
