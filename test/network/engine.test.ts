import { expect, test } from 'vitest';
import { loadEngine } from '../../src/network/engine.ts';
import { compileKernels } from '../../src/network/wasm.ts';

test('auto is the wasm engine, and the others are what they are called', () => {
  expect(loadEngine('auto').name).toBe('wasm');
  expect(loadEngine('wasm').name).toBe('wasm');
  expect(loadEngine('reference').name).toBe('reference');
});

test('fast math is the wasm engine with other kernels, and the reference engine has none', () => {
  expect(loadEngine('auto', true).fastMath).toBe(true);
  expect(loadEngine('auto').fastMath).toBe(false);
  expect(loadEngine('reference', true).fastMath).toBe(false);
});

test('a missing binary names its path and how to build it', () => {
  const nowhere = new URL('no%20where/kernels.wasm', import.meta.url);
  expect(() => compileKernels(nowhere)).toThrow(
    /no where.kernels\.wasm is missing: run npm run build:kernels/,
  );
});
