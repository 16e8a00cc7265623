import type { EngineReport } from '../../node/load-engine.ts';
import { paint } from './print.ts';

const WHAT: Record<string, string> = {
  wasm: 'fused SIMD kernels in WebAssembly; auto, the fastest',
  'tfjs node': 'TensorFlow.js on native TensorFlow (tfjs-node)',
  'tfjs wasm': 'TensorFlow.js on its own WebAssembly',
  'tfjs cpu': 'TensorFlow.js in plain JavaScript',
  reference: 'plain loops in float64: slow, the oracle of the tests',
};

/** One line an engine, and one below it where it is missing. */
export function describeEngines(reports: readonly EngineReport[]): string[] {
  return reports.flatMap(({ engine, backend, vectorBits, missing }) => {
    const name = backend === undefined ? engine : `${engine} ${backend}`;
    const state = missing === undefined ? paint('green', 'there  ') : paint('red', 'missing');
    const line = `${paint('bold', name.padEnd(10))} ${state}  ${WHAT[name]}${vectorBits ? `; ${vectorBits}-bit vectors` : ''}`;
    return missing === undefined ? [line] : [line, `${' '.repeat(20)}${missing}`];
  });
}
