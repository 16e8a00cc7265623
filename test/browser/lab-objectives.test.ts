import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { objectives } from '../../src/objective/objective.ts';
import { chromiumPath } from './chromium.ts';
import { addressWith, type OpenLab, openLab, refusals } from './lab-page.ts';

describe.skipIf(chromiumPath === undefined)(
  'the objectives of the laboratory in Chromium (skipped where there is none)',
  () => {
    let laboratory: OpenLab;
    beforeAll(async () => {
      laboratory = await openLab();
    });
    afterAll(() => laboratory?.close());

    test('every objective that training knows is drawn, with its settings, one after the other', async () => {
      const page = await laboratory.open('#view=objectives');
      const select = page.getByRole('combobox', { name: 'objective' });
      for (const { kind, settings, equation } of objectives) {
        await select.selectOption(kind);
        await page.getByText(`loss: ${equation}`).waitFor();
        const own = (settings as readonly string[]).filter((name) => name !== 'adapt');
        const turned = page.locator('.knobs');
        expect(
          (await turned.getByRole('slider').count()) + (await turned.getByRole('combobox').count()),
        ).toBe(own.length + 1);
        await expect.poll(() => page.locator('canvas:not(.over)').count()).toBe(4);
      }
      await page.close();
    });

    test('keys turn a setting, the address holds it, and a link shows the same', async () => {
      const page = await laboratory.open('#view=objectives&objective=clip');
      await page.getByRole('slider', { name: 'clipRange' }).press('End');
      const address = await addressWith(page, 'clipRange=1');
      expect(address.get('objective')).toBe('clip');
      await page.getByRole('button', { name: 'all of them' }).click();
      await addressWith(page, 'all=1');
      await expect.poll(() => page.locator('.legend button').count()).toBe(objectives.length);
      const again = await laboratory.open(new URL(page.url()).hash);
      await expect.poll(() => again.getByRole('slider', { name: 'clipRange' }).inputValue()).toBe('200');
      await expect.poll(() => again.locator('.legend button').count()).toBe(objectives.length);
      expect(await refusals(again)).toEqual([]);
      await again.close();
      await page.close();
    });

    test.each([
      [
        '#view=objectives&objective=hope',
        /^the link’s objective must be clip, klPenalty, [^\n]*, got "hope"$/,
      ],
      ['#view=objectives&clipRange=-1', /^the link’s clipRange makes no sense: "-1"$/],
      ['#view=objectives&objective=spo&beta=1', /^the link’s beta is no setting of spo; it has clipRange$/],
      [
        '#view=objectives&objective=softGate&gate=door',
        /^the link’s gate must be linearRamp, sigmoid, softMinimum, got "door"$/,
      ],
      ['#view=objectives&probability=1.5', /^the link’s probability makes no sense: "1.5"$/],
    ])('of %s says one line', async (hash, line) => {
      const page = await laboratory.open(hash);
      const lines = await refusals(page);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(line);
      await expect.poll(() => page.locator('canvas:not(.over)').count()).toBe(4);
      await page.close();
    });

    test('without a mistake', () => {
      expect(laboratory.mistakes).toEqual([]);
    });
  },
);
