import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { type Dashboard, startDashboard } from '../../src/dashboard/server.ts';
import type { ToldRows } from '../../src/dashboard/wire.ts';
import { built } from '../built.ts';
import { temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';
import { chromiumPath, launchChromium } from './chromium.ts';

describe.skipIf(chromiumPath === undefined)(
  'charts of leash dashboard in Chromium (skipped where there is none)',
  () => {
    const open: Dashboard[] = [];
    const mistakes: string[] = [];
    let browser: Browser;

    beforeAll(async () => {
      browser = await launchChromium();
    });
    afterAll(async () => {
      await browser?.close();
      for (const each of open) await each.close();
      expect(mistakes).toEqual([]);
    });

    /** A page of a folder of runs that looks at it so. */
    async function opened(root: string, look: string, shown = '.panel canvas'): Promise<Page> {
      const dashboard = await startDashboard({
        ...{ root, host: '127.0.0.1', port: 0, environments: environmentOptions },
      });
      open.push(dashboard);
      const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
      page.on('pageerror', (error) => mistakes.push(error.message));
      page.on('console', (message) => void (message.type() === 'error' && mistakes.push(message.text())));
      await page.goto(`${dashboard.address}#${look}`);
      await page.waitForSelector(shown);
      return page;
    }

    /** What a button of the page saves. */
    async function saved(page: Page, name: string): Promise<string> {
      const button = page.locator('button:visible', { hasText: name }).first();
      const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
      const parts: Buffer[] = [];
      for await (const part of await download.createReadStream()) parts.push(part as Buffer);
      return Buffer.concat(parts).toString();
    }

    test('are over seconds of training where it was timed; what was not is named', async () => {
      const root = temporaryFolder();
      for (const seed of [0, 1]) writeRun(root, { name: 'timed', seed, updates: 30 });
      writeFileSync(join(writeRun(root, { name: 'untimed', updates: 30 }), 'timing.jsonl'), '');
      const page = await opened(root, 'x=time');
      const note = page.getByText('seconds of training: none in untimed');
      await note.first().waitFor();
      const axis = page.getByRole('combobox', { name: 'what the course of training is counted in' }).first();
      await expect.poll(() => axis.inputValue()).toBe('time');
      expect(await saved(page, 'SVG')).toMatch(/>seconds of training</);
      await axis.selectOption('updates');
      await expect.poll(() => page.evaluate('location.hash')).toBe('#x=updates');
      await expect.poll(() => note.count()).toBe(0);
      await page.close();
    });

    test('of what a real action is chosen from are densities, now and before, with the KL between them', async () => {
      const root = temporaryFolder();
      const config = new URL('../../configs/gaussian-microscope-clip.json', import.meta.url).pathname;
      const flags = ['--steps', '1024', '--quiet', '--threads', '1', '--set', 'snapshots.everyUpdates=1'];
      execFileSync(process.execPath, [built, 'train', config, '--runs', root, '--name', 'bell', ...flags]);
      const page = await opened(root, 'view=policy', '.density path');
      const chances = page.locator('.chances');
      const curves = () =>
        page
          .locator('.density path')
          .evaluateAll((all) =>
            all.map(
              (each) =>
                (each as unknown as { getAttribute(name: string): string | null })
                  .getAttribute('d')
                  ?.split('L').length,
            ),
          );
      await chances
        .getByText(/before: the policy after update 3\. Here KL\(π_before‖π\) = [\d.e−]+, KL/)
        .waitFor();
      expect(await curves()).toEqual([161, 161]);
      await expect
        .poll(() => chances.locator('svg').getAttribute('aria-label'))
        .toMatch(/^density of .*: .* ± .*, before .* ± /);
      await page.getByRole('slider', { name: 'policy after update' }).fill('0');
      await chances.getByText('There is no earlier policy').waitFor();
      expect(await curves()).toEqual([1, 161]);
      await page.close();
    });

    test('of a long run are a choice of its updates, and each of a part that is zoomed to', async () => {
      const root = temporaryFolder();
      const kl = (u: number): number => (u === 4321 ? 0.07 : 0.01 + (u % 97) / 1e4);
      const row = (u: number) => ({ klOldNewMean: kl(u), deltaViolated: u === 4321 });
      writeRun(root, { name: 'long', updates: 9000, row });
      const page = await opened(root, 'x=updates');
      const note = page.getByText(/^long: [\d,]+ of 9,000 updates are drawn/);
      const drawn = Number(
        /long: ([\d,]+) of/.exec(await note.first().innerText())?.[1]?.replaceAll(',', ''),
      );
      expect(drawn).toBeGreaterThan(450);
      expect(drawn).toBeLessThan(4200);
      await page.getByText('1 of 9,000 updates outside δ').first().waitFor();
      // What is saved is all of it.
      const [head, ...lines] = (await saved(page, 'CSV')).trimEnd().split('\n');
      const cells = lines.map((line) => line.split(','));
      const column = (name: string): (string | undefined)[] =>
        cells.map((line) => line[head?.split(',').indexOf(name) ?? -1]);
      expect(column('update').map(Number)).toEqual(Array.from({ length: 9000 }, (_, at) => at + 1));
      expect(column('klOldNewMean').map(Number)).toEqual(Array.from({ length: 9000 }, (_, at) => kl(at + 1)));
      expect(column('curve').filter((cell) => cell !== '').length).toBeGreaterThan(8000);
      const asked = page.waitForResponse((response) => /\/rows\?.*&to=/.test(response.url()));
      await page.evaluate("location.hash = 'x=updates&zoom=6000,6040'");
      const { rows } = (await (await asked).json()) as { rows: ToldRows[] };
      const near = new Set(rows[0]?.columns.update);
      expect(Array.from({ length: 41 }, (_, at) => 6000 + at).filter((update) => !near.has(update))).toEqual(
        [],
      );
      await expect
        .poll(async () =>
          Number(/long: ([\d,]+) of/.exec(await note.first().innerText())?.[1]?.replaceAll(',', '')),
        )
        .toBeGreaterThan(drawn);
      await page.close();
    });
  },
);
