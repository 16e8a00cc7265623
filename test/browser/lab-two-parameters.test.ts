import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { WatchedTraining } from '../../src/page/lab/two-parameters.ts';
import { chromiumPath } from './chromium.ts';
import { addressWith, frameTime, type OpenLab, openLab, refusals } from './lab-page.ts';

describe.skipIf(chromiumPath === undefined)(
  'the two-parameter world in Chromium (skipped where there is none)',
  () => {
    let laboratory: OpenLab;
    beforeAll(async () => {
      laboratory = await openLab();
    });
    afterAll(() => laboratory?.close());

    const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
    const told = async (page: Page, name: string): Promise<string> =>
      (await page
        .getByRole('row', { name: new RegExp(`^${name}`) })
        .locator('td')
        .nth(1)
        .textContent()) ?? '';

    test.each([
      ['trpo', 'gaussian-microscope-trpo', ['trustRegion.delta=0.1']],
      ['ppo', 'gaussian-microscope-clip', ['trustRegion.delta=0.1']],
    ] as const)('a step by %s is that of the core in Node.js', async (algorithm, name, overrides) => {
      const path = new URL(`../../configs/${name}.json`, import.meta.url).pathname;
      expect(readFileSync(path, 'utf8')).toContain('GaussianMicroscope');
      const given = overrides.map((each) => {
        const [path = '', text = ''] = each.split('=');
        return { path, text, origin: '--set' };
      });
      const { config } = loadConfig(path, given, environmentOptions);
      const definition = findEnvironment(config.environment.id as string);
      const training = new WatchedTraining(config, definition, await loadEngine('wasm'), [0, 0]);
      const steps = [training.step(), training.step()];
      training.dispose();
      const page = await laboratory.open(`#view=two&algorithm=${algorithm}&delta=0.1`);
      await button(page, 'one step').click();
      await button(page, 'one step').click();
      expect(await told(page, 'step')).toBe('2');
      const last = steps[1];
      expect(await told(page, 'KL')).toBe(`${last?.row.klOldNewMean?.toFixed(6)}, δ 0.1`);
      const [mean] = last?.to ?? [];
      await expect
        .poll(() => page.getByRole('img').first().getAttribute('aria-label'))
        .toContain(`μ ${mean?.toFixed(2)},`);
      if (algorithm === 'ppo')
        await expect
          .poll(() => page.locator('.gradient-step').count())
          .toBe(2 * Number(last?.row.gradientStepsApplied));
      await page.close();
    });

    test('the policy is dragged, what is turned stands in the address, and a link makes the same steps', async () => {
      const page = await laboratory.open('#view=two');
      await page.locator('.now').waitFor();
      const box = await page.locator('.now').boundingBox();
      if (box === null) throw new Error('no policy');
      await page.mouse.move(box.x + 6, box.y + 6);
      await page.mouse.down();
      await page.mouse.move(box.x - 90, box.y + 60, { steps: 4 });
      await page.mouse.up();
      await page.getByRole('slider', { name: 'δ' }).press('Home');
      await button(page, 'one step').click();
      await button(page, 'one step').click();
      const address = await addressWith(page, 'steps=2');
      expect(address.get('delta')).toBe('0.001');
      expect(Number(address.get('at')?.split(',')[0])).toBeLessThan(-0.2);
      const again = await laboratory.open(new URL(page.url()).hash);
      await again
        .getByText('the last step')
        .or(again.getByRole('row', { name: /^KL/ }))
        .first()
        .waitFor();
      for (const name of ['step', 'KL', 'true return', 'surrogate'])
        expect(await told(again, name)).toBe(await told(page, name));
      expect(await refusals(again)).toEqual([]);
      await again.close();
      await page.close();
    });

    test('the other world, and every field, are drawn', async () => {
      const page = await laboratory.open('#view=two&world=logit&algorithm=ppo&steps=1');
      for (const field of ['trueReturn', 'surrogate', 'objective']) {
        await page.getByRole('combobox', { name: 'contours of' }).selectOption(field);
        await expect.poll(() => page.locator('.level').count()).toBe(12);
      }
      await expect.poll(() => page.locator('.kl').getAttribute('d')).toMatch(/^M[^N]+$/);
      await page.close();
    });

    test.each([
      ['#view=two&world=flat', 'the link’s world must be gaussian, logit, got "flat"'],
      ['#view=two&at=99,0', 'the link’s at makes no sense: "99,0"'],
      ['#view=two&delta=-1', 'the link’s delta makes no sense: "-1"'],
      ['#view=two&steps=1e9', 'the link’s steps makes no sense: "1e9"'],
    ])('of %s says one line', async (hash, line) => {
      const page = await laboratory.open(hash);
      await page.locator('.level').first().waitFor();
      expect(await refusals(page)).toEqual([line]);
      await page.close();
    });

    test('no step, and no frame of a drag, takes more than 50 ms', async () => {
      const page = await laboratory.open('#view=two&field=objective&algorithm=ppo');
      await page.locator('.now').waitFor();
      await button(page, 'one step').click();
      await page.waitForTimeout(500);
      const slider = `document.querySelector('input[aria-label="μ"]')`;
      const drag = `${slider}.value = String(60 + turn); ${slider}.dispatchEvent(new Event('input'));`;
      const step = `[...document.querySelectorAll('button')].find((each) => each.textContent === 'one step').click();`;
      expect(await frameTime(page, drag)).toBeLessThanOrEqual(50);
      expect(await frameTime(page, step)).toBeLessThanOrEqual(50);
      expect(await frameTime(page, `${drag} ${step}`)).toBeLessThanOrEqual(50);
      await page.close();
    });

    test('without a mistake', () => {
      expect(laboratory.mistakes).toEqual([]);
    });
  },
);
