import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { environmentOptions } from '../../envs/environment-options.ts';
import { startLab } from '../../src/lab/lab-server.ts';
import { labSite } from '../../src/lab/site.ts';
import type { LocalServer } from '../../src/server/local-server.ts';
import { launchChromium } from './chromium.ts';

/** The laboratory, served, and a browser that looks at it. */
export interface OpenLab {
  readonly lab: LocalServer;
  readonly browser: Browser;
  /** What went wrong on any page. */
  readonly mistakes: readonly string[];
  /** Method and host of all that pages asked for. */
  readonly requested: ReadonlySet<string>;
  /** A page of its own, and where options are given a profile of its own. @param hash with its `#` */
  open(hash: string, options?: BrowserContextOptions): Promise<Page>;
  close(): Promise<void>;
}

export async function openLab(): Promise<OpenLab> {
  const lab = await startLab('127.0.0.1', 0, labSite(environmentOptions));
  const browser = await launchChromium();
  const mistakes: string[] = [];
  const requested = new Set<string>();
  const viewport = { width: 1200, height: 900 };
  // Pages of one profile share what was fetched and compiled.
  const context = await browser.newContext({ viewport });
  return {
    ...{ lab, browser, mistakes, requested },
    async open(hash, options) {
      const page = await (options === undefined
        ? context.newPage()
        : browser.newPage({ viewport, ...options }));
      page.on('pageerror', (error) => void mistakes.push(error.message));
      page.on('console', (message) => {
        if (message.type() !== 'log') mistakes.push(message.text());
      });
      page.on('request', (request) => {
        if (/^https?:/.test(request.url()))
          requested.add(`${request.method()} ${new URL(request.url()).host}`);
      });
      await page.goto(`${lab.address}${hash}`);
      return page;
    },
    async close() {
      await browser.close();
      lab.close();
    },
  };
}

/** The lines that a page refuses something by. */
export function refusals(page: Page): Promise<string[]> {
  return page.locator('ul.refusal li').allTextContents();
}

/** What the address says behind its `#`, once it says so. */
export async function addressWith(page: Page, words: string): Promise<URLSearchParams> {
  await page.waitForURL((url) => decodeURIComponent(url.hash).includes(words));
  return new URLSearchParams(new URL(page.url()).hash.slice(1));
}

const TURNS = 20;

/**
 * Milliseconds that an action takes, and what it does in the next frame: the least of twenty, since others at work on the machine
 * only ever add to it.
 * @param action JavaScript of the page; `turn` counts
 */
export function frameTime(page: Page, action: string): Promise<number> {
  return page.evaluate(`(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
    let least = Infinity;
    for (let turn = 0; turn < ${TURNS}; turn++) {
      await frame();
      // Callbacks of a frame are called in the order in which they were asked for: the action's own stand between both.
      const begins = frame();
      const before = performance.now();
      ${action}
      const acted = performance.now() - before;
      const ends = frame();
      least = Math.min(least, acted + (await ends) - (await begins));
    }
    return least;
  })()`);
}
