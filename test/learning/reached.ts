import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { readTrainingInputs } from '../../src/node/read-inputs.ts';
import { decodePolicy, encodePolicy } from '../../src/run/policy-file.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { createTraining } from '../../src/train/training.ts';
import type { Task } from './thresholds.ts';

/** Trains a config file with a seed, on this thread. @returns each threshold's figure */
export async function reached(file: string, task: Task, seed: number): Promise<number[]> {
  const { config } = loadConfig(
    file,
    [{ path: 'seed', text: String(seed), origin: '--seed' }],
    environmentOptions,
  );
  const definition = findEnvironment(config.environment.id as string);
  const engine = await loadEngine(config.engine, config);
  const training = createTraining(config, definition, engine, undefined, readTrainingInputs(config));
  const rows = Array.from({ length: training.updates }, () => training.update());
  const stored = decodePolicy(encodePolicy(training.stored()), 'what was trained');
  training.dispose();
  const { episodes } = task;
  const played =
    episodes > 0
      ? evaluate({
          definition,
          options: config.environment.options,
          engine,
          stored,
          episodes,
          mode: 'greedy',
          seed: 1_000_000 + seed,
          taskSeed: seed,
        }).returns
      : new Float64Array(0);
  return task.thresholds.map(({ figure }) => figure({ rows, greedy: played }));
}
