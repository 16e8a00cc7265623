import { expect, test } from 'vitest';
import { loadEngine } from '../../src/network/engine.ts';

test('auto is the wasm engine, and the others are what they are called', () => {
  expect(loadEngine('auto').name).toBe('wasm');
  expect(loadEngine('wasm').name).toBe('wasm');
  expect(loadEngine('reference').name).toBe('reference');
});
