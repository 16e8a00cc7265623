import { UserError } from '../user-error.ts';

/** Whether a font draws a character. */
export type Coverage = (codePoint: number) => boolean;

/** Of a collection (.ttc); more are none. */
const MOST_FONTS = 64;

/**
 * Which characters a TrueType or OpenType font, or a collection of them, draws: its table cmap
 * [https://learn.microsoft.com/typography/opentype/spec/cmap].
 * @param file how errors call it
 * @throws UserError for what is no such font, or is damaged
 */
export function readCoverage(bytes: Uint8Array, file: string): Coverage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const tables = fontsOf(view, file).flatMap((at) => characterTables(view, at));
    if (tables.length > 0) return (code) => tables.some((glyphOf) => glyphOf(code) !== 0);
  } catch (cause) {
    // What a table points to lies beyond the end.
    if (!(cause instanceof RangeError)) throw cause;
  }
  throw new UserError(`${file} is damaged: a font that says of no character how it is drawn`);
}

/** Where each font begins. */
function fontsOf(view: DataView, file: string): number[] {
  const kind = view.byteLength < 12 ? '' : tagAt(view, 0);
  if (kind === 'ttcf') {
    const count = Math.min(MOST_FONTS, view.getUint32(8));
    return Array.from({ length: count }, (_, i) => view.getUint32(12 + 4 * i));
  }
  if (kind === '\u0000\u0001\u0000\u0000' || kind === 'OTTO' || kind === 'true') return [0];
  const why = kind.startsWith('wOF') ? ': WOFF is for web pages' : '';
  throw new UserError(`${file} is no TrueType or OpenType font (.ttf, .otf, .ttc)${why}`);
}

/** The subtables that map Unicode. */
function characterTables(view: DataView, font: number): ((code: number) => number)[] {
  const count = view.getUint16(font + 4);
  const entry = Array.from({ length: count }, (_, i) => font + 12 + 16 * i).find(
    (at) => tagAt(view, at) === 'cmap',
  );
  if (entry === undefined) return [];
  const cmap = view.getUint32(entry + 8);
  const records = Array.from({ length: view.getUint16(cmap + 2) }, (_, i) => cmap + 4 + 8 * i);
  const isUnicode = (at: number): boolean => {
    const [platform, encoding] = [view.getUint16(at), view.getUint16(at + 2)];
    return platform === 0 || (platform === 3 && (encoding === 1 || encoding === 10));
  };
  return records.filter(isUnicode).flatMap((at) => glyphsOf(view, cmap + view.getUint32(at + 4)) ?? []);
}

/** Code point → glyph, 0 where there is none; undefined for a format that fonts don't have today. */
function glyphsOf(view: DataView, at: number): ((code: number) => number) | undefined {
  const format = view.getUint16(at);
  if (format === 4) return (code) => glyphBySegments(view, at, code);
  if (format === 6) {
    const [first, count] = [view.getUint16(at + 6), view.getUint16(at + 8)];
    return (code) =>
      code >= first && code < first + count ? view.getUint16(at + 10 + 2 * (code - first)) : 0;
  }
  if (format === 12 || format === 13) {
    const groups = view.getUint32(at + 12);
    return (code) => glyphByGroups(view, at + 16, groups, code, format === 12);
  }
  return undefined;
}

/** Format 4: segments of code points below 2¹⁶. */
function glyphBySegments(view: DataView, at: number, code: number): number {
  const bytes = view.getUint16(at + 6);
  for (let segment = 0; segment < bytes; segment += 2) {
    if (view.getUint16(at + 14 + segment) < code) continue;
    const starts = at + 16 + bytes;
    const start = view.getUint16(starts + segment);
    if (start > code) return 0;
    const delta = view.getUint16(starts + bytes + segment);
    const offsetAt = starts + 2 * bytes + segment;
    const offset = view.getUint16(offsetAt);
    if (offset === 0) return (code + delta) & 0xffff;
    const glyph = view.getUint16(offsetAt + offset + 2 * (code - start));
    return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
  }
  return 0;
}

/** Formats 12 and 13: groups of any code points, in order. @param rises whether each has a glyph of its own */
function glyphByGroups(view: DataView, at: number, groups: number, code: number, rises: boolean): number {
  let [low, high] = [0, groups];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const group = at + 12 * middle;
    if (view.getUint32(group + 4) < code) low = middle + 1;
    else if (view.getUint32(group) > code) high = middle;
    else return view.getUint32(group + 8) + (rises ? code - view.getUint32(group) : 0);
  }
  return 0;
}

function tagAt(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}
