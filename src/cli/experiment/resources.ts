import { environmentName } from '../../config/environment-name.ts';
import { availableParallelism } from 'node:os';
import type { Environments } from '../../node/environments.ts';
import type { Contestant } from '../../experiment/experiment.ts';
import { engineNamed } from '../../network/engine-traits.ts';
import type { EnvironmentDefinition } from '../../rollout/environment.ts';
import { isBatched } from '../../rollout/vector-environment.ts';
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

/** The environment of a contestant, and what one copy said that was made to ask. */
export interface AskedEnvironment {
  readonly definition: EnvironmentDefinition;
  readonly spaces: Spaces;
}

/** One for each contestant; of equal ones a copy is made once. @throws UserError where there is none of that name */
export async function environmentsOf(
  contestants: readonly Contestant[],
  { resolve }: Environments,
): Promise<AskedEnvironment[]> {
  const asked = new Map<string, AskedEnvironment>();
  const found: AskedEnvironment[] = [];
  for (const { config } of contestants) {
    const { options, wrappers } = config.environment;
    const key = JSON.stringify([environmentName(config.environment), options, wrappers]);
    const definition = await resolve(config.environment);
    const own = asked.get(key) ?? { definition, spaces: spacesOf(definition, config) };
    asked.set(key, own);
    found.push(own);
  }
  return found;
}

/** Every run, so many at once, fits into memory. @throws UserError */
export function requireMemoryForAll(
  contestants: readonly Contestant[],
  asked: readonly AskedEnvironment[],
  atOnce: number,
): void {
  const available = availableMemory();
  contestants.forEach(({ label, config }, i) => {
    const { definition, spaces } = asked[i];
    requireMemory(estimateMemory(config, definition, spaces, 1), label, atOnce, available);
  });
}

/** Whether runs of it have checkpoints; copies that are made together always do. */
export function canSnapshot({ definition, spaces }: AskedEnvironment): boolean {
  return isBatched(definition) || (spaces.snapshot !== undefined && spaces.restore !== undefined);
}
