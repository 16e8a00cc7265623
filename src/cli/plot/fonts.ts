import { readCoverage } from '../../formats/font.ts';
import { readFile } from '../../node/text-file.ts';
import type { Font } from '../../plot/render-png.ts';
import { UserError } from '../../user-error.ts';

/** Fonts of all of Unicode are smaller. */
const MOST_BYTES = 2 ** 28;
/** Characters that are named. */
const MOST_NAMED = 20;

/** The font files of `--font`. @throws UserError for what is none, and for a format that has its fonts elsewhere */
export function fontsOf(given: string | readonly string[] | undefined, format: string): Font[] {
  if (given === undefined) return [];
  if (format !== 'png')
    throw new UserError(`--font is for png: ${format} is shown with the fonts of whoever looks at it`);
  return [given]
    .flat()
    .map((file) => ({ file, covers: readCoverage(readFile(file, 'font file', MOST_BYTES), file) }));
}

/** What a picture has boxes for, and what to do about it. */
export function missingInWords(characters: readonly string[]): string {
  const named = characters.slice(0, MOST_NAMED).join('');
  const more = characters.length - MOST_NAMED;
  const all = more > 0 ? `${named} and ${more} more` : named;
  return `boxes stand for what leash has no font for: ${all}; --font FILE names one that has them, or write --out FILE.svg`;
}
