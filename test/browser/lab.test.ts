import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { writeSite } from '../../src/lab/export-site.ts';
import { labSite, offeredConfigs } from '../../src/lab/site.ts';
import { resolveConfig } from '../../src/config/load.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { parametersSha256 } from '../../src/node/policy.ts';
import { createTraining } from '../../src/train/training.ts';
import { wrap } from '../../src/wrapper/wrappers.ts';
import { temporaryFolder } from '../plot/runs-on-disk.ts';
import { chromiumPath, seriousFindings } from './chromium.ts';
import { type OpenLab, openLab, refusals } from './lab-page.ts';

const presetCounts: unknown = JSON.parse(
  readFileSync(new URL('../../src/page/lab/preset-counts.json', import.meta.url), 'utf8'),
);
/** Where screenshots go, for who looks at them. */
const pictures = process.env.LEASH_TEST_PICTURES;

/** SHA-256 of the parameters after some updates in Node.js; all of them where none are said. */
async function shaInNode(written: unknown, seed: number, most?: number): Promise<string> {
  const seeded = [{ path: 'seed', text: String(seed), origin: '--seed' }];
  const { loaded, problems } = resolveConfig(written, 'test', seeded, environmentOptions);
  if (loaded === undefined) throw new Error(problems.join());
  const { config } = loaded;
  const definition = wrap(findEnvironment(config.environment.id as string), config.environment.wrappers);
  const training = createTraining(config, definition, await loadEngine(config.engine));
  for (let u = 0; u < Math.min(most ?? training.updates, training.updates); u++) training.update();
  const sha = parametersSha256(training.stored());
  training.dispose();
  return sha;
}

describe.skipIf(chromiumPath === undefined)('leash lab in Chromium (skipped where there is none)', () => {
  const offered = offeredConfigs(environmentOptions);
  let open: OpenLab;
  beforeAll(async () => {
    open = await openLab();
  });
  afterAll(() => open?.close());

  const opened = (hash = '', options?: BrowserContextOptions): Promise<Page> => open.open(hash, options);

  /** What the page says is wrong. */
  async function lines(hash: string): Promise<string[]> {
    const page = await opened(hash);
    await page.locator('ul.refusal li').first().waitFor();
    const found = await refusals(page);
    await page.close();
    return found;
  }

  const shown = (page: Page, text: string): Promise<void> =>
    page.locator('#state', { hasText: text }).waitFor();
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

  test('trains to the parameters that the command line has, and says by which command', async () => {
    const page = await opened('#config=quickstart&seed=3');
    await button(page, 'train').click();
    await page.getByText('of the whole run').waitFor();
    await expect.poll(() => page.locator('.hash').textContent()).toBe(await shaInNode(offered.quickstart, 3));
    await expect
      .poll(() => page.locator('.command pre').textContent())
      .toBe('leash train quickstart --seed 3');
    expect(await page.evaluate('crossOriginIsolated')).toBe(true);
    await page.getByRole('slider', { name: 'back to update' }).fill('7');
    await page.getByText('after update 7 of').waitFor();
    await expect
      .poll(() => page.locator('.hash').textContent())
      .toBe(await shaInNode(offered.quickstart, 3, 7));
    await button(page, 'one gradient step').click();
    await page.getByText('update 8, step 1').waitFor();
    await button(page, 'go on').click();
    await page.getByText('of the whole run').waitFor();
    await expect.poll(() => page.locator('.hash').textContent()).toBe(await shaInNode(offered.quickstart, 3));
    await page.close();
  });

  test('measures every gradient step where that is wanted, to the same parameters', async () => {
    const page = await opened('#config=quickstart&seed=3&ledger=1');
    await button(page, 'one gradient step').click();
    await page.getByText('Gradient steps of update 1').waitFor();
    await button(page, 'one update').click();
    await page.getByText('after update 1 of').waitFor();
    await expect
      .poll(() => page.locator('.hash').textContent())
      .toBe(await shaInNode(offered.quickstart, 3, 1));
    await expect
      .poll(() => page.locator('.command pre').textContent())
      .toBe('leash train quickstart --seed 3 --set trustRegion.ledger=true');
    const curves = page.locator('section', { has: page.locator('canvas[aria-label*="gradient steps"]') });
    await expect.poll(() => curves.locator('canvas:not(.over)').count()).toBe(4);
    await expect
      .poll(() => page.locator('table', { hasText: 'Spinning Up' }).locator('tbody tr').count())
      .toBe(4);
    await page.getByLabel('measure every gradient step').uncheck();
    await shown(page, 'ready');
    expect(new URL(page.url()).hash).not.toContain('ledger');
    await page.close();
  });

  test('names what of a link makes no sense, and goes on with the rest', async () => {
    expect((await lines('#view=palace'))[0]).toMatch(/^the link’s view must be train[^\n]*, got "palace"$/);
    expect(await lines('#config=no-such&seed=1')).toEqual([
      'the link’s config must be one of the list, got "no-such"',
    ]);
    const other = await opened('#config=no-such&seed=x&theme=dark');
    await shown(other, 'ready: quickstart');
    expect(await refusals(other)).toEqual([
      'the link’s seed must be a whole number from 0 to 4294967295, got "x"',
      'the link’s config must be one of the list, got "no-such"',
    ]);
    expect(await button(other, 'train').isEnabled()).toBe(true);
    await other.close();
    for (const seed of ['-3', '1e99'])
      expect(await lines(`#config=quickstart&seed=${seed}`)).toEqual([
        `the link’s seed must be a whole number from 0 to 4294967295, got "${seed}"`,
      ]);
    expect(await lines('#%E0%A4%A=<img src=x onerror=alert(1)>')).toHaveLength(1);
    expect(
      await lines(`#own=${encodeURIComponent('{"environment":{"id":"FrozenLake-v1"},"steps":-5}')}`),
    ).toEqual([expect.stringMatching(/^steps must be [^\n]+, got -5 \(my-config\.json\)$/)]);
    expect(
      await lines(`#own=${encodeURIComponent('{"environment":{"id":"FrozenLake-v1"},"seed":1.5}')}`),
    ).toEqual([expect.stringMatching(/^seed must be an integer [^\n]+, got 1\.5 /)]);
    expect(await lines(`#own=${encodeURIComponent('{"environment":')}`)).toEqual([
      expect.stringMatching(/^my-config\.json:1:16: not valid JSON: /),
    ]);
    expect(await lines(`#own=${encodeURIComponent('{"environment":{"id":"gym:CartPole-v1"}}')}`)).toEqual([
      'environment.id "gym:CartPole-v1" is an environment of Gymnasium, which Python runs: that a tab cannot train, leash train can (my-config.json)',
    ]);
  });

  test('takes a config that is chosen, dropped or written, gives it out again, and holds it in the link', async () => {
    const page = await opened();
    await shown(page, 'ready');
    const config = { environment: { id: 'BernoulliBandit' }, steps: 8192, seed: 9 };
    await page.locator('summary').first().click();
    await page.getByLabel('a config file').setInputFiles({
      name: 'mine.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify({ ...config, steps: 'many' })),
    });
    await page.locator('ul.refusal li').waitFor();
    expect(await refusals(page)).toEqual([
      expect.stringMatching(/^steps must be [^\n]*"many" \(my-config\.json\)$/),
    ]);
    await page.evaluate(`{
      const data = new DataTransfer();
      data.items.add(new File([${JSON.stringify(JSON.stringify(config))}], 'mine.json'));
      document.querySelector('main > div').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
    }`);
    await shown(page, 'ready: my-config');
    await button(page, 'train').click();
    await shown(page, 'trained');
    await expect.poll(() => page.locator('.hash').textContent()).toBe(await shaInNode(config, 9));
    await expect
      .poll(() => page.locator('.command pre').textContent())
      .toBe('leash train my-config.json --seed 9');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      button(page, 'save my-config.json').click(),
    ]);
    expect(JSON.parse(readFileSync(await download.path(), 'utf8'))).toEqual(config);
    const again = await opened(new URL(page.url()).hash);
    await shown(again, 'ready: my-config');
    expect(JSON.parse(await again.getByLabel('the config as JSON').inputValue())).toEqual(config);
    await page.getByLabel('the config as JSON').fill('{"environment":{"module":"./mine.ts"}}');
    await button(page, 'use this text').click();
    await page.locator('ul.refusal li').waitFor();
    expect(await refusals(page)).toEqual([
      'environment.module "./mine.ts" is a file of code: that a tab cannot train, leash train can (my-config.json)',
    ]);
    for (const each of [page, again]) await each.close();
  });

  test('a site that any server serves trains on one thread to the same bytes; opened as a file it says what it needs', async () => {
    const folder = temporaryFolder();
    writeSite('--export', folder, labSite(environmentOptions), []);
    const types: Readonly<Record<string, string>> = {
      html: 'text/html',
      js: 'text/javascript',
      css: 'text/css',
    };
    let lost = '';
    const server = createServer(({ url = '/' }, response) => {
      const name = url === '/' ? 'index.html' : url.slice(1);
      if (name === lost) return void response.writeHead(404).end();
      const type = types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
      response.writeHead(200, { 'content-type': type }).end(readFileSync(join(folder, name)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const page = await open.browser.newPage();
    const said: string[] = [];
    page.on('console', (message) => void (message.type() === 'error' && said.push(message.text())));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/#config=quickstart&seed=3`);
    await button(page, 'train').click();
    await shown(page, 'trained');
    await expect.poll(() => page.locator('.hash').textContent()).toBe(await shaInNode(offered.quickstart, 3));
    expect(await page.evaluate('crossOriginIsolated')).toBe(false);
    expect(said).toEqual([]);
    // What is not there is said, and nobody waits for it.
    for (const [file, line] of [
      ['kernels.wasm', /^the worker failed: .*kernels\.wasm is not beside the page \(404\)$/],
      ['train.js', /^train\.js, which trains, is not beside the page$/],
    ] as const) {
      lost = file;
      await page.reload();
      await page.locator('ul.refusal li', { hasText: file }).waitFor();
      expect(await refusals(page)).toEqual([expect.stringMatching(line)]);
    }
    server.close();
    await page.goto(`file://${join(folder, 'index.html')}`);
    await page.getByText(/must be served over http, and was opened as a file/).waitFor();
    await page.close();
  });

  test('two trainings side by side: steps, updates, pause, back, other settings, and the runs that were counted', async () => {
    const page = await opened('#view=leash&preset=lake');
    const updates = async (): Promise<string[]> =>
      await page.locator('main table tr', { hasText: 'update' }).nth(1).locator('td').allTextContents();
    await shown(page, 'after update 0');
    const line = async (name: string): Promise<string[]> =>
      await page.locator('tr', { hasText: name }).first().locator('td').allTextContents();
    const hashes: string[] = [];
    for (const step of [1, 2]) {
      await button(page, 'one gradient step').click();
      await page.getByText(`update 1, step ${step}`).nth(1).waitFor();
      await page.getByText(`${step} steps inside`).first().waitFor();
      hashes.push(...(await line('SHA-256')));
      // They differ in the leash alone, which comes at the update's end.
      expect(hashes.at(-1)).toBe(hashes.at(-2));
    }
    expect(new Set(hashes).size).toBe(2);
    expect(await line('π there')).toEqual([expect.stringMatching(/^left [\d.]+, down /), expect.anything()]);
    expect(await updates()).toEqual(['0/40', '0/40']);
    await button(page, 'one update').click();
    await shown(page, 'after update 1');
    expect(await updates()).toEqual(['1/40', '1/40']);
    await button(page, 'train both').or(button(page, 'go on')).click();
    await button(page, 'pause').click();
    await page.locator('.hash').nth(1).waitFor();
    const [left, right] = await updates();
    expect(left).toBe(right);
    await page.getByRole('slider', { name: 'back to update' }).fill('0');
    await shown(page, 'after update 0');
    const delta = page.getByRole('slider', { name: 'δ, nats' });
    await delta.press('ArrowRight');
    await expect.poll(() => delta.getAttribute('aria-valuetext')).toBe('0.05');
    expect(await page.evaluate('location.hash')).toContain('delta=0.05');
    await delta.press('ArrowLeft');
    expect(await page.evaluate('location.hash')).not.toContain('delta');
    await button(page, 'train both').click();
    await shown(page, 'trained');
    const ends = await page.locator('.hash').allTextContents();
    const [counted] = presetCounts as { sides: { sha256OfSeed0: string }[] }[];
    expect(ends).toEqual(counted?.sides.map(({ sha256OfSeed0 }) => sha256OfSeed0));
    await expect
      .poll(() => page.locator('main').innerText())
      .toMatch(/17 of 20 seeds collapsed without a leash and 0 on one/);
    await page.close();
    expect(await lines('#view=leash&preset=palace&delta=7&seed=x')).toEqual([
      expect.stringMatching(/^the link’s preset must be lake[^\n]*, got "palace"$/),
      expect.stringMatching(/^the link’s delta must be 0\.001, [^\n]*, got "7"$/),
      'the link’s seed must be a whole number from 0 to 4294967295, got "x"',
    ]);
  });

  test.each([
    { colorScheme: 'light', width: 1200 },
    { colorScheme: 'dark', width: 390 },
  ] as const)('every view can be read by all, $colorScheme, $width wide', async ({ colorScheme, width }) => {
    const page = await opened('', { colorScheme, viewport: { width, height: 844 }, bypassCSP: true });
    const titles = await page.locator('nav button').allTextContents();
    expect(titles).toContain('Train');
    for (const title of titles) {
      await button(page, title).click();
      const start = page.getByRole('button', { name: /^train( both)?$/ });
      if ((await start.count()) > 0) {
        await start.click();
        await page.locator('#state', { hasText: 'trained' }).waitFor();
      }
      if (pictures !== undefined)
        await page.screenshot({ path: `${pictures}/${title}-${colorScheme}-${width}.png`, fullPage: true });
      expect(await seriousFindings(page), title).toEqual([]);
      // Nothing reaches out of a narrow page.
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    }
    await page.close();
  });

  test('without a mistake, and nothing but the laboratory is asked', () => {
    expect(open.mistakes).toEqual([]);
    expect([...open.requested]).toEqual([`GET ${new URL(open.lab.address).host}`]);
  });
});
