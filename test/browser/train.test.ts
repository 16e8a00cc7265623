import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { encodeRow } from '../../src/row/encode.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { parametersSha256, sha256 } from '../../src/node/policy.ts';
import { createTraining } from '../../src/train/training.ts';
import { chromiumPath, launchChromium } from './chromium.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const UPDATES = 3;

/** The core as one script, `leash` its name. */
async function bundle(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    root,
    build: {
      write: false,
      lib: { entry: `${root}test/core/train-in-page.ts`, formats: ['iife'], name: 'leash' },
    },
  });
  const [{ output }] = result as unknown as [{ output: { code: string }[] }];
  return output.map(({ code }) => code).join('\n');
}

describe.skipIf(chromiumPath === undefined)('the core in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test.each(['quickstart', 'cart-pole-trpo', 'pendulum-clip'])(
    `trains the first ${UPDATES} updates of configs/%s.json to the bytes of Node.js`,
    async (name) => {
      const path = `${root}configs/${name}.json`;
      const { config } = loadConfig(path, [], environmentOptions);
      const definition = findEnvironment(config.environment.id as string);
      const training = createTraining(config, definition, await loadEngine('wasm'));
      const rows = Array.from({ length: UPDATES }, () => encodeRow(training.update()));
      const expected = parametersSha256(training.stored());
      training.dispose();

      const kernels = readFileSync(`${root}src/kernels/build/kernels.wasm`).toString('base64');
      const page = await browser.newPage();
      await page.addScriptTag({ content: await bundle() });
      const found = await page.evaluate(
        ([text, base64, updates]) => {
          const page = globalThis as unknown as { leash: typeof import('../core/train-in-page.ts') };
          const bytes = Uint8Array.from(atob(base64 as string), (character) => character.charCodeAt(0));
          const made = page.leash.trainInPage(JSON.parse(text as string), bytes, updates as number);
          return { rows: made.rows, parameters: Array.from(made.parameters) };
        },
        [readFileSync(path, 'utf8'), kernels, UPDATES] as const,
      );
      expect(found.rows).toEqual(rows);
      expect(sha256(Uint8Array.from(found.parameters))).toBe(expected);
      await page.close();
    },
  );
});
