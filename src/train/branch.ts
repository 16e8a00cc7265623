import type { Config } from '../config/schema.ts';
import type { Checkpoint } from '../run/checkpoint-file.ts';
import type { TrainingSnapshot } from './training-state.ts';

/**
 * The checkpoint of a run as that which another begins from: all of its state, and nothing of what the run had written.
 * @param config of the branch
 */
export function branchedOff(
  checkpoint: Checkpoint<TrainingSnapshot>,
  config: Config,
): Checkpoint<TrainingSnapshot> {
  const { state, config: before } = checkpoint;
  return {
    ...checkpoint,
    config,
    sizes: {},
    startedAt: new Date().toISOString(),
    updatesOnTwo: 0,
    best: undefined,
    warnings: undefined,
    state: { ...state, beta: betaAt(config, before, state.beta) },
  };
}

/** β goes on as it stands, within its bounds, unless it is set anew or there was none. */
function betaAt({ objective }: Config, { objective: before }: Config, beta: number): number {
  if (!('beta' in objective)) return 0;
  if (!('beta' in before) || before.beta !== objective.beta) return objective.beta;
  if (objective.adapt === null) return beta;
  const { min, max } = objective.adapt;
  return Math.min(Math.max(beta, min), max);
}
