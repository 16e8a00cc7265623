import {
  closeSync,
  existsSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../user-error.ts';
import { isExperimentFile, MARKER } from './experiment-files.ts';
import { type Output, replaceOutputs } from './durable-file.ts';
import { isRunFile, OWNER } from './run-files.ts';
import { requirePrintable } from './run-name.ts';

/** How an output begins: an earlier one of the same kind is replaced, nothing else. */
export const BEGINNINGS = {
  svg: '<svg',
  gif: 'GIF89a',
  png: '\u0089PNG',
  html: '<!doctype html>',
  csv: 'run,seed',
  text: 'leash plot',
} as const;

/**
 * Refuses a place where an output would destroy something, before the output is made: a file of a run or experiment,
 * a file that does not begin as this kind of output does, a folder, a disk.
 * @param flag how errors call it: `--out`
 * @param beginning of what may be replaced; undefined: nothing that is there
 * @throws UserError
 */
export function requireWritable(flag: string, path: string, beginning?: string): void {
  const wrong = (why: string): UserError => new UserError(`${flag} ${path} ${why}`);
  const found = foundAt(flag, path);
  if (found?.isDirectory()) throw wrong('is a folder; name a file in it');
  if (found?.isBlockDevice()) throw wrong('is a disk, not a file');
  if (isStream(path)) return;
  const target = existsSync(path) ? realpathSync(path) : path;
  const folder = dirname(target);
  if (isRunFolder(folder) && isRunFile(basename(target)))
    throw wrong('is a file of a run, which nothing else is written over');
  requireOutsideRuns(flag, path);
  // An owner.json there would make it a run's.
  const isTaken = isExperimentFile(basename(target)) || basename(target) === OWNER;
  if (existsSync(join(folder, MARKER)) && isTaken)
    throw wrong('is a file of an experiment, which nothing else is written over');
  if (
    found !== undefined &&
    found.size > 0 &&
    !(beginning !== undefined && startOf(target).startsWith(beginning))
  )
    throw wrong('is there already and no earlier output of this kind; remove it or name another');
}

/**
 * What is at a place where an output shall be; undefined: nothing.
 * @throws UserError for a place below a file, and for a new one whose name would be told in several lines
 */
export function foundAt(flag: string, path: string): Stats | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) requirePrintable(flag, path);
    return found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    throw new UserError(`${flag} ${path} is below what is no folder`);
  }
}

function isRunFolder(folder: string): boolean {
  const holds = (name: string): boolean => existsSync(join(folder, name));
  return !holds(MARKER) && (holds(OWNER) || (holds('config.json') && holds('metrics.jsonl')));
}

/**
 * A run's folder holds what leash names and nothing else: what is made of runs stands elsewhere.
 * @throws UserError for a place in the folder of a run, however deep
 */
export function requireOutsideRuns(flag: string, path: string): void {
  const run = foldersAbove(path).find(isRunFolder);
  if (run === undefined) return;
  throw new UserError(
    `${flag} ${path} is in the folder of the run ${run}, where only what leash writes of it stands; name a place outside`,
  );
}

/**
 * A new run, or experiment, stands in no folder of another: what is in that of an experiment is one of its configs.
 * @param folder that it is made in, there or not
 * @throws UserError
 */
export function requireNewPlace(folder: string): void {
  requireOutsideRuns('the new run in', folder);
  const experiment = experimentHolding(folder);
  if (experiment === undefined) return;
  throw new UserError(
    `${folder} is in the folder of the experiment ${experiment}, in which leash compare and leash sweep alone make runs; choose another --name or --runs`,
  );
}

/** The experiment that a place is in the folder of, however deep; undefined: of none. */
export function experimentHolding(path: string): string | undefined {
  return foldersAbove(path).find((each) => existsSync(join(each, MARKER)));
}

/** A folder, where links lead, and those that it is in; of one that is not there those that are. */
function foldersAbove(path: string): string[] {
  let folder = resolve(path);
  while (!existsSync(folder)) folder = dirname(folder);
  const found = [realpathSync(folder)];
  for (let each = found[0]; each !== dirname(each); each = dirname(each)) found.push(dirname(each));
  return found;
}

/**
 * Writes an output: beside the file and renamed, so that a full disk leaves what was there; straight into pipes,
 * terminals and the like.
 * @throws UserError, of `requireWritable` too
 */
export function writeOutput(
  flag: string,
  path: string,
  content: string | Uint8Array,
  beginning?: string,
): void {
  writing(flag, path, () => writeOutputs(flag, [{ path, content }], beginning));
}

/**
 * Writes several outputs, all of them or none, likewise.
 * @param files taken one by one
 * @throws UserError, of `requireWritable` too; what the system refuses
 */
export function writeOutputs(flag: string, files: Iterable<Output>, beginning?: string): void {
  replaceOutputs(toReplace(flag, files, beginning));
}

/** Writes what goes into streams. @returns the other outputs, where links lead */
function* toReplace(flag: string, files: Iterable<Output>, beginning?: string): Iterable<Output> {
  for (const { path, content } of files) {
    requireWritable(flag, path, beginning);
    if (isStream(path)) writeFileSync(path, content, { flag: 'a' });
    else yield { path: existsSync(path) ? realpathSync(path) : path, content };
  }
}

/** Writes an output, and tells what the system refuses with the flag and the place. @throws UserError */
export function writing(flag: string, path: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new UserError(`${flag} ${path}: cannot write there (${code})`, code === 'ENOSPC' ? 1 : 2);
  }
}

/** A pipe, a terminal, /dev/stdout: something that is written into and not replaced. */
function isStream(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && (found.isFIFO() || found.isCharacterDevice() || /^\/(dev|proc)\//.test(path));
}

/** The first characters of a file, a byte each. */
function startOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(32);
    return bytes.subarray(0, readSync(file, bytes)).toString('latin1');
  } finally {
    closeSync(file);
  }
}
