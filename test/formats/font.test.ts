import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCoverage } from '../../src/formats/font.ts';

const folder = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
const sans = readFileSync(join(folder, 'DejaVuSans.ttf'));
const math = readFileSync(join(folder, 'DejaVuMathTeXGyre.ttf'));

const drawn = (bytes: Uint8Array, text: string): string => {
  const covers = readCoverage(bytes, 'x.ttf');
  return [...text].filter((character) => covers(character.codePointAt(0) as number)).join('');
};

/** A font with nothing but a table cmap, of one subtable. */
function fontWith(subtable: readonly number[], tag = '\u0000\u0001\u0000\u0000'): Uint8Array {
  const [head, entry] = [12, 16];
  const bytes = new Uint8Array(head + entry + 12 + 2 * subtable.length);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(tag, 'latin1'));
  view.setUint16(4, 1);
  bytes.set(Buffer.from('cmap'), head);
  view.setUint32(head + 8, head + entry);
  // One record: platform 3, encoding 10, the subtable after it.
  const values = [0, 1, 3, 10, 0, 12, ...subtable];
  for (const [i, value] of values.entries()) view.setUint16(head + entry + 2 * i, value);
  return bytes;
}

/** A collection of it alone. */
function collectionOf(font: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + font.length);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from('ttcf'));
  view.setUint32(8, 1);
  view.setUint32(12, 16);
  bytes.set(font, 16);
  // Its tables are told from the beginning of the file.
  view.setUint32(16 + 12 + 8, 16 + 28);
  return bytes;
}

describe('which characters a font draws', () => {
  test('of fonts as they come', () => {
    expect(drawn(sans, 'Aδ‖Жم日本𝓐')).toBe('Aδ‖Жم');
    expect(drawn(math, 'Aδ‖日𝓐')).toBe('Aδ‖𝓐');
  });

  test('in formats 4, 6 and 12, and in collections', () => {
    // Segments b–c with a delta and x–y with glyphs 0 and 7, and the last that every such table ends with.
    const four = [4, 48, 0, 6, 0, 0, 0, 0x63, 0x79, 0xffff, 0, 0x62, 0x78, 0xffff, 1, 0, 1, 0, 4, 0, 0, 7];
    expect(drawn(fontWith(four), 'abcdwxyz')).toBe('bcy');
    expect(drawn(fontWith([6, 16, 0, 0x62, 3, 5, 0, 6]), 'abcde')).toBe('bd');
    const twelve = [12, 0, 0, 40, 0, 0, 0, 2, 0, 0x62, 0, 0x63, 0, 9, 1, 0xf338, 1, 0xf339, 0, 20];
    expect(drawn(fontWith(twelve), 'abcd🌸🌷🌹')).toBe('bc🌸🌹');
    expect(drawn(collectionOf(fontWith(twelve)), 'abc🌸')).toBe('bc🌸');
  });

  test.each([
    ['nothing', new Uint8Array(), 'x.ttf is no TrueType or OpenType font (.ttf, .otf, .ttc)'],
    ['a text', Buffer.from('# leash, a text'), 'x.ttf is no TrueType or OpenType font (.ttf, .otf, .ttc)'],
    [
      'a font of the web',
      Buffer.from('wOF2 and what follows'),
      'x.ttf is no TrueType or OpenType font (.ttf, .otf, .ttc): WOFF is for web pages',
    ],
    [
      'a font cut off',
      sans.subarray(0, 200),
      'x.ttf is damaged: a font that says of no character how it is drawn',
    ],
    [
      'a font of symbols alone',
      fontWith([2, 0]),
      'x.ttf is damaged: a font that says of no character how it is drawn',
    ],
  ])('%s is refused in one line', (_, bytes, message) => {
    expect(() => readCoverage(bytes, 'x.ttf')).toThrow(message);
  });
});
