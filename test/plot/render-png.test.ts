import { expect, test } from 'vitest';
import { renderPng } from '../../src/plot/render-png.ts';

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
