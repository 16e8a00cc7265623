import {
  closeSync,
  existsSync,
  fstatSync,
  futimesSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { destination, pino } from '../packages/pino.ts';
import {
  type LineFile,
  lineFile,
  naming,
  refused,
  replaceFile,
  reserve,
  syncFile,
  writeOver,
} from './durable-file.ts';
import { type RunLabels, writtenLabels } from './labels.ts';
import { type Parent, writtenParent } from './record.ts';
import { requireName, requirePrintable, shellWord } from './run-name.ts';
import type { RunWriter } from './run-writer.ts';
import { configForRun } from '../node/beside.ts';
import { UserError } from '../user-error.ts';
import { encodeJson } from '../row/json.ts';
import { encodeRow } from '../row/encode.ts';
import { cannotMake, isFree, makeStaging, removeEmpty } from './folders.ts';
import { describeOwner, HEARTBEAT, ownerHere } from './owner.ts';
import {
  OWNER,
  PARENT,
  RESERVE,
  RUN_FORMAT,
  type RunFile,
  stagingName,
  UPDATE_FOLDERS,
} from './run-files.ts';
import { requireNewPlace } from './output-file.ts';
import { putBackLeft, requireReplaceable, type SetAside, setAside } from './set-aside.ts';
import { endInWords, holdOf, readJson, recordedStatus, standingOf } from './status.ts';
import { takeOver } from './take-over.ts';
import { removeUpdatesAfter, updateFiles, writeUpdate } from './update-files.ts';
import { readMetrics } from './read-rows.ts';

/** What a run directory needs to know of a config, be it of `train` or of `fit`. */
export interface ConfigOfRun {
  readonly seed: number;
  readonly trustRegion?: { readonly ledger: boolean };
  readonly evaluation?: object | null;
}

/** How a run is made. */
export interface RunOptions {
  /** Whether it takes the place of one that is over: that one goes when this one begins. */
  readonly replace?: boolean | undefined;
  readonly labels?: RunLabels | undefined;
  /** Whether one that is there and over is gone on with instead. */
  readonly resume?: boolean | undefined;
  /** What it begins from. */
  readonly from?: Beginning | undefined;
  /** Whether it is one of an experiment's, whose folder no other is made in. */
  readonly isOfExperiment?: boolean | undefined;
}

/** A checkpoint of another run. */
export interface Beginning {
  readonly parent: Parent;
  /** The checkpoint's file. */
  readonly bytes: Uint8Array;
}

/**
 * Makes `root/name/seed-N/` with its `config.json`, held by this process. The folder gets its name when all in it
 * is there, the owner first: of two that make the same run at one instant one gets it, and a killed one leaves
 * nothing that cannot be told to be leash's.
 * @throws UserError when the run is there already, or may not be replaced, or the directory can't be written; then nothing
 *   is left behind, and what was there is as it was
 */
export function createRun(
  root: string,
  name: string,
  config: ConfigOfRun,
  options: RunOptions = {},
): RunWriter {
  const path = pathOfRun(root, name, config.seed);
  const { replace, labels, from, isOfExperiment } = options;
  const parent = dirname(path);
  const owner = { ...ownerHere(RUN_FORMAT), name, seed: config.seed };
  const staging = join(parent, stagingName(config.seed, owner.token));
  const made: string[] = [];
  let files: OpenFiles | undefined;
  let earlier: SetAside | undefined;
  try {
    requireRoom(root, path, { replace, isOfExperiment });
    makeStaging(staging, made);
    files = makeFiles(staging, path, `${encodeJson(owner, 2)}\n`, config, from?.bytes);
    if (!isFree(path)) {
      // Another process may have made it meanwhile.
      requireRoom(root, path, { replace, isOfExperiment });
      earlier = setAside(path, config.seed, owner.token, recordedStatus(path));
    }
    giveName(root, staging, path);
  } catch (cause) {
    files?.close();
    if (existsSync(staging)) rmSync(staging, { recursive: true });
    earlier?.restore();
    removeEmpty(made);
    if (cause instanceof UserError) throw cause;
    throw cannotMake(root, path, cause as NodeJS.ErrnoException);
  }
  return runIn(path, name, config.seed, files, { made, earlier, labels, parent: from?.parent });
}

/** Where a run of that name and seed is. @throws UserError for what is no name */
export function pathOfRun(root: string, name: string, seed: number): string {
  if (!existsSync(root)) requirePrintable('--runs', root);
  const folder = join(root, name);
  requireName(name, existsSync(folder));
  return join(folder, `seed-${seed}`);
}

/** @throws UserError where a run is there that the new one does not replace, or no folder can be, or is another's */
export function requireRoom(
  root: string,
  path: string,
  { replace = false, resume, isOfExperiment = false }: RunOptions,
): void {
  let isThere: boolean;
  try {
    if (!isOfExperiment) putBackLeft(path);
    isThere = !isFree(path);
  } catch (cause) {
    throw cannotMake(root, path, cause as NodeJS.ErrnoException);
  }
  if (isThere && resume) return;
  if (!isOfExperiment) requireNewPlace(dirname(path));
  if (!isThere) return;
  if (!replace) throw new UserError(describeOccupied(root, path));
  requireReplaceable(path, recordedStatus(path));
}

/** Gives a finished folder its name, unless another has it. */
function giveName(root: string, staging: string, path: string): void {
  try {
    renameSync(staging, path);
  } catch (cause) {
    if (isFree(path)) throw cause;
    throw new UserError(describeOccupied(root, path));
  }
}

/** Why a run cannot be made there. */
function describeOccupied(root: string, path: string): string {
  const recorded = recordedStatus(path);
  const { owner } = holdOf(path);
  const standing = standingOf(path, recorded);
  if (standing === 'alive') {
    const who = owner === undefined ? 'another process' : describeOwner(owner);
    return `${path} is there already: ${who} is at work in it; choose another --name or --seed`;
  }
  const rows = readMetrics(path, true).rows.at(-1)?.update ?? 0;
  const isRun = existsSync(join(path, OWNER)) || recorded !== undefined;
  if (!isRun) return `${path} is there already; choose another --name or --seed, or remove it`;
  const removal = ['leash', 'runs', 'rm', path, ...(root === 'runs' ? [] : ['--runs', root])];
  const hasCheckpoint = standing !== 'completed' && updateFiles(path, 'checkpoints').length > 0;
  const resume = hasCheckpoint ? ` --resume to go on with it,` : '';
  return `${path} is there already, ${endInWords(standing, rows)}; say${resume} --replace to make it anew, choose another --name or --seed, or remove it: ${removal.map(shellWord).join(' ')}`;
}

/** Bytes that the end of a run may need beyond its beginning: figures, and what stopped it. */
const SPARE = 16 * 1024;

/** What a run keeps open. */
interface OpenFiles {
  readonly owner: number;
  readonly metrics: LineFile;
  readonly timings: LineFile;
  readonly ledger: LineFile | undefined;
  readonly evaluations: LineFile | undefined;
  /** Of all these, those that there are. */
  readonly rows: readonly LineFile[];
  readonly log: ReturnType<typeof destination>;
  close(): void;
}

/** @param staging where the files are made @param path where they will be, for messages */
function makeFiles(
  staging: string,
  path: string,
  owner: string,
  config: ConfigOfRun,
  beginning: Uint8Array | undefined,
): OpenFiles {
  naming(join(path, OWNER), () => writeFileSync(join(staging, OWNER), owner, { flag: 'wx' }));
  replaceFile(join(staging, 'config.json'), `${encodeJson(configForRun(path, config), 2)}\n`);
  if (beginning !== undefined) replaceFile(join(staging, PARENT), beginning);
  reserve(join(staging, RESERVE), SPARE);
  return openFiles(staging, path, config);
}

/** Opens what a run writes to: it goes on at its end. */
function openFiles(place: string, path: string, config: ConfigOfRun): OpenFiles {
  const at = (file: RunFile): string => join(place, file);
  const rows: LineFile[] = [];
  const lines = (file: RunFile): LineFile => {
    const opened = lineFile(at(file), file, path);
    rows.push(opened);
    return opened;
  };
  const metrics = lines('metrics.jsonl');
  const timings = lines('timing.jsonl');
  const ledger = config.trustRegion?.ledger ? lines('ledger.jsonl') : undefined;
  const evaluations = config.evaluation ? lines('evaluations.jsonl') : undefined;
  const log = destination({ dest: at('log.jsonl'), sync: true });
  // A line that does not fit on the disk must not end the training whose end it may be about.
  log.on('error', () => {});
  const held = openSync(at(OWNER), 'r+');
  return {
    ...{ owner: held, metrics, timings, ledger, evaluations, rows, log },
    close() {
      for (const file of rows) file.close();
      log.end();
      closeSync(held);
    },
  };
}

/** What a run's writer knows besides its files. */
interface About {
  /** Folders that were made for it, the deepest first. */
  readonly made?: readonly string[];
  /** The run in whose place it comes. */
  readonly earlier?: SetAside | undefined;
  readonly labels?: RunLabels | undefined;
  readonly parent?: Parent | undefined;
}

function runIn(
  path: string,
  name: string,
  seed: number,
  files: OpenFiles,
  { made = [], earlier, labels = {}, parent }: About,
): RunWriter {
  const { owner, metrics, timings, ledger, evaluations, rows, log } = files;
  const at = (file: RunFile): string => join(path, file);
  let isOpen = true;
  let beat = performance.now();
  let isFolderSynced = false;
  const own = [
    { path: at(OWNER), stat: fstatSync(owner) },
    { path: at('metrics.jsonl'), stat: fstatSync(metrics.file) },
  ];
  let replaced = earlier;
  const lostFile = () => own.find((file) => !isSame(file.path, file.stat));
  const requireHeld = (): void => {
    const lost = lostFile();
    if (lost !== undefined) {
      const what = existsSync(path) ? lost.path : path;
      throw new UserError(
        `${what} was removed or replaced; the run that wrote there ends and leaves it alone`,
        1,
      );
    }
    if (performance.now() - beat < HEARTBEAT) return;
    beat = performance.now();
    const now = new Date();
    futimesSync(owner, now, now);
  };
  /** What was written so far survives the machine: the rows, and once the folder and those above it. */
  const syncRows = (): void => {
    for (const file of rows) file.sync();
    if (isFolderSynced) return;
    for (const file of ['config.json', OWNER, 'run.json'] as const) syncFile(at(file));
    for (const folder of [path, ...made, dirname(made.at(-1) ?? path)]) syncFile(folder);
    isFolderSynced = true;
  };
  const closeFiles = (): void => {
    if (isOpen) files.close();
    isOpen = false;
  };
  const takeAway = (): void => {
    closeFiles();
    rmSync(path, { recursive: true });
    replaced?.restore();
    removeEmpty(made);
  };
  return {
    path,
    name,
    seed,
    labels,
    parent,
    log: pino({ base: null }, log),
    appendRow(row) {
      requireHeld();
      metrics.append(encodeRow(row));
    },
    appendLedger(steps) {
      if (steps.length > 0) ledger?.append(steps.map(encodeRow).join('\n'));
    },
    appendEvaluation: (row) => evaluations?.append(encodeRow(row)),
    appendTiming: (timing) => timings.append(encodeRow(timing)),
    writeRecord(record) {
      requireHeld();
      const text = `${encodeJson(record, 2)}\n`;
      const spare = join(path, RESERVE);
      if (record.status === 'running') {
        replaceFile(at('run.json'), text);
        reserve(spare, Buffer.byteLength(text) + SPARE);
        const gone = replaced;
        replaced = undefined;
        gone?.remove();
      } else writeOver(spare, at('run.json'), text);
    },
    writeModel(bytes) {
      requireHeld();
      replaceFile(at('model.safetensors'), bytes);
    },
    writeReference(bytes) {
      requireHeld();
      replaceFile(at('reference.safetensors'), bytes);
    },
    writeRewardModel(text) {
      requireHeld();
      replaceFile(at('reward-model.json'), text);
    },
    writePolicy(bytes) {
      requireHeld();
      replaceFile(at('policy.safetensors'), bytes);
    },
    writeBestPolicy(bytes, keepsEarlier) {
      requireHeld();
      if (keepsEarlier && existsSync(at('policy-best.safetensors')))
        replaceFile(at('policy-best-before-end.safetensors'), readFileSync(at('policy-best.safetensors')));
      replaceFile(at('policy-best.safetensors'), bytes);
    },
    sizes: () => Object.fromEntries(rows.map((file) => [file.name, file.size()])),
    hashes: () =>
      Object.fromEntries(rows.flatMap((file) => (file === timings ? [] : [[file.name, file.digest()]]))),
    writeCheckpoint(update, bytes, keep) {
      requireHeld();
      const refusal = refused(() => {
        naming(path, syncRows);
        writeUpdate(path, 'checkpoints', update, bytes);
      });
      if (refusal !== undefined || keep === 'all') return refusal;
      for (const { file } of updateFiles(path, 'checkpoints').slice(keep)) rmSync(file, { force: true });
      return undefined;
    },
    writeSnapshot(update, bytes) {
      requireHeld();
      writeUpdate(path, 'snapshots', update, bytes);
    },
    close() {
      // What takes the place of another run and never began gives it back.
      if (isOpen && replaced !== undefined && lostFile() === undefined) takeAway();
      else closeFiles();
    },
    discard() {
      requireHeld();
      takeAway();
    },
  };
}

/** What a run was at a checkpoint, as far as its folder goes. */
export interface Cut {
  readonly update: number;
  /** File of rows → bytes. */
  readonly sizes: Readonly<Record<string, number>>;
  /** The file of the best policy by then; undefined: it is made again, or there is none. */
  readonly bestPolicy: 'policy-best.safetensors' | 'policy-best-before-end.safetensors' | undefined;
}

/**
 * Takes a run that is over, to go on with it from a checkpoint: all that was written after that is cut off.
 * @param config of the run from now on
 * @param labels in place of what was said of it before
 * @throws UserError where another process works in it; then nothing was touched
 */
export function reopenRun(
  path: string,
  name: string,
  config: ConfigOfRun,
  cut: Cut,
  labels: RunLabels = {},
): RunWriter {
  const written = readJson(join(path, 'run.json'));
  const said = { ...writtenLabels(written), ...labels };
  takeOver(path, name, config.seed, () => markRunning(path));
  const files = openFiles(path, path, config);
  try {
    for (const file of files.rows) file.cut(cut.sizes[file.name] ?? 0);
    for (const folder of UPDATE_FOLDERS) removeUpdatesAfter(path, folder, cut.update);
    rmSync(join(path, 'policy.safetensors'), { force: true });
    const best = join(path, 'policy-best.safetensors');
    if (cut.bestPolicy === undefined) rmSync(best, { force: true });
    else renameSync(join(path, cut.bestPolicy), best);
    rmSync(join(path, 'policy-best-before-end.safetensors'), { force: true });
    replaceFile(join(path, 'config.json'), `${encodeJson(configForRun(path, config), 2)}\n`);
  } catch (cause) {
    files.close();
    throw cause;
  }
  return runIn(path, name, config.seed, files, { labels: said, parent: writtenParent(written) });
}

/** What `run.json` says of the end that is no more goes. */
function markRunning(path: string): void {
  const file = join(path, 'run.json');
  const recorded = recordedStatus(path);
  if (typeof recorded !== 'string' || recorded === 'running') return;
  const record = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const { failure: _f, finishedAt: _a, seconds: _s, final: _l, parametersSha256: _p, ...rest } = record;
  replaceFile(file, `${encodeJson({ ...rest, status: 'running' }, 2)}\n`);
}

/** Whether a path still leads to a file that is open: as long as it is, no other can have its number. */
function isSame(path: string, open: Stats): boolean {
  try {
    const { ino, dev } = statSync(path);
    return ino === open.ino && dev === open.dev;
  } catch {
    return false;
  }
}
