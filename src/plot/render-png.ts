import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../user-error.ts';

/** SVG text → PNG bytes. @param scale pixels a unit: 2 is sharp in print and on dense screens */
export async function renderPng(svg: string, scale = 2): Promise<Buffer> {
  const { Resvg } = await loadResvg();
  const width = Number(/ width="([\d.]+)"/.exec(svg)?.[1] ?? 960);
  const image = new Resvg(svg, {
    fitTo: { mode: 'width', value: Math.round(width * scale) },
    // Without a font file resvg draws text invisibly, and without a word; fonts of the system would differ.
    font: { loadSystemFonts: false, fontFiles: fontFiles(), defaultFontFamily: 'DejaVu Sans' },
  });
  return image.render().asPng();
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

function fontFiles(): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'));
  return ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => join(folder, 'ttf', file));
}
