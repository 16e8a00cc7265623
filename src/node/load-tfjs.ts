import { createRequire } from 'node:module';
import type { Engine } from '../network/network.ts';
import { createTfjsEngine, REGISTERED, type TfjsBackend } from '../network/tfjs.ts';

/**
 * TensorFlow.js with that backend ready.
 * @throws Error whose message says why the backend is not to be had
 */
export async function loadTfjsEngine(backend: TfjsBackend): Promise<Engine> {
  const tf = await import('@tensorflow/tfjs-core');
  // Without it every run prints an advertisement for tfjs-node.
  tf.enableProdMode();
  await import('@tensorflow/tfjs-backend-cpu');
  if (backend === 'wasm') await loadWasmBackend();
  if (backend === 'node') loadNodeBackend();
  if (!(await tf.setBackend(REGISTERED[backend]))) {
    throw new Error(`TensorFlow.js could not start its ${backend} backend`);
  }
  const layers = await import('@tensorflow/tfjs-layers');
  return createTfjsEngine(tf, layers, backend);
}

async function loadWasmBackend(): Promise<void> {
  const { setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  // One thread: more of them add the products of a sum in another order.
  setThreadsCount(1);
  const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(main.slice(0, -'tf-backend-wasm.node.js'.length));
}

/** @throws Error that says why tfjs-node is not there, or does not load */
function loadNodeBackend(): void {
  // TensorFlow announces its instruction sets on standard error unless told otherwise.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  // oneDNN sums in an order of its own, says so on standard error, and is slower on networks this small.
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '0';
  const require = createRequire(import.meta.url);
  // tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed.
  const util = require('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  try {
    // Not import(): an optional package may be missing when this is compiled.
    require('@tensorflow/tfjs-node');
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
    const why = absent ? 'is not installed' : 'has no native part here';
    throw new Error(`@tensorflow/tfjs-node ${why}: npm run setup:tfjs-node builds it`, { cause });
  }
}
