import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Engine } from '../network/network.ts';
import type { TfjsBackend } from '../network/engine-traits.ts';
import { createTfjsEngine, REGISTERED } from '../network/tfjs.ts';
import { tfjsNodeHome } from './tfjs-node-home.ts';

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
  // tfjs-node that has computed nothing yet ends the process by a segmentation fault.
  if (backend === 'node') tf.tidy(() => void tf.add(1, 1).dataSync());
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

/**
 * tfjs-node where leash's own packages are, or where `leash engines --setup` put it.
 * @throws Error that says why it is not there, or does not load
 */
function loadNodeBackend(): void {
  // TensorFlow announces its instruction sets on standard error unless told otherwise.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  // oneDNN sums in an order of its own, says so on standard error, and is slower on networks this small.
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '0';
  const require = createRequire(import.meta.url);
  // tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed.
  const util = require('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  const failures: unknown[] = [];
  for (const load of [require, createRequire(join(tfjsNodeHome(), 'package.json'))]) {
    try {
      // Not import(): an optional package may be missing when this is compiled. Kernels and backends are registered in a
      // place that all copies of TensorFlow.js in a process share.
      load('@tensorflow/tfjs-node');
      return;
    } catch (cause) {
      failures.push(cause);
    }
  }
  const isAbsent = failures.every((cause) => (cause as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND');
  const why = isAbsent ? 'is not installed' : 'has no native part here';
  throw new Error(`@tensorflow/tfjs-node ${why}: leash engines --setup builds it`, { cause: failures });
}
