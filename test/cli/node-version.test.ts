import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isSupportedNode, SUPPORTED_NODE } from '../../src/cli/node-version.ts';

test('package.json promises what the command line checks', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(engines.node).toBe(SUPPORTED_NODE);
});

test.each([
  ['18.20.8', false],
  ['20.0.0', false],
  ['20.11.1', false],
  ['20.18.3', false],
  ['20.19.0', true],
  ['20.20.2', true],
  ['21.7.3', false],
  ['22.11.0', false],
  ['22.12.0', true],
  ['23.0.0', true],
  ['24.21.0', true],
  ['26.1.0', true],
])('Node %s: %s', (version, isSupported) => {
  expect(isSupportedNode(version)).toBe(isSupported);
});

test('no package of the clone asks for a newer one', () => {
  const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'));
  const asked = new Set(
    Object.entries(packages as Record<string, { engines?: { node?: string }; optional?: true }>)
      .filter(([path, { optional }]) => path !== '' && !optional)
      .flatMap(([, { engines }]) => engines?.node ?? []),
  );
  // Those that know a 20 or newer; what a new package asks for shows up here.
  expect([...asked].filter((range) => /(^|[^.\d])2\d/.test(range)).sort()).toEqual([
    '>= 20',
    '>= 20.19.0',
    '>=20',
    '>=20.0.0',
    '>=20.x',
    '^20.0.0 || ^22.0.0 || >=24.0.0',
    SUPPORTED_NODE,
    '^20.19.0 || ^22.12.0 || >=23',
  ]);
});
