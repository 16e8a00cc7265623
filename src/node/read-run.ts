import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentOptions } from '../config/load.ts';
import { readRunConfig } from './load-config.ts';
import type { Config } from '../config/schema.ts';
import { UserError } from '../user-error.ts';
import type { FitRow } from '../row/fit.ts';
import type { MetricsRow } from '../row/metrics.ts';
import { isOfTraining, readMetrics } from '../run/read-rows.ts';
import { readRecord } from './read-record.ts';
import type { RunRecord } from '../run/record.ts';

/** A run that was read back. */
export interface LoadedRun {
  readonly path: string;
  readonly config: Config;
  readonly record: RunRecord;
}

/**
 * Reads a run: `runs/NAME/seed-N`, or `runs/NAME` where it holds one seed.
 * @param environments fill in the options of its environment that came later; without them they stay as written
 * @throws UserError when there is none, more than one seed to choose from, a fit, or it is damaged
 */
export function loadRun(path: string, environments?: EnvironmentOptions): LoadedRun {
  const directory = seedDirectory(path);
  const record = readRecord(join(directory, 'run.json'));
  if (record.kind === 'fit') throw new UserError(`${directory} is a run of leash fit${aboutFit(directory)}`);
  return { path: directory, config: readRunConfig(join(directory, 'config.json'), environments), record };
}

/** What of a fit can be taken for a policy. */
function aboutFit(directory: string): string {
  const policy = join(directory, 'policy.safetensors');
  return existsSync(policy)
    ? `, which has no environment; its policy is the file ${policy}: network.initialWeights of a TokenTask takes it, leash evaluate with --config FILE`
    : ': it holds no policy';
}

function seedDirectory(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new UserError(`no run at ${path}`);
  if (existsSync(join(path, 'run.json'))) return path;
  const seeds = readdirSync(path).filter((entry) => existsSync(join(path, entry, 'run.json')));
  if (seeds.length === 1) return join(path, seeds[0]);
  if (seeds.length === 0) throw new UserError(`no run at ${path}: it has no run.json`);
  throw new UserError(`${path} holds ${seeds.length} runs; name one, such as ${join(path, seeds.sort()[0])}`);
}

/** The rows of a training run that can be read; `readMetrics` says what is wrong with the others. */
export function readRows(run: string): readonly MetricsRow[] {
  return readMetrics(run, true).rows.filter(isOfTraining);
}

/** The rows of a run of `leash fit`, likewise. */
export function readFitRows(run: string): readonly FitRow[] {
  return readMetrics(run, true).rows.filter((row): row is FitRow => !isOfTraining(row));
}
