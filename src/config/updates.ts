import type { Config } from './schema.ts';

/** T·N: environment steps of one rollout. */
export function stepsPerUpdate({ rollout, environment }: Config): number {
  return rollout.steps * environment.copies;
}

/** Updates of a whole run. */
export function updatesOf(config: Config): number {
  return Math.ceil(config.steps / stepsPerUpdate(config));
}
