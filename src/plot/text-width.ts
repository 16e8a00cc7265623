/*
 * Advance widths of DejaVu Sans, thousandths of the font size, for the characters from space to tilde: SVG is
 * laid out without a browser. Verdana, the other font named in the figures, has nearly the same.
 */
const WIDTHS = [
  318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636,
  636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295,
  295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838,
  500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521,
  392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];
const OTHER = 640;
/** Chinese, Japanese, Korean and the like take a whole square. */
const WIDE = 1000;

/** Width of a text in the unit of `size`, the font size; bold is about a tenth wider. */
export function textWidth(text: string, size: number, bold = false): number {
  let sum = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    sum += WIDTHS[code - 32] ?? (code >= 0x1100 || character === '…' ? WIDE : OTHER);
  }
  return (sum * size * (bold ? 1.1 : 1)) / 1000;
}

/** A text cut in its middle, so that its beginning and its end, where names differ, both stay. */
export function truncate(text: string, size: number, room: number): string {
  if (textWidth(text, size) <= room) return text;
  const characters = [...text];
  for (let kept = characters.length - 1; kept > 1; kept--) {
    const head = Math.ceil(kept * 0.45);
    const shorter = `${characters.slice(0, head).join('')}…${characters.slice(head - kept).join('')}`;
    if (textWidth(shorter, size) <= room) return shorter;
  }
  return '…';
}

/** `truncate` for several names: those that came out alike are numbered, so that no two read the same. */
export function truncateApart(texts: readonly string[], size: number, room: number): string[] {
  const cut = texts.map((text) => truncate(text, size, room));
  return cut.map((text, i) => {
    const isAmbiguous = cut.some((other, j) => j !== i && other === text && texts[i] !== texts[j]);
    const number = `#${i + 1} `;
    return isAmbiguous ? number + truncate(texts[i] as string, size, room - textWidth(number, size)) : text;
  });
}
