import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { livePairs } from '../../src/lab/tutorial.ts';
import { chromiumPath } from './chromium.ts';
import { type OpenLab, openLab } from './lab-page.ts';

describe.skipIf(chromiumPath === undefined)('the tutorial in Chromium (skipped where there is none)', () => {
  let laboratory: OpenLab;
  beforeAll(async () => {
    laboratory = await openLab();
  });
  afterAll(() => laboratory?.close());
  const live = Object.keys(livePairs).length;

  test('is text and pictures without scripts', async () => {
    const page = await laboratory.open('tutorial.html', { javaScriptEnabled: false });
    await expect.poll(() => page.locator('h2').count()).toBeGreaterThan(10);
    await expect.poll(() => page.locator('figure img').count()).toBe(live + 3);
    await expect.poll(() => page.locator('figure a').count()).toBe(live);
    await page.close();
  });

  test.each([1200, 390])(
    'has bars in their places with scripts, %d wide, which keys move and the playground goes on with',
    async (width) => {
      const page = await laboratory.open('tutorial.html', { viewport: { width, height: 844 } });
      // What training came to stays beside what is best.
      await expect.poll(() => page.locator('figure img').count()).toBe(1);
      const figureOf = (heading: string) => page.locator(`h2:has-text("${heading}") ~ figure`).first();
      const softmax = figureOf('Softmax comes first');
      await softmax.getByRole('slider', { name: 'logit 3' }).press('Home');
      await expect.poll(() => softmax.textContent()).toContain('softmax(2.5, −1.3, −10, 0.2)');
      const drift = figureOf('Drift in RLHF');
      await expect
        .poll(() => drift.textContent())
        .toContain('β = 0.43: KL(π*‖π_ref) 0.068795 nats, mean reward 0.077');
      await drift.getByRole('slider', { name: 'β' }).press('Home');
      await expect.poll(() => drift.textContent()).toContain('β = 0.05: ');
      const fit = figureOf('Next-token prediction');
      await fit.getByText('epoch 300 of 300: H(P,Q) 0.9829, H(P) 0.9257, KL(P‖Q) 0.0572').waitFor();
      await fit.getByRole('slider', { name: 'learning rate' }).press('End');
      await fit.getByText(/epoch 300 of 300: H\(P,Q\) (?!0\.9829)/).waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      const first = page.locator('figure').first();
      await expect.poll(() => first.textContent()).toContain('KL(P‖Q) 0.025267, KL(Q‖P) 0.025815');
      await first.getByRole('slider', { name: 'Q: probability of green' }).press('Home');
      await expect.poll(() => first.textContent()).toContain('KL(P‖Q) ∞');
      await first.getByRole('link').click();
      await page.getByRole('row', { name: /^green/ }).waitFor();
      expect(
        await page.getByRole('slider', { name: 'Q: probability of green' }).getAttribute('aria-valuenow'),
      ).toBe('0');
      const picture = process.env.LEASH_TEST_PICTURES;
      if (picture !== undefined) {
        await page.goBack();
        await page.getByText('epoch 300 of 300').waitFor();
        await page.screenshot({ path: `${picture}/tutorial-${width}.png`, fullPage: true });
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
