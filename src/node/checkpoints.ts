import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inspectRunConfig } from '../config/run-config.ts';
import type { Config } from '../config/schema.ts';
import {
  type Checkpoint,
  decodeCheckpoint,
  MOST_CHECKPOINT,
  policyOfCheckpoint,
  type ReadCheckpoint,
} from '../run/checkpoint-file.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { updateFiles } from '../run/update-files.ts';
import { parentInWords } from '../run/parent-in-words.ts';
import type { Parent, RunRecord } from '../run/record.ts';
import { PARENT, updateOf } from '../run/run-files.ts';
import { UserError } from '../user-error.ts';
import { readPolicyFile, readSnapshot, requireRecorded, sha256 } from './policy.ts';
import { requireOwn } from './same-config.ts';
import { readFile } from './text-file.ts';

/** Reads a checkpoint; one of another update than its name says is damaged. @throws UserError as `decodeCheckpoint` */
export function readCheckpoint(file: string): ReadCheckpoint {
  const { bytes, damage } = bytesOf(file);
  return bytes === undefined ? { damage } : checkpointIn(bytes, file);
}

function checkpointIn(bytes: Uint8Array, file: string): ReadCheckpoint {
  const read = decodeCheckpoint(bytes, file, sha256);
  const update = read.checkpoint?.state.update;
  if (update === undefined || update === updateOf(basename(file))) return read;
  return { damage: `${file} holds update ${update}` };
}

/** A checkpoint of a run, and the bytes that it was read from. */
export interface CheckpointAt {
  readonly checkpoint: Checkpoint;
  readonly bytes: Uint8Array;
  readonly file: string;
}

/** Whose files of updates are read. */
export interface RunOfUpdates {
  /** Its folder. */
  readonly path: string;
  readonly config: Config;
}

/** The checkpoint of an update. @throws UserError naming those that there are, or that it is damaged or another run's */
export function checkpointAt({ path: run, config }: RunOfUpdates, update: number): CheckpointAt {
  const files = updateFiles(run, 'checkpoints');
  const file = files.find((each) => each.update === update)?.file;
  if (file === undefined)
    throw new UserError(
      `${run} has no checkpoint of update ${update}; it has those of ${files.map((each) => each.update).join(', ') || 'none'} (checkpoint.keep keeps more)`,
    );
  const read = bytesOf(file);
  if (read.bytes === undefined) throw new UserError(read.damage);
  const { checkpoint, damage } = checkpointIn(read.bytes, file);
  if (checkpoint === undefined) throw new UserError(damage);
  requireOwn(config, checkpoint.config, join(run, 'config.json'), file);
  return { checkpoint, bytes: read.bytes, file };
}

/**
 * The checkpoint that a branch begins from, as its folder holds it.
 * @throws UserError where it is gone, or not the one that the branch was made of
 */
export function parentCheckpoint(path: string, parent: Parent): Checkpoint {
  const { update, sha256: sum } = parent;
  const file = join(path, PARENT);
  const { bytes, damage } = bytesOf(file);
  const what = `${parentInWords(parent)}, which ${path} is a branch of`;
  if (bytes === undefined) throw new UserError(`${what}, is not there any more: ${damage}`);
  if (sha256(bytes) !== sum)
    throw new UserError(`${file} is not the checkpoint of ${what}: its sha256 is another than in run.json`);
  const read = decodeCheckpoint(bytes, file, sha256);
  if (read.checkpoint === undefined) throw new UserError(read.damage);
  if (read.checkpoint.state.update !== update)
    throw new UserError(`${file} holds update ${read.checkpoint.state.update}, not ${update} of ${what}`);
  return read.checkpoint;
}

function bytesOf(file: string): { bytes: Uint8Array; damage?: never } | { bytes?: never; damage: string } {
  try {
    return { bytes: readFile(file, 'checkpoint', MOST_CHECKPOINT) };
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    return { damage: cause.message };
  }
}

/** `RUN@UPDATE` in its parts; undefined where it is none, or the name of something that is there. */
export function parseRunAt(place: string): { run: string; update: number } | undefined {
  const found = /^(.+)@(\d{1,15})$/.exec(place);
  return found === null || existsSync(place) ? undefined : { run: found[1], update: Number(found[2]) };
}

/** @throws UserError where the file is damaged, or of another run or update; what leash 0.1.0 wrote does not say */
function snapshotOf({ path, config }: RunOfUpdates, file: string, update: number): LoadedPolicy {
  const { stored, origin } = readSnapshot(file);
  if (origin === undefined) return stored;
  if (origin.update !== update) throw new UserError(`${file} holds update ${origin.update}`);
  const written = inspectRunConfig(origin.config, file);
  if (written.config === undefined) throw new UserError(written.problems[0] ?? file);
  requireOwn(config, written.config, join(path, 'config.json'), file);
  return stored;
}

/** The policy of a run after an update. */
export interface PolicyAt {
  readonly file: string;
  /** @throws UserError where the file is damaged or another run's */
  read(): LoadedPolicy;
}

/**
 * Where the policy of an update is kept: as a snapshot, in a checkpoint, or as that which the run ended with.
 * @param last the update that it ended with; undefined where it has not
 * @throws UserError naming the updates that there are
 */
export function policyAt(
  of: RunOfUpdates & { readonly record: Pick<RunRecord, 'parametersSha256'> },
  update: number,
  last: number | undefined,
): PolicyAt {
  const { path: run, record } = of;
  const isOf = (each: { readonly update: number }): boolean => each.update === update;
  const snapshots = updateFiles(run, 'snapshots');
  const checkpoints = updateFiles(run, 'checkpoints');
  const policy = join(run, 'policy.safetensors');
  if (update === last && existsSync(policy)) {
    const read = (): LoadedPolicy => {
      const stored = readPolicyFile(policy);
      requireRecorded(policy, stored, record.parametersSha256);
      return stored;
    };
    return { file: policy, read };
  }
  const snapshot = snapshots.find(isOf)?.file;
  if (snapshot !== undefined) return { file: snapshot, read: () => snapshotOf(of, snapshot, update) };
  const checkpoint = checkpoints.find(isOf)?.file;
  if (checkpoint !== undefined)
    return { file: checkpoint, read: () => policyOfCheckpoint(checkpointAt(of, update).checkpoint) };
  const known = [...snapshots, ...checkpoints].map((each) => each.update).concat(last ?? []);
  const updates = [...new Set(known)].sort((a, b) => a - b);
  const shown = updates.length > 8 ? [...updates.slice(0, 4), '…', ...updates.slice(-3)] : updates;
  const there = shown.length === 0 ? 'of no update' : `of ${shown.join(', ')}`;
  throw new UserError(
    `${run} has no policy of update ${update}; it has those ${there} (snapshots.everyUpdates keeps more)`,
  );
}
