import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EnvironmentOptions } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { observationWrappersIn } from '../config/wrappers.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { parseRunAt, policyAt } from './checkpoints.ts';
import { requireKind } from './file-kind.ts';
import { parametersSha256, readPolicyFile, requireRecorded } from './policy.ts';
import { readRecord } from './read-record.ts';
import { type LoadedRun, loadRun } from './read-run.ts';
import { endInWords, progressOnDisk, standingOf } from '../run/status.ts';
import type { RunStanding } from '../run/record.ts';
import { UserError } from '../user-error.ts';

/** A run with the policy that it ended with, or the best that its evaluations found. */
export interface RunPolicy extends LoadedRun {
  /** The file of the policy. */
  readonly file: string;
  readonly stored: LoadedPolicy;
  readonly standing: RunStanding;
  /** That it is not what the config asked for: the run failed or was interrupted. */
  readonly caveat: string | undefined;
}

/** Which policy of a run is read. */
export interface ReadPolicyOptions {
  /** The best of its evaluations; without it the last. */
  readonly isBest?: boolean | undefined;
  /** Called before the file of the policy is read. */
  readonly check?: (config: Config, file: string) => void;
}

/**
 * Reads a run and its policy.
 * @param place `runs/NAME`, `runs/NAME/seed-N`, or one of them with `@UPDATE`: the policy after that update
 * @throws UserError when there is no policy or it can't be read, with how the run ended
 */
export function readRunPolicy(
  place: string,
  environments?: EnvironmentOptions,
  { isBest = false, check = () => {} }: ReadPolicyOptions = {},
): RunPolicy {
  const at = parseRunAt(place);
  const run = loadRun(at?.run ?? place, environments);
  const standing = standingOf(run.path, run.record.status);
  if (at !== undefined) {
    if (isBest) throw new UserError(`--best: ${place} names a policy already, that of update ${at.update}`);
    return policyOnTheWay(run, standing, at.update, check);
  }
  const file = join(run.path, isBest ? 'policy-best.safetensors' : 'policy.safetensors');
  const caveat = caveatOf(run, standing);
  if (isBest && !existsSync(file))
    throw new UserError(
      `--best: ${run.path} has no policy-best.safetensors; ${run.config.evaluation ? 'it ended before its first evaluation' : 'train with --set evaluation.every=10'}`,
    );
  if (!existsSync(file))
    throw new UserError(`${run.path} has no policy: the run ${caveat ?? 'was completed'}`);
  check(run.config, file);
  try {
    const stored = seeingAs(run, readPolicyFile(file));
    const { record } = run;
    const recorded = isBest ? record.best?.parametersSha256 : record.parametersSha256;
    requireRecorded(file, stored, recorded, isBest);
    return { ...run, file, stored, standing, caveat };
  } catch (error) {
    if (!(error instanceof UserError) || caveat === undefined) throw error;
    throw new UserError(`${error.message}; the run ${caveat}`);
  }
}

/**
 * A policy that a user named by its file; where its run stands around it, that says of it what it does not.
 * @throws UserError as `readPolicyFile`, and naming what it is where it is something else
 */
export function readGivenPolicy(path: string): LoadedPolicy {
  requireKind(path, ['run', 'policy', 'binary']);
  const stored = readPolicyFile(path);
  const folder = dirname(path);
  if (!existsSync(join(folder, 'run.json'))) return stored;
  try {
    const run = loadRun(folder);
    const { parametersSha256: last, best } = run.record;
    const isOf = [last, best?.parametersSha256].includes(parametersSha256(stored));
    return isOf ? seeingAs(run, stored) : stored;
  } catch (error) {
    // As a file of its own it is taken from a damaged run, too.
    if (!(error instanceof UserError)) throw error;
    return stored;
  }
}

/**
 * The policy that a run is held near, as it was when the run began: its folder keeps it.
 * @throws UserError where it is gone, or another than run.json says
 */
export function readReferencePolicy(path: string): LoadedPolicy {
  const file = join(path, 'reference.safetensors');
  const stored = readPolicyFile(file);
  const recorded = readRecord(join(path, 'run.json')).referenceSha256;
  if (recorded === parametersSha256(stored)) return stored;
  throw new UserError(
    `${file} is not the policy that its run was held near: its weights are not those of referenceSha256 in run.json`,
  );
}

/** The policy after an update: what it is was asked for, so there is no caveat. */
function policyOnTheWay(
  run: LoadedRun,
  standing: RunStanding,
  update: number,
  check: (config: Config, file: string) => void,
): RunPolicy {
  const hasEnded = standing === 'completed' || standing === 'interrupted';
  const { file, read } = policyAt(run, update, hasEnded ? run.record.updates : undefined);
  check(run.config, file);
  return {
    ...run,
    path: `${run.path}@${update}`,
    file,
    stored: seeingAs(run, read()),
    standing,
    caveat: undefined,
  };
}

/** A policy that knows what its observations went through: of an earlier leash, and of none, its run's config says it. */
function seeingAs({ config }: LoadedRun, stored: LoadedPolicy): LoadedPolicy {
  return { observationWrappers: observationWrappersIn(config.environment.wrappers), ...stored };
}

function caveatOf({ path, record }: LoadedRun, standing: RunStanding): string | undefined {
  if (standing === 'completed') return undefined;
  if (standing === 'alive') return 'is still going on';
  const end = endInWords(standing, progressOnDisk(path).updates, record.updatesPlanned);
  if (standing === 'interrupted') return `was ${end}`;
  if (standing === 'dead') return `is ${end}`;
  return `${end}: ${record.failure ?? 'its run.json does not say why'}`;
}
