import { existsSync, lstatSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../user-error.ts';
import { isFree } from './folders.ts';
import { describeOwner } from './owner.ts';
import { contentsOf, isRunFolder, removeRun } from './remove-run.ts';
import { replacedName, replacingToken, stagingName } from './run-files.ts';
import { holdOf, standingOf } from './status.ts';

/** A run that gave way to one that is being made in its place. */
export interface SetAside {
  /** Puts it back, where no other has the place. */
  restore(): void;
  /** Deletes it. */
  remove(): void;
}

/**
 * Renames the run at a path, so that another can be made there: it is deleted when that one has begun, and put back where
 * none could be made.
 * @param recorded the status in its `run.json`
 * @throws UserError where it is no run of leash, goes on, or holds what leash did not write; nothing was touched then
 */
export function setAside(path: string, seed: number, token: string, recorded: unknown): SetAside {
  requireReplaceable(path, recorded);
  const aside = join(dirname(path), replacedName(seed, token));
  renameSync(path, aside);
  return {
    restore: () => putBack(aside, path),
    remove: () => removeRun(aside),
  };
}

/**
 * Puts back a run that gave way to one whose process was killed before that began. Where there are several the others wait
 * until the place is free again.
 */
export function putBackLeft(path: string): void {
  const folder = dirname(path);
  const seed = Number(basename(path).slice('seed-'.length));
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const token = replacingToken(name, seed);
    if (token === undefined || !isGivenUp(path, join(folder, stagingName(seed, token)), token)) continue;
    if (!isFree(path)) removeRun(path);
    putBack(join(folder, name), path);
  }
}

/** Where the place is free, and no other process was first. */
function putBack(aside: string, path: string): void {
  if (isFree(path) && existsSync(aside)) renameSync(aside, path);
}

/** Whether the run of that token never got its place, or did not begin there, and its process is gone. */
function isGivenUp(path: string, staging: string, token: string): boolean {
  if (holdOf(staging).isAlive) return false;
  if (isFree(path)) return true;
  const { owner, isAlive } = holdOf(path);
  return owner?.token === token && !isAlive && !existsSync(join(path, 'run.json'));
}

/** @throws UserError in one line */
export function requireReplaceable(path: string, recorded: unknown): void {
  const refuse = (why: string): never => {
    throw new UserError(`--replace: ${path} ${why}`);
  };
  if (lstatSync(path).isSymbolicLink()) refuse('is a symbolic link; nothing is deleted through one');
  if (!isRunFolder(path, false)) refuse('is no run of leash: it stays; choose another --name or --seed');
  if (standingOf(path, recorded) === 'alive') {
    const { owner } = holdOf(path);
    const who = owner === undefined ? 'another process' : describeOwner(owner);
    refuse(`is alive: ${who} is at work in it; choose another --name or --seed`);
  }
  const { strangers } = contentsOf(path);
  if (strangers.length > 0)
    refuse(`holds ${strangers.slice(0, 3).join(', ')}, not written by leash; move that away`);
}
