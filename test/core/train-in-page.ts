import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { resolveConfig } from '../../src/config/load.ts';
import { createWasmEngine } from '../../src/network/wasm.ts';
import { encodeRow } from '../../src/row/encode.ts';
import { parameterBytes } from '../../src/run/policy-file.ts';
import { createTraining } from '../../src/train/training.ts';

/*
 * What a page needs to train: the core, the text of a config and the kernels. test/browser/train.test.ts bundles it.
 */

/**
 * The first updates of a config.
 * @param kernels bytes of kernels.wasm
 * @returns the rows as metrics.jsonl has them, and the parameters that a run's SHA-256 is of
 */
export function trainInPage(
  config: unknown,
  kernels: Uint8Array<ArrayBuffer>,
  updates: number,
): { rows: string[]; parameters: Uint8Array } {
  const { loaded, problems } = resolveConfig(config, 'page', [], environmentOptions);
  if (loaded === undefined) throw new Error(problems.join('\n'));
  const definition = findEnvironment(loaded.config.environment.id as string);
  const engine = createWasmEngine(() => ({ module: new WebAssembly.Module(kernels), pairsVectors: false }));
  const training = createTraining(loaded.config, definition, engine);
  const rows = Array.from({ length: updates }, () => encodeRow(training.update()));
  const parameters = parameterBytes(training.stored());
  training.dispose();
  return { rows, parameters };
}
