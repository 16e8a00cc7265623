import { engineNamed, type EngineName } from '../../network/engine-traits.ts';
import type { Engine } from '../../network/network.ts';
import { referenceEngine } from '../../network/reference.ts';
import { createWasmEngine } from '../../network/wasm.ts';

/** What computes in a tab: the kernels that stand beside the page, or the plain loops. */
export async function loadTabEngine(name: 'auto' | EngineName): Promise<Engine> {
  if (engineNamed(name) === 'reference') return referenceEngine;
  const answer = await fetch('kernels.wasm');
  if (!answer.ok) throw new Error(`kernels.wasm is not beside the page (${answer.status})`);
  const module = await WebAssembly.compile(await answer.arrayBuffer());
  return createWasmEngine(() => ({ module, pairsVectors: false }));
}
