import { UserError } from '../user-error.ts';
import {
  type EngineName,
  engineNamed,
  engineNames,
  TFJS_BACKENDS,
  type TfjsBackend,
} from '../network/engine-traits.ts';
import type { Engine } from '../network/network.ts';
import { createWasmEngine } from '../network/wasm.ts';
import { compileKernels, RELAXED, vectorBits } from './kernels.ts';

/** One way of computing, and whether this machine has it. */
export interface EngineReport {
  readonly engine: EngineName;
  readonly backend?: TfjsBackend;
  /** Of the fused kernels: 256 on Node 24 to 26, x64. */
  readonly vectorBits?: 128 | 256;
  /** Why it cannot be had, and what to do; absent where it can. */
  readonly missing?: string;
}

/** What of an engine is to be chosen beyond its name. */
export interface EngineOptions {
  /** `auto`: node where it is installed, else wasm. */
  readonly tfjsBackend?: 'auto' | TfjsBackend | undefined;
  /** See `Engine.fastMath`; only the wasm engine has it, the others stay as they are. */
  readonly fastMath?: boolean | undefined;
}

/** The wasm engine, its kernels compiled when the first network is made. */
export function loadWasmEngine(fastMath = false): Engine {
  return createWasmEngine(() => compileKernels(fastMath ? RELAXED : undefined), fastMath);
}

/**
 * The engine of that name; `auto` is wasm. The others are loaded only here, and only when they are asked for: each
 * module takes time and memory, on the value network's thread too.
 * @throws UserError when the backend asked for cannot be had: why, and what to do
 */
export async function loadEngine(name: 'auto' | EngineName, options: EngineOptions = {}): Promise<Engine> {
  return await loaders[engineNamed(name)](options);
}

const loaders: Readonly<Record<EngineName, (options: EngineOptions) => Engine | Promise<Engine>>> = {
  wasm: ({ fastMath = false }) => loadWasmEngine(fastMath),
  reference: async () => (await import('../network/reference.ts')).referenceEngine,
  async tfjs({ tfjsBackend = 'auto' }) {
    const { loadTfjsEngine } = await import('./load-tfjs.ts');
    if (tfjsBackend === 'auto') {
      return await loadTfjsEngine('node').catch(() => loadTfjsEngine('wasm'));
    }
    try {
      return await loadTfjsEngine(tfjsBackend);
    } catch (cause) {
      throw new UserError(`tfjsBackend ${tfjsBackend}: ${(cause as Error).message}`, 1);
    }
  },
};

/** Every engine and backend, tried for real: each backend of TensorFlow.js is started. */
export async function surveyEngines(): Promise<EngineReport[]> {
  const reports = await Promise.all(engineNames.map((name) => surveys[name]?.() ?? [{ engine: name }]));
  return reports.flat();
}

/** Of the engines that have more to say than that they are there. */
const surveys: Readonly<Partial<Record<EngineName, () => EngineReport[] | Promise<EngineReport[]>>>> = {
  wasm: () => [{ engine: 'wasm', vectorBits }],
  async tfjs() {
    const { loadTfjsEngine } = await import('./load-tfjs.ts');
    const reports: EngineReport[] = [];
    for (const backend of TFJS_BACKENDS) {
      const missing = await loadTfjsEngine(backend).then(
        () => undefined,
        (cause: Error) => cause.message,
      );
      reports.push({ engine: 'tfjs', backend, ...(missing !== undefined && { missing }) });
    }
    return reports;
  },
};
