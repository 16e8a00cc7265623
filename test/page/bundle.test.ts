import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bundlePage, bundles } from '../../src/page/bundle.mjs';
import { CONNECTION_SCRIPT, DASHBOARD_SCRIPT } from '../../src/page/build/dashboard.ts';
import { CRITIC_SCRIPT, LAB_SCRIPT, TRAIN_SCRIPT } from '../../src/page/build/lab.ts';
import { PAGE_SCRIPT } from '../../src/page/build/script.ts';

it.each(Object.entries(bundles))(
  'the scripts of %s are those of src/page (npm run build:page makes them)',
  async (name, scripts) => {
    const place = new URL(`../../src/page/build/${name}.ts`, import.meta.url);
    expect(readFileSync(place, 'utf8')).toBe(await bundlePage(scripts));
  },
);

describe('what runs in pages', () => {
  it('is a text of its own that a script element can hold', () => {
    expect(PAGE_SCRIPT).not.toMatch(/<\/|<!--|\bimport\b|\brequire\b|['"`]node:|https?:/);
    // The page carries it in every report and plot.
    expect(PAGE_SCRIPT.length).toBeLessThan(29_500);
  });

  it('needs nothing but itself in a served page either, and makes no elements of texts', () => {
    for (const script of [DASHBOARD_SCRIPT, CONNECTION_SCRIPT, LAB_SCRIPT, TRAIN_SCRIPT, CRITIC_SCRIPT]) {
      expect(script).not.toMatch(/\bimport\s*[("']|\brequire\(|['"`]node:/);
      expect(script).not.toMatch(/\beval\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write/);
    }
  });

  it('evaluates no texts, and names no address: no schemas are in the dashboard, and in the laboratory they are without theirs', () => {
    for (const script of [DASHBOARD_SCRIPT, CONNECTION_SCRIPT]) {
      // The namespace of SVG is a name, no address.
      expect(script.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|new Function/);
    }
    for (const script of [LAB_SCRIPT, TRAIN_SCRIPT, CRITIC_SCRIPT]) expect(script).toContain('jitless:!0');
    expect(DASHBOARD_SCRIPT.length).toBeLessThan(150_000);
  });
});
