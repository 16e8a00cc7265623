import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize, relative, resolve, sep } from 'node:path';
import { nearest } from '../config/nearest.ts';
import { describeOwner } from '../run/owner.ts';
import { contentsOf, isRunFolder, removeRun } from '../run/remove-run.ts';
import { removeEmpty } from '../run/folders.ts';
import { holdOf, recordedStatus, standingOf } from '../run/status.ts';
import { UserError } from '../user-error.ts';
import { isExperimentStaging, removeExperimentFiles } from './experiment-directory.ts';
import { experimentToken } from './experiment-marker.ts';
import { naturalOrder } from '../run/natural-order.ts';
import { isExperimentFile } from '../run/experiment-files.ts';
import { acquireLock, holderNow, type Lock } from './experiment-lock.ts';

/** What `leash runs rm` is to delete; paths below the folder of runs. */
export interface Removal {
  readonly root: string;
  readonly runs: readonly string[];
  /** Whole experiments: their runs are among `runs`. */
  readonly experiments: readonly string[];
  /** Experiments of which only some runs go; they are held meanwhile. */
  readonly around: readonly string[];
  /** What is not leash's and stays, with its folder. */
  readonly strangers: readonly string[];
  readonly bytes: number;
}

/**
 * Finds the runs and experiments that the arguments mean, and touches nothing.
 * @param root the folder of runs, of which nothing but what is below may go
 * @throws UserError for an argument that is empty, leads out of the root or through a link, or holds nothing of
 *   leash's, and for a run or an experiment that goes on
 */
export function planRemoval(given: readonly string[], root: string): Removal {
  if (root.trim() === '')
    throw new UserError('--runs must name a folder, got "" (a variable that is not set?)');
  const found = new Found(root);
  for (const argument of given) {
    const path = placeOf(argument, root);
    if (!found.add(path)) {
      throw new UserError(
        `no run of leash at ${path}: nothing in it has leash's owner.json or experiment.json`,
      );
    }
  }
  const removal = found.plan();
  for (const path of removal.runs) requireOver(path, 'nothing was deleted');
  for (const path of [...removal.experiments, ...removal.around]) {
    const holder = holderNow(path, experimentToken(path) ?? '');
    if (holder !== undefined) throw new UserError(`${holder}; nothing was deleted`, 1);
  }
  return removal;
}

/** Where an argument leads, as it stands or below the root: from the root, however it was spelled. @throws UserError */
function placeOf(argument: string, root: string): string {
  const refuse = (why: string): never => {
    throw new UserError(`runs rm ${JSON.stringify(argument)}: ${why}`);
  };
  if (argument.trim() === '') refuse('names nothing (a variable that is not set?)');
  if (argument.split(/[/\\]/).includes('..') || normalize(argument).replace(/[/\\]+$/, '') === '.') {
    refuse('name the run or its folder, without . or ..');
  }
  if (resolve(argument) === resolve(root)) refuse('is the folder of all runs; name what is in it');
  const places = isAbsolute(argument) ? [argument] : [argument, join(root, argument)];
  const path = places.find((each) => isBelow(each, root) && isThere(each));
  if (path === undefined)
    return refuse(
      isThere(argument)
        ? `is not below --runs ${root}`
        : `there is no such run; looked for ${places.map((each) => resolve(each)).join(' and ')}${guessOf(argument, root)}`,
    );
  requireNoLink(path, root, refuse);
  return join(root, relative(resolve(root), resolve(path)));
}

/** The nearest name that is there, for a word in the place where the way to the run ends. */
function guessOf(argument: string, root: string): string {
  const path = resolve(argument);
  if (isAbsolute(argument) && !isBelow(path, root)) return '';
  const parts = (isBelow(path, root) ? relative(resolve(root), path) : normalize(argument)).split(sep);
  const upTo = (count: number): string => join(root, ...parts.slice(0, count));
  const at = parts.findIndex((_, i) => !isThere(upTo(i + 1)));
  const isFolder = lstatSync(upTo(at), { throwIfNoEntry: false })?.isDirectory() ?? false;
  const folders = isFolder ? entriesOf(upTo(at)).filter((entry) => entry.isDirectory()) : [];
  const names = folders.map(({ name }) => name);
  const meant = nearest(parts[at] ?? '', names);
  return meant === undefined ? '' : `; did you mean ${join(...parts.slice(0, at), meant)}?`;
}

function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function isBelow(path: string, root: string): boolean {
  const way = relative(resolve(root), resolve(path));
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Nothing on the way from the root to the folder, the folder itself among it, is a symbolic link. */
function requireNoLink(path: string, root: string, refuse: (why: string) => never): void {
  let here = root;
  for (const part of relative(resolve(root), resolve(path)).split(sep)) {
    here = join(here, part);
    const stat = lstatSync(here);
    if (stat.isSymbolicLink()) refuse(`${here} is a symbolic link; nothing is deleted through one`);
    if (!stat.isDirectory()) refuse(`${here} is no folder`);
  }
}

/** @throws UserError where the run goes on */
function requireOver(path: string, consequence: string): void {
  if (standingOf(path, recordedStatus(path)) !== 'alive') return;
  const { owner } = holdOf(path);
  const who = owner === undefined ? 'a process' : describeOwner(owner);
  throw new UserError(`${path} is alive: ${who} is at work in it; ${consequence}`, 1);
}

/** What the arguments mean, everything once. */
class Found {
  private readonly root: string;
  private readonly runs = new Set<string>();
  private readonly experiments = new Set<string>();
  private readonly outer = new Set<string>();
  private readonly strangers = new Set<string>();

  constructor(root: string) {
    this.root = root;
  }

  /** @returns whether there is anything of leash's at that path */
  add(path: string): boolean {
    const outer = foldersAbove(path, this.root).filter((above) => experimentToken(above) !== undefined);
    for (const each of outer) this.outer.add(each);
    const { isLeashs, strangers } = this.walk(path, outer.length > 0);
    for (const each of strangers) this.strangers.add(each);
    return isLeashs;
  }

  /** @returns what stays of a folder, where anything of it goes; of others nothing is said but their own name */
  private walk(path: string, isInExperiment: boolean): { isLeashs: boolean; strangers: string[] } {
    if (isRunFolder(path, isInExperiment)) {
      this.runs.add(path);
      return { isLeashs: true, strangers: contentsOf(path).strangers.map((name) => join(path, name)) };
    }
    const isExperiment = experimentToken(path) !== undefined || isExperimentStaging(basename(path));
    if (isExperiment) this.experiments.add(path);
    let isLeashs = isExperiment;
    const strangers: string[] = [];
    for (const entry of entriesOf(path)) {
      const below = join(path, entry.name);
      if (entry.isDirectory()) {
        const found = this.walk(below, isInExperiment || isExperiment);
        isLeashs ||= found.isLeashs;
        // A folder without anything of leash's stays as a whole; an experiment's empty ones go.
        if (found.isLeashs) for (const each of found.strangers) strangers.push(each);
        else if (!isExperiment || readdirSync(below).length > 0) strangers.push(below);
      } else if (!(isExperiment && entry.isFile() && isExperimentFile(entry.name))) strangers.push(below);
    }
    return { isLeashs, strangers };
  }

  plan(): Removal {
    const [runs, experiments] = [[...this.runs], [...this.experiments]];
    const files = [
      ...runs.flatMap((path) => contentsOf(path).own.map((name) => join(path, name))),
      ...experiments.flatMap((path) =>
        entriesOf(path)
          .filter((entry) => entry.isFile() && isExperimentFile(entry.name))
          .map(({ name }) => join(path, name)),
      ),
    ];
    return {
      root: this.root,
      runs,
      experiments,
      around: [...this.outer].filter((path) => !this.experiments.has(path)),
      strangers: [...this.strangers],
      bytes: files.reduce((sum, file) => sum + (lstatSync(file, { throwIfNoEntry: false })?.size ?? 0), 0),
    };
  }
}

/** In natural order. */
function entriesOf(path: string): Dirent[] {
  return readdirSync(path, { withFileTypes: true }).sort((a, b) => naturalOrder(a.name, b.name));
}

/**
 * Deletes what was planned, and folders that are empty after it. Experiments are held meanwhile, and of a run it is
 * asked again whether it goes on.
 * @throws UserError where somebody came in between
 */
export function remove({ root, runs, experiments, around }: Removal): void {
  const locks: Lock[] = [];
  try {
    for (const path of [...experiments, ...around]) {
      const lock = acquireLock(path, () => experimentToken(path));
      if (lock !== undefined) locks.push(lock);
    }
    for (const path of runs) {
      requireOver(path, 'it and what comes after it stay');
      removeRun(path);
      // An experiment goes with its own files, below.
      removeEmpty(foldersAbove(path, root).filter((above) => experimentToken(above) === undefined));
    }
    for (const path of experiments) {
      removeEmptyBelow(path);
      removeExperimentFiles(path);
      removeEmpty([path, ...foldersAbove(path, root)]);
    }
  } finally {
    for (const lock of locks) lock.release();
  }
}

/** The folders above a path and below the root, the deepest first. */
function foldersAbove(path: string, root: string): string[] {
  const above = dirname(path);
  return isBelow(above, root) ? [above, ...foldersAbove(above, root)] : [];
}

/** What a killed process left of folders without a run. */
function removeEmptyBelow(path: string): void {
  for (const entry of entriesOf(path)) {
    if (!entry.isDirectory()) continue;
    const below = join(path, entry.name);
    removeEmptyBelow(below);
    removeEmpty([below]);
  }
}
