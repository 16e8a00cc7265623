import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { withPaths } from '../config/file-paths.ts';
import type { EnvironmentOptions } from '../config/load.ts';
import { inspectRunConfig } from '../config/run-config.ts';
import type { Config } from '../config/schema.ts';
import { configForRun, pathBeside } from '../node/beside.ts';
import { endOf } from '../node/end-of-run.ts';
import { readRecord } from '../node/read-record.ts';
import { readJsonFile } from '../node/text-file.ts';
import { encodeJson } from '../row/json.ts';
import { naming, replaceFile, syncFile } from '../run/durable-file.ts';
import { differingFiles, type FileHashes, MODULE } from '../run/differing-files.ts';
import { filesOfRun } from '../run/files-of-run.ts';
import { naturalOrder } from '../run/natural-order.ts';
import { contentsOf, isRunFolder } from '../run/remove-run.ts';
import { makeStaging } from '../run/folders.ts';
import { RESERVE, type RunFile, stagingName } from '../run/run-files.ts';
import { requireName } from '../run/run-name.ts';
import type { RunRecord } from '../run/record.ts';
import { UserError } from '../user-error.ts';
import { differingPaths } from './differences.ts';
import { openExperiment } from './experiment-directory.ts';
import { experimentToken, labelsOfExperiment } from './experiment-marker.ts';
import { unfinishedAs } from './planned-run.ts';
import { reportCommand, type ShardFile, shardFilesIn, studyDifference } from './shard.ts';

/** What `leash runs merge` did. */
export interface Merged {
  readonly folder: string;
  /** Runs that were copied, and that were there. */
  readonly taken: number;
  readonly there: number;
  /** Runs that are not whole and stay where they are, a line each. */
  readonly left: readonly string[];
  /** `LABEL/seed-N` that no folder has whole; empty for a sweep by rungs, whose runs are known one rung after the other. */
  readonly missing: readonly string[];
  /** Makes what is missing, and the report, on one machine. */
  readonly command: string;
  /** How shards go on in the folder, each of so many by a command; null where one makes the rest: what is missing waits for no try or rung. */
  readonly shards: { readonly count: number; readonly first: string } | null;
}

/**
 * Copies the completed runs of shards of one study into one experiment. All is read and held against each other before
 * anything is written; a run appears whole or not at all, so that a merge that was killed goes on when it is called again.
 * @param given folders of experiments, as they stand or below `runs`
 * @param name undefined: what the shards call their experiment
 * @throws UserError where the shards are not of one study or leash, or a run is there twice and not the same
 */
export function mergeShards(
  given: readonly string[],
  runs: string,
  name: string | undefined,
  environments: EnvironmentOptions,
): Merged {
  const sources = given.map((word) => shardsAt(placeOf(word, runs)));
  const shards = sources.flatMap((each) => each.shards);
  const [first] = shards;
  requireOneStudy(shards);
  const own = name ?? nameOf(shards);
  const target = join(runs, own);
  requireName(own, existsSync(target));
  requireOwnTarget(target, first);
  const found = new FoundRuns(first.file.leash, environments);
  if (existsSync(target)) found.add(target);
  const whole = new Set(found.whole.keys());
  const there = whole.size;
  for (const { path } of sources) if (!isSame(path, target)) found.add(path);
  // One that is there and not whole is not written over.
  const toCopy = [...found.whole].filter(([place]) => !existsSync(join(target, place)));
  for (const [place] of toCopy) whole.add(place);
  const directory = openExperiment(runs, own, environments, labelsOfExperiment(sources[0].path));
  try {
    for (const { path } of shards) copyShardFile(path, target);
    directory.marker.keepOrder(first.file.configs);
    directory.marker.write();
    for (const [place, path] of toCopy) copyRun(path, join(target, place));
  } finally {
    directory.release();
  }
  const isByRungs = existsSync(join(target, 'rung-1'));
  const missing = isByRungs ? [] : plannedBy(shards).filter((place) => !whole.has(place));
  const command = reportCommand(first.file, runs, own);
  const isInTries = existsSync(join(target, 'calibration')) && missing.length > 0;
  return {
    folder: target,
    taken: toCopy.length,
    there,
    left: found.left,
    missing,
    command,
    shards:
      isByRungs || isInTries
        ? { count: first.file.count, first: `${command} --shard 1/${first.file.count}` }
        : null,
  };
}

interface FoundShard {
  /** Of its file. */
  readonly path: string;
  readonly file: ShardFile;
}

/** @throws UserError where no shard worked there */
function shardsAt(path: string): { readonly path: string; readonly shards: readonly FoundShard[] } {
  if (experimentToken(path) === undefined) {
    const inside = foldersIn(path).filter((each) => experimentToken(join(path, each)) !== undefined);
    const holds =
      inside.length > 0
        ? `; it holds ${inside
            .slice(0, 3)
            .map((each) => join(path, each))
            .join(', ')}`
        : '';
    throw new UserError(`${path} is no experiment's folder${holds}`);
  }
  const shards = shardFilesIn(path);
  if (shards.length === 0)
    throw new UserError(
      `${path} has no shard of an experiment: leash compare and sweep make them with --shard i/n`,
    );
  return { path, shards };
}

/** @throws UserError where there is no such folder */
function placeOf(word: string, runs: string): string {
  if (word.trim() === '') throw new UserError('runs merge must be given folders of shards, got ""');
  const places = [word, join(runs, word)];
  const path = places.find((each) => existsSync(each));
  if (path === undefined) throw new UserError(`there is no folder ${places.join(' or ')}`);
  if (!statSync(path).isDirectory()) throw new UserError(`${path} is no folder; name those of shards`);
  return path;
}

/** @throws UserError */
function requireOneStudy(shards: readonly FoundShard[]): void {
  const [first, ...others] = shards;
  for (const other of others) {
    const difference = studyDifference(other.file, first.file);
    if (difference !== undefined)
      throw new UserError(`${other.path} is not of the study of ${first.path}: ${difference}`);
  }
}

/** @throws UserError where the shards call it by several names */
function nameOf(shards: readonly FoundShard[]): string {
  const names = [...new Set(shards.map(({ file }) => file.name))];
  if (names.length === 1) return names[0];
  throw new UserError(`the shards call their experiment ${names.slice(0, 3).join(' and ')}: say --name`);
}

/** @throws UserError where the folder is there and of something else */
function requireOwnTarget(target: string, first: FoundShard): void {
  if (experimentToken(target) === undefined) return;
  const shards = shardFilesIn(target);
  // A merge that was killed at its very beginning left a marker alone.
  if (shards.length === 0 && foldersIn(target).length > 0)
    throw new UserError(`${target} is an experiment that was not made by shards; choose another --name`);
  requireOneStudy([first, ...shards]);
}

function isSame(path: string, target: string): boolean {
  return existsSync(target) && realpathSync(path) === realpathSync(target);
}

/** In natural order. */
function foldersIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort(naturalOrder);
}

/** `LABEL/seed-N` of all runs that the shards were to make, seed by seed. */
function plannedBy(shards: readonly FoundShard[]): string[] {
  const seeds = [...new Set(shards.flatMap(({ file }) => file.seeds))];
  return seeds.flatMap((seed) => shards[0].file.configs.map(({ label }) => `${label}/seed-${seed}`));
}

/** The runs of several folders, each once. */
class FoundRuns {
  /** Place in the experiment's folder, `[rung-2/]LABEL/seed-N` → where the first that is whole stands. */
  readonly whole = new Map<string, string>();
  readonly left: string[] = [];
  private readonly leash: string;
  private readonly environments: EnvironmentOptions;
  /** Of the first run of each config. */
  private readonly made = new Map<string, MadeRun>();

  constructor(leash: string, environments: EnvironmentOptions) {
    this.leash = leash;
    this.environments = environments;
  }

  /** @throws UserError where one is not the same as another of its config, or of its config and seed */
  add(experiment: string, below = ''): void {
    for (const name of foldersIn(join(experiment, below))) {
      const place = join(below, name);
      if (isRunFolder(join(experiment, place), true)) {
        if (/^seed-\d+$/.test(name)) this.addRun(join(experiment, place), place);
      } else if (!name.startsWith('.')) this.add(experiment, place);
    }
  }

  private addRun(path: string, place: string): void {
    const { isComplete, damage } = endOf(path);
    if (!isComplete) {
      this.left.push(damage ?? unfinishedAs(path) ?? `${path}: it is being made`);
      return;
    }
    const run = this.read(path);
    if (run === undefined) return;
    this.requireSameConfig(run, dirname(place));
    const other = this.whole.get(place);
    if (other === undefined) this.whole.set(place, path);
    else requireSameBytes(path, other);
  }

  private read(path: string): MadeRun | undefined {
    const config = this.configOf(join(path, 'config.json'));
    if (config === undefined) return undefined;
    const record = readRecord(join(path, 'run.json'));
    const other = [config.seed, record.seed].find((seed) => basename(path) !== `seed-${seed}`);
    if (other !== undefined) {
      this.left.push(`${path}: it is a run of seed ${other}`);
      return undefined;
    }
    const { leash } = record.versions;
    if (leash !== this.leash)
      throw new UserError(
        `${path} was made by leash ${leash}, its study by ${this.leash}: nothing was merged`,
      );
    const { module } = record;
    return {
      path,
      config: withPaths(config, (each) => basename(each)),
      module,
      files: filesOfRun(config, record),
    };
  }

  private configOf(file: string): Config | undefined {
    try {
      const { config, problems } = inspectRunConfig(readJsonFile(file, 'file'), file, this.environments);
      if (problems !== undefined) throw new UserError(problems[0]);
      return config;
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause;
      this.left.push(cause.message);
      return undefined;
    }
  }

  /** @param place of its config */
  private requireSameConfig(run: MadeRun, place: string): void {
    const other = this.made.get(place) ?? run;
    this.made.set(place, other);
    const differing = differingPaths([other.config, run.config]);
    if (run.module?.sha256 !== other.module?.sha256) differing.push("its environment's file");
    const files = differingFiles([other.files, run.files]).filter((setting) => setting !== MODULE);
    differing.push(...files.map((setting) => `the file of ${setting}`));
    if (differing.length === 0) return;
    throw new UserError(
      `${run.path} is of another study than ${other.path} (it differs in ${differing.slice(0, 3).join(', ')}): nothing was merged`,
    );
  }
}

interface MadeRun {
  readonly path: string;
  /** Files by their names. */
  readonly config: Config;
  readonly module: RunRecord['module'];
  readonly files: FileHashes;
}

/** What the same config and seed give to the byte. */
const SAME_BYTES: readonly RunFile[] = ['metrics.jsonl', 'ledger.jsonl', 'evaluations.jsonl'];

/** @throws UserError where two runs of one config and seed are not the same */
function requireSameBytes(path: string, other: string): void {
  const differing =
    SAME_BYTES.find((file) => !bytesOf(join(path, file)).equals(bytesOf(join(other, file)))) ??
    (parametersOf(path) === parametersOf(other) ? undefined : 'parametersSha256');
  if (differing === undefined) return;
  throw new UserError(
    `${path} and ${other} are the same run and not the same bytes (${differing}); remove the wrong one (leash verify tells): nothing was merged`,
  );
}

function bytesOf(file: string): Buffer {
  return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
}

function parametersOf(path: string): string | undefined {
  return readRecord(join(path, 'run.json')).parametersSha256;
}

function copyShardFile(path: string, target: string): void {
  const file = join(target, basename(path));
  if (!existsSync(file)) replaceFile(file, readFileSync(path));
}

/** The folder gets its name when all in it is there, and on the disk. Half a copy that a kill left is made again. */
function copyRun(path: string, to: string): void {
  const staging = join(dirname(to), stagingName(Number(basename(to).slice('seed-'.length)), '0'));
  rmSync(staging, { recursive: true, force: true });
  try {
    naming(to, () => {
      makeStaging(staging, []);
      for (const name of contentsOf(path).own.filter((each) => each !== RESERVE && !each.endsWith('.tmp'))) {
        const copy = join(staging, name);
        if (dirname(name) !== '.' && !existsSync(dirname(copy))) makeStaging(dirname(copy), []);
        copyFileSync(join(path, name), copy);
        syncFile(copy);
      }
      writeConfig(path, staging, to);
      renameSync(staging, to);
      syncFile(dirname(to));
    });
  } catch (cause) {
    rmSync(staging, { recursive: true, force: true });
    throw cause;
  }
}

/** Paths in a run's config start from its folder: those that lead somewhere lead there from the copy, too. */
function writeConfig(path: string, staging: string, to: string): void {
  const file = join(path, 'config.json');
  const written = readJsonFile(file, 'file') as object;
  let hasPaths = false;
  const there = withPaths(written, (each) => {
    const beside = pathBeside(file, each);
    if (!existsSync(beside)) return pathBeside(join(to, 'config.json'), each);
    hasPaths = true;
    return beside;
  });
  if (hasPaths) replaceFile(join(staging, 'config.json'), `${encodeJson(configForRun(to, there), 2)}\n`);
}
