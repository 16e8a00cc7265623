import type { Engine } from './network.ts';
import { referenceEngine } from './reference.ts';
import { loadWasmEngine } from './wasm.ts';

/**
 * The engine of that name; `auto` is the fastest there is.
 * @param fastMath see `Engine.fastMath`; the reference engine has none and stays as it is
 */
export function loadEngine(name: 'auto' | Engine['name'], fastMath = false): Engine {
  return name === 'reference' ? referenceEngine : loadWasmEngine(fastMath);
}
