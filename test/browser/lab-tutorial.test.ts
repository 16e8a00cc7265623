import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { livePictures } from '../../src/lab/tutorial.ts';
import { chromiumPath } from './chromium.ts';
import { type OpenLab, openLab } from './lab-page.ts';

describe.skipIf(chromiumPath === undefined)('the tutorial in Chromium (skipped where there is none)', () => {
  let laboratory: OpenLab;
  beforeAll(async () => {
    laboratory = await openLab();
  });
  afterAll(() => laboratory?.close());
  const live = Object.keys(livePictures).length;

  test('is text and pictures without scripts', async () => {
    const page = await laboratory.open('tutorial.html', { javaScriptEnabled: false });
    expect(await page.locator('h2').count()).toBeGreaterThan(10);
    expect(await page.locator('figure img').count()).toBe(live + 3);
    expect(await page.locator('figure a').count()).toBe(live);
    await page.close();
  });

  test.each([1200, 390])(
    'has bars in their places with scripts, %d wide, which keys move and the playground goes on with',
    async (width) => {
      const page = await laboratory.open('tutorial.html', { viewport: { width, height: 844 } });
      expect(await page.locator('figure img').count()).toBe(3);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      const first = page.locator('figure').first();
      expect(await first.textContent()).toContain('KL(P‖Q) 0.025267, KL(Q‖P) 0.025815');
      await first.getByRole('slider', { name: 'Q: probability of green' }).press('Home');
      expect(await first.textContent()).toContain('KL(P‖Q) ∞');
      await first.getByRole('link').click();
      await page.getByRole('row', { name: /^green/ }).waitFor();
      expect(
        await page.getByRole('slider', { name: 'Q: probability of green' }).getAttribute('aria-valuenow'),
      ).toBe('0');
      const picture = process.env.LEASH_TEST_PICTURES;
      if (picture !== undefined) {
        await page.goBack();
        await page.locator('figure svg').first().waitFor();
        await page.screenshot({
          path: `${picture}/tutorial-${width}.png`,
          clip: { x: 0, y: 0, width, height: 1600 },
          fullPage: true,
        });
      }
      await page.close();
    },
  );

  test('is a tab of the laboratory, without a mistake', async () => {
    const page = await laboratory.open('#view=kl');
    await page.getByRole('link', { name: 'Tutorial' }).click();
    await page.getByRole('heading', { name: 'Two bags of balls' }).waitFor();
    await page.close();
    expect(laboratory.mistakes).toEqual([]);
  });
});
