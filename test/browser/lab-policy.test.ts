import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { importPolicy } from '../../src/exchange/import-policy.ts';
import { policyJson } from '../../src/exchange/json.ts';
import { policyLayersModel, WEIGHTS_FILE } from '../../src/exchange/layers-model.ts';
import { writeNpz } from '../../src/exchange/npz.ts';
import { policyGraphOf } from '../../src/exchange/policy-graph.ts';
import { policyNpz } from '../../src/exchange/policy-npz.ts';
import { textBytes } from '../../src/formats/bytes.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { encodePolicy, type StoredPolicy } from '../../src/run/policy-file.ts';
import { createTraining } from '../../src/train/training.ts';
import { chromiumPath } from './chromium.ts';
import { addressWith, type OpenLab, openLab, refusals } from './lab-page.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-lab-policy-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A policy after some updates of a shipped config. */
async function trained(name: string, updates: number): Promise<StoredPolicy> {
  const path = new URL(`../../configs/${name}.json`, import.meta.url).pathname;
  const { config } = loadConfig(path, [], environmentOptions);
  const training = createTraining(
    config,
    findEnvironment(config.environment.id as string),
    await loadEngine('wasm'),
  );
  for (let u = 0; u < updates; u++) training.update();
  return training.stored();
}

/** The bytes of a file, as a file. */
function write(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const filled = (shape: readonly number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((product, d) => product * d, 1) }, (_, i) =>
    Math.fround(0.1 * Math.cos(i)),
  ),
});
/** An SB3 state dict of a CartPole policy. */
const stateDict = writeNpz({
  'mlp_extractor.policy_net.0.weight': filled([8, 4]),
  'mlp_extractor.policy_net.0.bias': filled([8]),
  'mlp_extractor.value_net.0.weight': filled([8, 4]),
  'mlp_extractor.value_net.0.bias': filled([8]),
  'action_net.weight': filled([2, 8]),
  'action_net.bias': filled([2]),
  'value_net.weight': filled([1, 8]),
  'value_net.bias': filled([1]),
});

describe.skipIf(chromiumPath === undefined)(
  'a policy that is loaded in the laboratory (skipped without Chromium)',
  () => {
    let laboratory: OpenLab;
    let lake: StoredPolicy;
    beforeAll(async () => {
      laboratory = await openLab();
      lake = await trained('quickstart', 30);
    });
    afterAll(() => laboratory?.close());

    const give = (page: Page, ...paths: string[]): Promise<void> =>
      page.locator('input[type=file]').setInputFiles(paths);
    const state = (page: Page) => page.locator('#state');

    test.each(['safetensors', 'json', 'npz'])(
      'of a lake, as %s, reaches the goal and is drawn',
      async (kind) => {
        const graph = policyGraphOf(lake);
        const bytes = { safetensors: encodePolicy(lake), json: policyJson(graph), npz: policyNpz(graph) }[
          kind
        ];
        const page = await laboratory.open(
          `#view=policy&world=FrozenLake-v1&options=${encodeURIComponent('{"slippery":false}')}`,
        );
        await give(page, write(`lake.${kind}`, bytes ?? ''));
        await expect.poll(() => state(page).textContent()).toBe('FrozenLake-v1: 6 steps, return 1');
        await expect.poll(() => page.locator('canvas.picture').isVisible()).toBe(true);
        await expect.poll(() => page.getByText(`lake.${kind}: categorical, 16-`).count()).toBe(1);
        const options = await page
          .getByRole('combobox', { name: 'world' })
          .locator('option')
          .allTextContents();
        expect(options.every((id) => findEnvironment(id).id === id)).toBe(true);
        expect(options).not.toContain('CartPole-v1');
        await page.getByRole('button', { name: 'play', exact: true }).click();
        await expect
          .poll(() => page.locator('output').textContent(), { timeout: 20_000 })
          .toContain('step 6 of 6: ');
        expect(await refusals(page)).toEqual([]);
        await page.close();
      },
    );

    test('of a table that fits many worlds is played in the one that is chosen, sampled or not', async () => {
      const page = await laboratory.open('#view=policy');
      await give(page, write('lake.json', policyJson(policyGraphOf(lake))));
      await page.locator('.chance').first().waitFor();
      await page.getByRole('button', { name: 'sampled' }).click();
      await page.getByRole('button', { name: 'another episode' }).click();
      const address = await addressWith(page, 'seed=1');
      expect(address.get('mode')).toBe('sampled');
      expect(address.get('world')).toBe('FrozenLake-v1');
      await page.close();
    });

    test('of Stable-Baselines3 says as leash import that its activation is missing, and plays once it is chosen', async () => {
      const path = write('sb3.npz', stateDict);
      const page = await laboratory.open('#view=policy');
      await give(page, path);
      await page.locator('ul.refusal li').waitFor();
      let said = '';
      try {
        importPolicy(path, {});
      } catch (error) {
        said = (error as Error).message.replace(path, 'sb3.npz');
      }
      expect(await refusals(page)).toEqual([said]);
      expect(said).toContain('does not say its activation');
      await page.getByRole('combobox', { name: 'activation' }).selectOption('tanh');
      await expect.poll(() => state(page).textContent()).toMatch(/^CartPole-v1: \d+ steps, return \d+$/);
      expect(await refusals(page)).toEqual([]);
      await page.close();
    });

    test('is dropped on the page, as one file, or a layers model with its weights', async () => {
      const page = await laboratory.open('#view=policy');
      const drop = (files: Readonly<Record<string, Uint8Array>>): Promise<void> =>
        page.evaluate(
          `{
        const transfer = new DataTransfer();
        for (const [name, bytes] of ${JSON.stringify(Object.entries(files).map(([name, bytes]) => [name, [...bytes]]))})
          transfer.items.add(new File([Uint8Array.from(bytes)], name));
        document.querySelector('#main > div').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
      }`,
        );
      await drop({ 'dropped.safetensors': encodePolicy(lake) });
      await page.getByText('dropped.safetensors: categorical').waitFor();
      const { json, weights } = policyLayersModel(policyGraphOf(lake));
      const model = textBytes(json);
      await drop({ [WEIGHTS_FILE]: weights, 'model.json': model });
      await page.getByText('model.json: categorical, 16-').waitFor();
      await page.locator('.chance').first().waitFor();
      expect(await refusals(page)).toEqual([]);
      const convolution = json.replace('"class_name":"Dense"', '"class_name":"Conv2D"');
      const refused: readonly [Readonly<Record<string, Uint8Array>>, string | RegExp][] = [
        [{ 'model.json': model }, `model.json has its weights in ${WEIGHTS_FILE}: give both files together`],
        [{ 'a.bin': weights }, 'a.bin is weights alone: give them together with their model.json'],
        [{ 'a.json': model, 'b.json': model }, 'one policy at a time, got a.json, b.json'],
        [
          { 'model.json': model, [WEIGHTS_FILE]: weights.subarray(4) },
          /^group1-shard1of1\.bin must hold \d+ bytes/,
        ],
        [
          { 'model.json': textBytes(convolution), [WEIGHTS_FILE]: weights },
          /its layer hidden\.0 is a Conv2D: only Dense networks can be imported/,
        ],
      ];
      for (const [files, line] of refused) {
        await drop(files);
        await expect.poll(() => refusals(page)).toEqual([expect.stringMatching(line)]);
      }
      await page.close();
    });

    test('that is damaged, or none, gets the line that leash import has for it', async () => {
      const whole = encodePolicy(lake);
      const flipped = Uint8Array.from(stateDict);
      flipped[flipped.length >> 1] ^= 1;
      const files: readonly [string, Uint8Array | string][] = [
        ['short.safetensors', whole.subarray(0, whole.length - 5)],
        ['flipped.npz', flipped],
        ['words.json', '{"format":"leash-policy-json-1"}'],
        ['text.json', 'hello'],
        ['empty.npz', ''],
        ['model.onnx', Uint8Array.of(8, 8, 18, 5, 108, 101, 97, 115, 104)],
      ];
      const page = await laboratory.open('#view=policy');
      for (const [name, bytes] of files) {
        const path = write(name, bytes);
        let said = '';
        try {
          importPolicy(path, {});
        } catch (error) {
          said = (error as Error).message.replaceAll(path, name);
        }
        await give(page, path);
        await expect.poll(() => refusals(page)).toEqual([said]);
        expect(said).not.toBe('');
      }
      await page.close();
    });

    test('that fits no world, options that a world has not, and a link with nonsense get a line each', async () => {
      const odd = writeNpz({
        ...{ 'action_net.weight': filled([7, 37]), 'action_net.bias': filled([7]) },
        ...{ 'value_net.weight': filled([1, 37]), 'value_net.bias': filled([1]) },
      });
      const page = await laboratory.open('#view=policy');
      await give(page, write('odd.npz', odd));
      await expect
        .poll(() => refusals(page))
        .toEqual(['no world of leash fits it with its default options: it is a categorical, 37-7, tanh']);
      await give(page, write('lake.npz', policyNpz(policyGraphOf(lake))));
      await page.locator('.chance').first().waitFor();
      const options = page.getByRole('textbox', { name: 'options of the world' });
      await options.fill('{"ice":1}');
      await options.blur();
      await expect
        .poll(async () => (await refusals(page))[0] ?? '')
        .toMatch(/^environment\.options has no setting|ice/);
      await options.fill('{"slippery":');
      await options.blur();
      await expect
        .poll(async () => (await refusals(page))[0] ?? '')
        .toMatch(/^options:1:13: not valid JSON: /);
      expect(await refusals(page)).toHaveLength(1);
      await page.close();
      const other = await laboratory.open('#view=policy&world=Narnia&options=%7Bbad');
      expect((await refusals(other))[0]).toMatch(/^the link’s world must be [^\n]+, got "Narnia"$/);
      expect((await refusals(other))[1]).toMatch(/^the link’s options:1:2: not valid JSON: /);
      await other.close();
    });

    test('without a mistake, and nothing of it leaves the tab', async () => {
      expect(laboratory.mistakes).toEqual([]);
      expect([...laboratory.requested]).toEqual([`GET ${new URL(laboratory.lab.address).host}`]);
    });
  },
);
