import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Figure } from '../../src/plot/figure.ts';
import { themes } from '../../src/plot/palette.ts';
import { valueAxis } from '../../src/plot/panel-axes.ts';
import { renderFigurePage } from '../../src/plot/render-page.ts';
import { renderSvg } from '../../src/plot/render-svg.ts';
import { figureOf, oddRanges } from '../plot/odd-ranges.ts';
import { chromiumPath, launchChromium } from './chromium.ts';

/** Keeps what is written on canvases, and apart what is right of its place: the labels of y axes. */
const LISTEN = `
  window.written = [];
  window.all = [];
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    window.all.push(text);
    if (this.textAlign === 'right') window.written.push(text);
    return fillText.call(this, text, ...rest);
  };
`;

describe.skipIf(chromiumPath === undefined)('axes in Chromium, on ranges they are seldom made for', () => {
  let browser: Browser;
  let page: Page;
  const file = join(mkdtempSync(join(tmpdir(), 'leash-odd-')), 'plot.html');

  beforeAll(async () => {
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 900, height: 700 } });
    await page.addInitScript(LISTEN);
  });
  afterAll(() => browser?.close());

  /** The labels of the page's y axis, as it is or after its button was pressed. */
  async function labelsOf(range: readonly [number, number], isLog: boolean): Promise<string[]> {
    writeFileSync(file, renderFigurePage(figureOf(range)));
    await page.goto(`file://${file}`);
    if (isLog) {
      await page.evaluate('window.written = []');
      await page.getByRole('button', { name: 'logarithmic' }).click();
    }
    return page.evaluate('[...new Set(window.written)]');
  }

  const box = { left: 60, right: 800, top: 4, bottom: 404 };

  test.each(oddRanges)('from %d to %d the page writes what the SVG does', async (low, high) => {
    const { panels } = figureOf([low, high]);
    const wanted = valueAxis(panels[0].lines, [], false, box)?.ticks.map(({ label }) => label) ?? [];
    expect(wanted.length).toBeGreaterThan(2);
    expect(await labelsOf([low, high], false)).toEqual(wanted);
    const svg = renderSvg(figureOf([low, high]), themes.light);
    const inSvg = [...svg.matchAll(/text-anchor="end"[^>]*>([^<]+)</g)].map(([, label]) => label);
    // A plot of one panel is higher than one on the page, and may have steps of half the size.
    expect(inSvg).toEqual(
      expect.arrayContaining(wanted.filter((label) => inSvg.length === wanted.length || label === '0')),
    );
  });

  test.each(oddRanges.filter(([low]) => low > 0))(
    'likewise on a logarithmic axis, from %d to %d',
    async (low, high) => {
      const { panels } = figureOf([low, high], true);
      const wanted = valueAxis(panels[0].lines, [], true, box)?.ticks.map(({ label }) => label) ?? [];
      expect(await labelsOf([low, high], true)).toEqual(wanted);
    },
  );

  test('what stands beside a panel is what the SVG says there', async () => {
    const figure = figureOf([0, 1]);
    const [panel] = figure.panels;
    const bound = (group: number, y: number) => ({ groups: [group], x: [0, 5], y: [y, y] });
    const besides: Figure = {
      ...figure,
      groups: [...figure.groups, { label: 'b', remark: '', hue: 1 }],
      panels: [
        {
          ...panel,
          lines: panel.lines.map((line) => ({ ...line, y: line.y.map((value) => (value ?? 0) + 2) })),
          bounds: [bound(0, 2), bound(1, 90)],
          violations: [{ group: 0, x: [2], share: [0.5], total: 1, of: 1000, what: 'updates' }],
        },
      ],
    };
    writeFileSync(file, renderFigurePage(besides));
    await page.goto(`file://${file}`);
    const written: string[] = await page.evaluate('window.all');
    const svg = renderSvg(besides, themes.light).replaceAll('&gt;', '>').replaceAll('&lt;', '<');
    for (const text of ['δ = 2', 'δ = 90 above', '<1%']) {
      expect(written).toContain(text);
      expect(svg).toContain(`>${text}<`);
    }
  });
});
