import type { Engine } from './network.ts';
import { referenceEngine } from './reference.ts';
import { loadWasmEngine } from './wasm.ts';

/** The engine of that name; `auto` is the fastest there is. */
export function loadEngine(name: 'auto' | Engine['name']): Engine {
  return name === 'reference' ? referenceEngine : loadWasmEngine();
}
