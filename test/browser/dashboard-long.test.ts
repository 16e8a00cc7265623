import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { type Dashboard, startDashboard } from '../../src/dashboard/server.ts';
import { temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';
import { chromiumPath } from './chromium.ts';

describe.skipIf(chromiumPath === undefined)(
  'charts of leash dashboard in Chromium (skipped where there is none)',
  () => {
    const open: Dashboard[] = [];
    const mistakes: string[] = [];
    let browser: Browser;

    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath: chromiumPath ?? '',
        args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
      });
    });
    afterAll(async () => {
      await browser?.close();
      for (const each of open) await each.close();
      expect(mistakes).toEqual([]);
    });

    /** A page of a folder of runs that looks at it so. */
    async function opened(root: string, look: string): Promise<Page> {
      const dashboard = await startDashboard({
        ...{ root, host: '127.0.0.1', port: 0, environments: environmentOptions },
      });
      open.push(dashboard);
      const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
      page.on('pageerror', (error) => mistakes.push(error.message));
      page.on('console', (message) => void (message.type() === 'error' && mistakes.push(message.text())));
      await page.goto(`${dashboard.address}#${look}`);
      await page.waitForSelector('.panel canvas');
      return page;
    }

    /** A chart as the page draws it for print, which says its numbers. */
    async function svg(page: Page): Promise<string> {
      const button = page.locator('button:visible', { hasText: 'SVG' });
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
      expect(await axis.inputValue()).toBe('time');
      // Thirty updates, a tenth of a second each.
      expect(await svg(page)).toMatch(/>seconds of training</);
      await axis.selectOption('updates');
      await expect.poll(() => page.evaluate('location.hash')).toBe('#x=updates');
      await expect.poll(() => note.count()).toBe(0);
      await page.close();
    });
  },
);
