import { availableParallelism } from 'node:os';
import type { Config } from '../config/schema.ts';
import type { Engine } from '../network/network.ts';
import { loadEngine } from '../node/load-engine.ts';
import type { Threads } from '../parallel/executor.ts';
import { UserError } from '../user-error.ts';

/** The engine that a config asks for. @throws UserError where it cannot be had, or not with --fast-math */
export async function engineOfRun(config: Config, fastMath: boolean | undefined): Promise<Engine> {
  const engine = await loadEngine(config.engine, { tfjsBackend: config.tfjsBackend, fastMath });
  if (fastMath && !engine.fastMath)
    throw new UserError(`--fast-math is for the wasm engine, the config asks for ${engine.name}`);
  return engine;
}

/** What --threads says; `auto` stays on one thread where there is one core only. @throws UserError */
export function threadsOf(given: string): Threads {
  if (given === 'auto') return availableParallelism() > 1 ? 'auto' : 1;
  if (given === '1' || given === '2') return given === '1' ? 1 : 2;
  throw new UserError(`--threads must be 1, 2 or auto, got ${given}`);
}
