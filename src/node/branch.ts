import { basename, dirname, join } from 'node:path';
import { type Changes, configOfBranch } from '../config/branch.ts';
import type { EnvironmentOptions } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { stepsPerUpdate, updatesOf } from '../config/updates.ts';
import { INITIAL } from '../config/file-paths.ts';
import { type Checkpoint, policyOfCheckpoint } from '../run/checkpoint-file.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { parentInWords } from '../run/parent-in-words.ts';
import { writtenParent } from '../run/record.ts';
import { isFree } from '../run/folders.ts';
import type { Beginning } from '../run/run-directory.ts';
import { readJson } from '../run/status.ts';
import { branchedOff } from '../train/branch.ts';
import type { ResumePoint } from '../train/train.ts';
import type { TrainingSnapshot } from '../train/training-state.ts';
import { UserError } from '../user-error.ts';
import { checkpointAt, parseRunAt } from './checkpoints.ts';
import { readRunConfig } from './load-config.ts';
import { sha256 } from './policy.ts';
import { readReferencePolicy } from './run-policy.ts';
import { type FoundPoint, pointToResume } from './resume-point.ts';

/** A run that begins where another was. */
export interface FoundBranch {
  /** `RUN@UPDATE`, with its parent's folder. */
  readonly place: string;
  readonly config: Config;
  readonly point: ResumePoint;
  readonly from: Beginning;
  /** Of its parent: the branch computes likewise where it has the engine. */
  readonly fastMath: boolean | undefined;
  /** What it is called where nobody gives it a name. */
  readonly name: string;
}

/**
 * As `pointToResume`, of a branch.
 * @throws UserError where the run that is there branched off elsewhere
 */
export function branchToResume(
  path: string,
  { config, from: { parent } }: FoundBranch,
  environments: EnvironmentOptions,
): FoundPoint | 'completed' | undefined {
  if (isFree(path)) return undefined;
  const own = writtenParent(readJson(join(path, 'run.json')));
  if (own?.run !== parent.run || own.update !== parent.update || own.sha256 !== parent.sha256)
    throw new UserError(
      `${path} is ${own ? `a branch of ${parentInWords(own)}` : 'no branch'}, not one of ${parentInWords(parent)} as it is now: choose another --name`,
    );
  return pointToResume(path, config, environments);
}

/**
 * What a run begins with that branches off another, and the config that it has then; touches nothing.
 * @param place `RUN@UPDATE`, the run's folder
 * @param changes over the config of the run
 * @throws UserError in one line where there is no such checkpoint, or a change does not go with it
 */
export function findBranch(
  place: string,
  changes: Pick<Changes, 'settings' | 'overrides'>,
  environments: EnvironmentOptions,
): FoundBranch {
  const at = parseRunAt(place);
  if (at === undefined)
    throw new UserError(`--from must be RUN@UPDATE, a run and one of its checkpoints, got ${place}`);
  const { run, update } = at;
  const before = readRunConfig(join(run, 'config.json'), environments);
  if ('data' in before) throw new UserError(`${run} is a run of leash fit, which has no checkpoints`);
  const { checkpoint, bytes } = checkpointAt({ path: run, config: before }, update);
  const config = configOfBranch(before, { ...changes, place }, environments);
  if (updatesOf(config) <= update) {
    const done = update * stepsPerUpdate(config);
    throw new UserError(
      `steps must be more than the ${done} that ${place} has behind it, got ${config.steps}: --steps N counts them, too`,
    );
  }
  const name = basename(dirname(run));
  return {
    place,
    config,
    point: {
      checkpoint: branchedOff(checkpoint as Checkpoint<TrainingSnapshot>, config),
      rows: [],
      seconds: 0,
      referencePolicy: referenceOfBranch(run, before, config, checkpoint),
    },
    from: { bytes, parent: { run: `${name}/${basename(run)}`, update, sha256: sha256(bytes) } },
    fastMath: config.engine === before.engine ? checkpoint.computer.fastMath : undefined,
    name: `${name}-from-${update}`,
  };
}

/** The policy that a branch is held near, where that is not one which its config names anew. */
function referenceOfBranch(
  run: string,
  { reference: before }: Config,
  { reference }: Config,
  checkpoint: Checkpoint,
): LoadedPolicy | undefined {
  if (reference === null) return undefined;
  if (reference.policy === before?.policy) return readReferencePolicy(run);
  return reference.policy === INITIAL ? policyOfCheckpoint(checkpoint) : undefined;
}
