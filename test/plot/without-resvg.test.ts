import { expect, test, vi } from 'vitest';
import { renderPng } from '../../src/plot/render-png.ts';

vi.mock('@resvg/resvg-js', () => {
  throw new Error('Cannot find native binding');
});

test('without the package that draws PNG there is one line that says so, and what needs none', async () => {
  await expect(renderPng('<svg width="1" height="1"/>')).rejects.toMatchObject({
    name: 'UserError',
    exitCode: 1,
    message: expect.stringMatching(
      /^PNG needs the package @resvg\/resvg-js .* SVG needs nothing: --out FILE\.svg$/,
    ),
  });
});
