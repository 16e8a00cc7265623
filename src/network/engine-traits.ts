/** What is to be known of an engine before it is loaded. */
export interface EngineTraits {
  /** Whether another thread can run it beside this one: TensorFlow.js would have to be started there once more. */
  readonly runsOnThreads: boolean;
  /** Whether it can give up the same bits on every machine for speed. */
  readonly hasFastMath: boolean;
  /** Whether a usual update takes less than a tenth of a second. */
  readonly isQuick: boolean;
}

/** Every engine that a config can name. */
export const engineTraits = {
  wasm: { runsOnThreads: true, hasFastMath: true, isQuick: true },
  tfjs: { runsOnThreads: false, hasFastMath: false, isQuick: false },
  reference: { runsOnThreads: true, hasFastMath: false, isQuick: false },
} as const satisfies Readonly<Record<string, EngineTraits>>;

export type EngineName = keyof typeof engineTraits;

/** Names of the engines, as the first is. */
export const engineNames = Object.keys(engineTraits) as [EngineName, ...EngineName[]];

/** The engine that `auto` is. */
export function engineNamed(name: 'auto' | EngineName): EngineName {
  return name === 'auto' ? 'wasm' : name;
}

/** What computes TensorFlow.js's kernels: native TensorFlow, its WebAssembly or its plain JavaScript. */
export type TfjsBackend = 'node' | 'wasm' | 'cpu';

/** Fastest first where native TensorFlow is worth its calls; see docs/engines.md for the figures. */
export const TFJS_BACKENDS: readonly TfjsBackend[] = ['node', 'wasm', 'cpu'];
