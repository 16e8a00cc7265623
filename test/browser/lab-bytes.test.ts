import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { offeredConfigs } from '../../src/lab/site.ts';
import { readHashes } from '../golden/compare.ts';
import { chromiumPath } from './chromium.ts';
import { type OpenLab, openLab } from './lab-page.ts';
import { trainInTab } from './train-in-tab.ts';

/*
 * What the laboratory's worker trains in Chromium is what test/golden has of Node.js: two updates of one config in six, with
 * LEASH_TEST_LONG=1 (`npm run lab:bytes`) of every one that it offers, and three whole runs.
 */
const isLong = process.env.LEASH_TEST_LONG === '1';
const golden = new Map(Object.entries(readHashes()));
const offered = Object.entries(offeredConfigs(environmentOptions));
const WHOLE = ['quickstart', 'frozen-lake-4x4-trpo', 'cart-pole-clip'];

describe.skipIf(chromiumPath === undefined)(
  'the bytes of leash lab in Chromium (skipped where there is none)',
  () => {
    let open: OpenLab;
    let page: Page;
    beforeAll(async () => {
      open = await openLab();
      page = await open.open('');
    });
    afterAll(() => open?.close());

    test('every config that is offered has its hash among those of Node.js', () => {
      const without = offered.filter(([name]) => !golden.has(`configs/${name}.json`));
      expect(without.map(([name]) => name)).toEqual([]);
    });

    const compared = offered.filter((_, at) => isLong || at % 6 === 0);
    test(`two updates of ${compared.length} of ${offered.length} configs come to the parameters of Node.js`, {
      timeout: 900_000,
    }, async () => {
      const wrong: string[] = [];
      for (const [name, config] of compared) {
        const { sha256: hash } = await trainInTab(page, config, [2]);
        if (hash !== golden.get(`configs/${name}.json`)?.parameters) wrong.push(`${name}: ${hash}`);
      }
      expect(wrong).toEqual([]);
    });

    test('on two threads, too', async () => {
      for (const name of ['quickstart', 'cart-pole-trpo', 'pendulum-clip']) {
        const config = offered.find(([each]) => each === name)?.[1];
        expect((await trainInTab(page, config, [2], 'auto')).sha256, name).toBe(
          golden.get(`configs/${name}.json`)?.parameters,
        );
      }
    });

    test.runIf(isLong).each(WHOLE)(
      '%s as a whole, too (with LEASH_TEST_LONG=1)',
      { timeout: 900_000 },
      async (name) => {
        const config = offered.find(([each]) => each === name)?.[1];
        const { sha256: hash } = await trainInTab(page, config, [1e9], 'auto');
        expect(hash).toBe(golden.get(`configs/${name}.json whole`)?.parameters);
      },
    );
  },
);
