import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kl } from '../../src/divergence/kl.ts';
import { chromiumPath } from './chromium.ts';
import { addressWith, frameTime, type OpenLab, openLab, refusals } from './lab-page.ts';

const BAGS = '#view=kl&kind=bars&p=0.5,0.3,0.2&q=0.4,0.4,0.2&labels=red,blue,green';

describe.skipIf(chromiumPath === undefined)(
  'the KL playground in Chromium (skipped where there is none)',
  () => {
    let laboratory: OpenLab;
    beforeAll(async () => {
      laboratory = await openLab();
    });
    afterAll(() => laboratory?.close());

    const slider = (page: Page, name: string): Locator => page.getByRole('slider', { name, exact: true });
    const quantity = async (page: Page, name: string): Promise<string> =>
      (await page
        .getByRole('row', { name: new RegExp(`^${name.replace(/[()]/g, '\\$&')} `) })
        .locator('td')
        .nth(1)
        .textContent()) ?? '';
    const value = async (page: Page, name: string): Promise<number> =>
      Number(await slider(page, name).getAttribute('aria-valuenow'));

    test('shows what leash kl prints of the two bags', async () => {
      const page = await laboratory.open(BAGS);
      expect(await quantity(page, 'KL(P‖Q)')).toBe('0.025267');
      expect(await quantity(page, 'KL(Q‖P)')).toBe('0.025815');
      expect(await quantity(page, 'JS(P,Q)')).toBe('0.006367');
      const red = await page.getByRole('row', { name: /^red/ }).locator('td').allTextContents();
      expect(red).toEqual(['red', '0.5', '0.4', '0.111572', '−0.089257']);
      await page.close();
    });

    test('a bar is dragged by the mouse: it follows, all others give way, the address holds both', async () => {
      const page = await laboratory.open(BAGS);
      const box = await slider(page, 'Q: probability of red').boundingBox();
      if (box === null) throw new Error('no bar');
      const x = box.x + box.width / 2;
      // From 0.4 up to the height of a half: the bars reach from 206 to 24 pixels.
      await page.mouse.move(x, box.y + 140);
      await page.mouse.down();
      await page.mouse.move(x, box.y + 120, { steps: 4 });
      await page.mouse.move(x, box.y + 24 + 0.5 * (box.height - 24), { steps: 4 });
      await page.mouse.up();
      const address = await addressWith(page, 'q=0.5');
      const q = (address.get('q') ?? '').split(',').map(Number);
      expect(q[0]).toBeCloseTo(0.5, 2);
      expect(q.reduce((sum, each) => sum + each)).toBeCloseTo(1, 6);
      expect((q[1] ?? 0) / (q[2] ?? 0)).toBeCloseTo(2, 4);
      expect(address.get('p')).toBe('0.5,0.3,0.2');
      expect(Number(await quantity(page, 'KL(P‖Q)'))).toBeCloseTo(kl([0.5, 0.3, 0.2], q), 5);
      const again = await laboratory.open(new URL(page.url()).hash);
      expect(await quantity(again, 'KL(P‖Q)')).toBe(await quantity(page, 'KL(P‖Q)'));
      expect(await refusals(again)).toEqual([]);
      await page.close();
      await again.close();
    });

    test('a finger drags, and the page does not scroll away under it', async () => {
      const page = await laboratory.open(BAGS, { hasTouch: true, viewport: { width: 390, height: 844 } });
      const box = await slider(page, 'P: probability of blue').boundingBox();
      if (box === null) throw new Error('no bar');
      const at = (y: number) => [{ x: box.x + box.width / 2, y: box.y + y }];
      const devtools = await page.context().newCDPSession(page);
      const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: ReturnType<typeof at>) =>
        devtools.send('Input.dispatchTouchEvent', { type, touchPoints });
      await touch('touchStart', at(150));
      for (const y of [130, 110, 90, 70, 50]) await touch('touchMove', at(y));
      await touch('touchEnd', []);
      const reached = (box.height - 50) / (box.height - 24);
      await expect.poll(() => value(page, 'P: probability of blue')).toBeCloseTo(reached, 2);
      expect(await page.evaluate('scrollY')).toBe(0);
      await page.close();
    });

    test('keys move a bar by hundredths and tenths, to its ends and no further; infinity is said in words', async () => {
      const page = await laboratory.open(BAGS);
      const green = slider(page, 'Q: probability of green');
      await green.focus();
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowRight');
      await expect.poll(() => value(page, 'Q: probability of green')).toBe(0.22);
      await page.keyboard.press('PageUp');
      await expect.poll(() => value(page, 'Q: probability of green')).toBe(0.32);
      await page.keyboard.press('Home');
      await expect.poll(() => value(page, 'Q: probability of green')).toBe(0);
      await page.keyboard.press('ArrowDown');
      expect(await quantity(page, 'KL(P‖Q)')).toBe('∞');
      await expect
        .poll(() => page.locator('.verdict').textContent())
        .toBe(
          'KL(P‖Q) is infinite: P gives “green” 0.2, Q gives it 0; KL(Q‖P) is finite, for P allows all that Q does.',
        );
      await expect.poll(() => page.getByText('a sample of what Q rules out').count()).toBe(1);
      await page.keyboard.press('End');
      await expect.poll(() => value(page, 'Q: probability of red')).toBe(0);
      await page.close();
    });

    test('Gaussians by mean and width, and logits, are dragged and stand in the address', async () => {
      const page = await laboratory.open('#view=kl&kind=gaussians&p=0,1&q=0.2,0.8');
      expect(await quantity(page, 'KL(P‖Q)')).toBe('0.089356');
      expect(
        await page
          .getByRole('row', { name: /^together/ })
          .locator('td')
          .nth(3)
          .textContent(),
      ).toBe('0.089356');
      const box = await slider(page, 'Q: mean').boundingBox();
      if (box === null) throw new Error('no dot');
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.down();
      await page.mouse.move(box.x + 150, box.y + 10, { steps: 5 });
      await page.mouse.up();
      await expect.poll(() => value(page, 'Q: mean')).toBeGreaterThan(1.5);
      await slider(page, 'P: standard deviation').press('ArrowRight');
      const address = await addressWith(page, 'p=0,1.05');
      expect(Number(address.get('q')?.split(',')[0])).toBe(await value(page, 'Q: mean'));
      await page.getByRole('combobox', { name: 'given as' }).selectOption('logits');
      await slider(page, 'P: logit of B').press('ArrowUp');
      await expect.poll(() => value(page, 'P: logit of B')).toBe(-1.2);
      await page.getByRole('button', { name: 'an outcome more' }).click();
      await expect.poll(() => page.getByRole('slider').count()).toBe(10);
      expect((await addressWith(page, 'labels=A,B,C,D,E')).get('kind')).toBe('logits');
      await page.close();
    });

    test.each([
      ['#view=kl&p=0.5,0.6&q=0.5,0.5', 'the link’s p makes no sense: "0.5,0.6"'],
      ['#view=kl&p=0.5,0.5', 'the link must have both p and q, with as many numbers each'],
      ['#view=kl&p=0.5,0.5&q=0.2,0.3,0.5', 'the link must have both p and q, with as many numbers each'],
      ['#view=kl&kind=gaussians&p=0,-1&q=0,1', 'the link’s p makes no sense: "0,-1"'],
      ['#view=kl&kind=cubes', 'the link’s kind must be bars, logits, gaussians, got "cubes"'],
      ['#view=kl&seed=x', 'the link’s seed must be a whole number from 0 to 4294967295, got "x"'],
    ])('of %s says one line, and shows the rest', async (hash, line) => {
      const page = await laboratory.open(hash);
      expect(await refusals(page)).toEqual([line]);
      expect(await quantity(page, 'KL(P‖Q)')).toMatch(/^\d/);
      await page.close();
    });

    test('names of a link are texts, whatever they say', async () => {
      const page = await laboratory.open(
        `#view=kl&p=0.5,0.5&q=0.4,0.6&labels=${encodeURIComponent('<img src=x onerror=alert(1)>,b')}`,
      );
      await expect.poll(() => page.locator('img').count()).toBe(0);
      await expect.poll(() => page.getByRole('row', { name: /^<img src=x/ }).count()).toBe(1);
      await page.close();
    });

    test('no frame of a drag takes more than 50 ms', async () => {
      const page = await laboratory.open('#view=kl&kind=gaussians');
      const longest = await frameTime(
        page,
        `document.querySelector('[aria-label="Q: mean"]').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));`,
      );
      expect(longest).toBeLessThanOrEqual(50);
      await page.close();
    });

    test('without a mistake', () => {
      expect(laboratory.mistakes).toEqual([]);
    });
  },
);
