import { environmentName } from '../../config/environment-name.ts';
import { availableParallelism } from 'node:os';
import type { Environments } from '../../node/environments.ts';
import type { Contestant } from '../../experiment/experiment.ts';
import { engineNamed } from '../../network/engine-traits.ts';
import { estimateMemory, type Spaces, spacesOf } from '../../train/memory-estimate.ts';
import { wholeNumber } from '../flag-values.ts';
import { availableMemory, requireMemory, workersWithAddresses } from '../memory.ts';

/** The most threads that make runs; more than cores make nothing faster. */
const MOST_WORKERS = 1024;

/** As many as are asked for, or as there are cores and addresses for. @throws UserError */
export function workersOf(given: string | undefined, contestants: readonly Contestant[]): number {
  const asked = given === undefined ? availableParallelism() : wholeNumber('workers', given, 1, MOST_WORKERS);
  const usesWasm = contestants.some(({ config }) => engineNamed(config.engine) === 'wasm');
  return usesWasm ? workersWithAddresses(asked, given !== undefined) : asked;
}

/** Every run, so many at once, fits into memory. @throws UserError */
export async function requireMemoryForAll(
  contestants: readonly Contestant[],
  atOnce: number,
  { resolve }: Environments,
): Promise<void> {
  const available = availableMemory();
  const spaces = new Map<string, Spaces>();
  for (const { label, config } of contestants) {
    const definition = await resolve(config.environment);
    const { options, wrappers } = config.environment;
    const key = JSON.stringify([environmentName(config.environment), options, wrappers]);
    const own = spaces.get(key) ?? spacesOf(definition, config);
    spaces.set(key, own);
    requireMemory(estimateMemory(config, definition, own, 1), label, atOnce, available);
  }
}
