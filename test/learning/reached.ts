import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { parseAssignment } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import type { Engine } from '../../src/network/network.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { readTrainingInputs } from '../../src/node/read-inputs.ts';
import { randomStream } from '../../src/random/random.ts';
import { decodePolicy, encodePolicy, type LoadedPolicy } from '../../src/run/policy-file.ts';
import { createAnswers } from '../../src/train/answers.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { createTraining } from '../../src/train/training.ts';
import { checksOf, type Outcome, type Task } from './thresholds.ts';

/** Trains a config file with a seed, every variant of it, on this thread. @returns the figures of `checksOf` */
export async function reached(file: string, task: Task, seed: number): Promise<number[]> {
  const figures: number[] = [];
  let outcome: Outcome | undefined;
  let before: string | undefined;
  for (const { variant, threshold } of checksOf(task)) {
    if (outcome === undefined || variant !== before) outcome = await outcomeOf(file, task, seed, variant);
    before = variant;
    figures.push(threshold.figure(outcome));
  }
  return figures;
}

/** @param variant a setting over the file */
async function outcomeOf(
  file: string,
  { episodes }: Task,
  seed: number,
  variant: string | undefined,
): Promise<Outcome> {
  const { config } = loadConfig(
    file,
    [
      { path: 'seed', text: String(seed), origin: '--seed' },
      ...(variant === undefined ? [] : [parseAssignment(variant)]),
    ],
    environmentOptions,
  );
  const definition = findEnvironment(config.environment.id as string);
  const engine = await loadEngine(config.engine, config);
  const training = createTraining(config, definition, engine, undefined, readTrainingInputs(config));
  // The policy that a training begins with is the one that goes on to change.
  const reference = training.reference && decodePolicy(encodePolicy(training.reference), 'its reference');
  const rows = Array.from({ length: training.updates }, () => training.update());
  const stored = decodePolicy(encodePolicy(training.stored()), 'what was trained');
  training.dispose();
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
  return { rows, greedy: played, klPolicyRest: () => klPolicyRest(config, engine, stored, reference) };
}

function klPolicyRest(
  { environment: { id, options }, reference: settings }: Config,
  engine: Engine,
  stored: LoadedPolicy,
  reference: LoadedPolicy | undefined,
): number {
  const { sequences } = findEnvironment(id as string).create(options, randomStream(0, 'environment/task'));
  if (sequences === undefined || reference === undefined || settings === null) return Number.NaN;
  const { inputs, outputs } = stored.policy.shape;
  const answers = createAnswers({ inputs, outputs }, sequences, reference, engine);
  return answers.tokenLevel(settings.beta)?.from(stored) ?? Number.NaN;
}
