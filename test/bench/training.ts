import { findEnvironment } from '../../envs/registry.ts';
import { environmentOptions } from '../../envs/environment-options.ts';
import { parseAssignment } from '../../src/config/load.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import type { Config } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { createTraining } from '../../src/train/training.ts';
import { median } from './measure.ts';
import { WORKLOAD } from './whole-run.ts';

/** The workload with other settings, as `--set` has them. */
export function workload(...settings: string[]): Config {
  return configWith(WORKLOAD, ...settings);
}

export function configWith(file: string, ...settings: string[]): Config {
  return loadConfig(file, settings.map(parseAssignment), environmentOptions).config;
}

/** Milliseconds of single updates in this process, after a warm-up that is not counted. */
export async function timeUpdates(config: Config, warmUp: number, updates: number): Promise<number[]> {
  const engine = await loadEngine(config.engine);
  const training = createTraining(config, findEnvironment(config.environment.id as string), engine);
  const milliseconds: number[] = [];
  for (let i = 0; i < warmUp + updates; i++) {
    const start = performance.now();
    training.update();
    if (i >= warmUp) milliseconds.push(performance.now() - start);
  }
  training.dispose();
  return milliseconds;
}

/** Steps a second at the median update. */
export async function stepsPerSecond(config: Config, warmUp: number, updates: number): Promise<number> {
  const milliseconds = await timeUpdates(config, warmUp, updates);
  return (config.rollout.steps * config.environment.copies * 1000) / median(milliseconds);
}
