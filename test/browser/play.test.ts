import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importPolicy } from '../../src/exchange/import-policy.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { chromiumPath, launchChromium } from './chromium.ts';

const example = fileURLToPath(new URL('../../docs/browser/', import.meta.url));
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
};

/** The built page over HTTP, as any static server would give it. */
function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = join(folder, pathname === '/' ? 'index.html' : pathname);
    if (!existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(readFileSync(file));
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

describe.skipIf(chromiumPath === undefined)(
  'the example page in Chromium (skipped where there is none)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'leash-browser-'));
    const troubles: string[] = [];
    let server: Server;
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      await build({
        configFile: join(example, 'vite.config.ts'),
        logLevel: 'error',
        build: { outDir: join(folder, 'page') },
      });
      server = await serve(join(folder, 'page'));
      browser = await launchChromium();
      page = await browser.newPage({ viewport: { width: 640, height: 760 } });
      page.on('console', (message) => {
        if (message.type() === 'error') troubles.push(message.text());
      });
      page.on('pageerror', (error) => troubles.push(error.message));
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      page.on('request', (request) => {
        if (!request.url().startsWith(origin) && !request.url().startsWith('data:'))
          troubles.push(request.url());
      });
      await page.goto(`${origin}?seed=1`);
      await page.waitForSelector('#status[data-state]');
    });

    afterAll(async () => {
      await browser.close();
      server.close();
      rmSync(folder, { recursive: true });
    });

    test('chooses in every state what leash itself does', async () => {
      const { policy } = importPolicy(join(example, 'public/policy/model.json'), { activation: 'tanh' });
      const states = policy.shape.inputs;
      const oneHot = new Float32Array(states * states);
      for (let s = 0; s < states; s++) oneHot[s * states + s] = 1;
      const network = (await loadEngine('reference')).create(policy.shape, states);
      const { outputs } = network.forward(policy.parameters, oneHot, states);
      const arrows = Array.from({ length: states }, (_, s) => {
        const row = outputs.slice(s * 4, s * 4 + 4);
        return '←↓→↑'[row.indexOf(Math.max(...row))];
      });
      const shown = await page.locator('#lake .cell').allTextContents();
      expect(shown).toHaveLength(16);
      const cells = 'SFFFFHFHFFFHHFFG';
      expect(shown).toEqual(arrows.map((arrow, s) => ('HG'.includes(cells[s] as string) ? '' : arrow)));
    });

    test('plays an episode to its end by a click', async () => {
      await page.click('#step');
      await expect.poll(() => page.textContent('#status')).toMatch(/^step 1, state \d+$/);
      await page.click('#play');
      await page.waitForSelector('#status[data-state="over"]', { timeout: 60_000 });
      await expect
        .poll(() => page.textContent('#status'))
        .toMatch(/^(reached the goal|over without the goal) after \d+ steps$/);
      const screenshot = process.env.LEASH_SCREENSHOT;
      if (screenshot) await page.screenshot({ path: screenshot });
    });

    test('reports no error and asks no other host for anything', () => {
      expect(troubles).toEqual([]);
    });
  },
);
