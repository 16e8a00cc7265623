import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Coverage, readCoverage } from '../formats/font.ts';
import { UserError } from '../user-error.ts';

/** A font file beside those that come with leash. */
export interface Font {
  readonly file: string;
  readonly covers: Coverage;
}

/** Stands for a character that no font draws. */
const BOX = '□';

/**
 * SVG text → PNG bytes.
 * @param fonts what the fonts that come with leash don't draw is drawn by the first of these that does
 * @param scale pixels a unit: 2 is sharp in print and on dense screens
 */
export async function renderPng(svg: string, fonts: readonly Font[] = [], scale = 2): Promise<Buffer> {
  const { Resvg } = await loadResvg();
  const width = Number(/ width="([\d.]+)"/.exec(svg)?.[1] ?? 960);
  const image = new Resvg(withBoxes(svg, fonts), {
    fitTo: { mode: 'width', value: Math.round(width * scale) },
    // Without a font file resvg draws text invisibly, and without a word; fonts of the system would differ.
    font: {
      loadSystemFonts: false,
      fontFiles: [...ownFiles(), ...fonts.map(({ file }) => file)],
      defaultFontFamily: 'DejaVu Sans',
    },
  });
  return image.render().asPng();
}

/** Characters of the texts of an SVG that no font draws, each once, in the order of the text. */
export function missingCharacters(svg: string, fonts: readonly Font[] = []): string[] {
  const own = ownFiles().map((file) => readCoverage(readFileSync(file), file));
  const coverages = [...own, ...fonts.map(({ covers }) => covers)];
  const texts = svg
    .replaceAll(/<title>[^<]*<\/title>/g, '')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&[a-z]+;/g, '');
  // Spaces, marks that say how others are joined, and variants are not drawn themselves.
  const drawn = [...new Set(texts)].filter(
    (character) => !/[\s\p{Cf}\p{Cc}\p{Variation_Selector}]/u.test(character),
  );
  return drawn.filter((character) => !coverages.some((covers) => covers(character.codePointAt(0) as number)));
}

/** resvg looks for no other font for the rest of a text in which one character has none. */
function withBoxes(svg: string, fonts: readonly Font[]): string {
  return missingCharacters(svg, fonts).reduce((text, character) => text.replaceAll(character, BOX), svg);
}

/** @throws UserError where the package, or its part for this machine, is not installed */
async function loadResvg(): Promise<typeof import('@resvg/resvg-js')> {
  try {
    return await import('@resvg/resvg-js');
  } catch {
    throw new UserError(
      'PNG needs the package @resvg/resvg-js with its part for this machine, which is optional and not installed (npm install @resvg/resvg-js); SVG needs nothing: --out FILE.svg',
      1,
    );
  }
}

function ownFiles(): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'));
  return ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => join(folder, 'ttf', file));
}
