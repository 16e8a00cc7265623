import { expect, test } from 'vitest';
import { loadEngine } from '../../src/node/load-engine.ts';
import { compileKernels } from '../../src/node/kernels.ts';

test('auto is the wasm engine, and the others are what they are called', async () => {
  expect((await loadEngine('auto')).name).toBe('wasm');
  expect((await loadEngine('wasm')).name).toBe('wasm');
  expect((await loadEngine('reference')).name).toBe('reference');
});

test('fast math is the wasm engine with other kernels, and the others have none', async () => {
  const fast = { fastMath: true };
  expect((await loadEngine('auto', fast)).fastMath).toBe(true);
  expect((await loadEngine('auto')).fastMath).toBe(false);
  expect((await loadEngine('reference', fast)).fastMath).toBe(false);
  expect((await loadEngine('tfjs', { ...fast, tfjsBackend: 'cpu' })).fastMath).toBe(false);
});

test('a missing binary names its path and how to build it', () => {
  const nowhere = new URL('no%20where/kernels.wasm', import.meta.url);
  expect(() => compileKernels(nowhere)).toThrow(
    /no where.kernels\.wasm is missing: run npm run build:kernels/,
  );
});
