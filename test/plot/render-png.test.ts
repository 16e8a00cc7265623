import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readCoverage } from '../../src/formats/font.ts';
import { missingCharacters, renderPng } from '../../src/plot/render-png.ts';

const ttf = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
const mathFile = join(ttf, 'DejaVuMathTeXGyre.ttf');
const math = { file: mathFile, covers: readCoverage(readFileSync(mathFile), mathFile) };

const svg = (content: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 30" width="60" height="30" font-family="DejaVu Sans">${content}</svg>`;

test('text is visible: the picture with letters differs from the one without', async () => {
  const blank = await renderPng(svg(''));
  const written = await renderPng(svg('<text x="5" y="20" font-size="16">KLδ</text>'));
  expect(written.equals(blank)).toBe(false);
  expect(written.length).toBeGreaterThan(blank.length + 200);
});

test('a PNG has twice the pixels of its SVG and the same bytes each time', async () => {
  const png = await renderPng(svg('<rect width="9" height="9"/>'));
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([120, 60]);
  expect((await renderPng(svg('<rect width="9" height="9"/>'))).equals(png)).toBe(true);
});

test('what no font draws is named, and drawn by a font that is given and has it', async () => {
  const script = svg('<text x="5" y="20">𝓐𝓑 &amp; 日<title>月</title></text>');
  expect(missingCharacters(script)).toEqual(['𝓐', '𝓑', '日']);
  expect(missingCharacters(script, [math])).toEqual(['日']);
  expect(missingCharacters(svg('<text>π_old‖δ Ж e\u0301 \ufe0f</text>'))).toEqual([]);
  expect((await renderPng(script, [math])).equals(await renderPng(script))).toBe(false);
  // What leash has itself is drawn as without it.
  const latin = svg('<text x="5" y="20">KLδ</text>');
  expect((await renderPng(latin, [math])).equals(await renderPng(latin))).toBe(true);
});
