import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Logger, destination, pino } from './pino.ts';
import type { Config } from '../config/schema.ts';
import { UserError } from '../user-error.ts';
import type { LedgerRow } from '../trust-region/ledger.ts';
import { decodeRow, encodeJson, encodeRow, type MetricsRow, type MetricValue } from './metrics.ts';

/** How a run stands. */
export type RunStatus = 'running' | 'completed' | 'interrupted' | 'failed';

/** Figures over a whole run; `run.json` holds them once it has ended. */
export interface RunFinal {
  /** Mean raw return of the episodes finished in the last tenth of the updates; null when none did. */
  readonly returnMeanLastTenth: number | null;
  readonly klOldNewMean: number;
  readonly klOldNewMax: number;
  readonly updatesOutsideDelta: number;
  readonly gradientStepsPlanned: number;
  readonly gradientStepsApplied: number;
}

/** What `run.json` says of every run, be it of `train` or of `fit`. */
export interface RecordOfRun {
  readonly name: string;
  readonly seed: number;
  readonly status: RunStatus;
  /** What stopped a failed run, one line. */
  readonly failure?: string | undefined;
  readonly versions: { readonly leash: string; readonly node: string; readonly v8: string };
  readonly platform: string;
  readonly engine: string;
  /** What of TensorFlow.js computed, where the engine is tfjs. */
  readonly tfjsBackend?: string | undefined;
  /** `--fast-math`: the rows are not the same bytes on every machine. */
  readonly fastMath?: boolean | undefined;
  /** `--threads`, and the updates in which the value network had a thread of its own. No result depends on it. */
  readonly threads?: { readonly setting: 1 | 2 | 'auto'; readonly updatesOnTwo: number } | undefined;
  readonly startedAt: string;
  readonly finishedAt?: string | undefined;
  readonly seconds?: number | undefined;
  readonly updatesPlanned: number;
  readonly updates: number;
  /** SHA-256 of the final parameters, policy then value where there are two networks, float32 little-endian. */
  readonly parametersSha256?: string | undefined;
}

/** `run.json` of `train`. */
export interface RunRecord extends RecordOfRun {
  readonly steps: number;
  readonly episodes: number;
  readonly final?: RunFinal | undefined;
}

/** Wall-clock figures of one update, apart from the deterministic row: one line of `timing.jsonl`. */
export interface Timing {
  readonly update: number;
  /** Since the start of training. */
  readonly seconds: number;
  readonly stepsPerSecond: number;
}

/** A run being written. Everything is on disk when a call returns. */
export interface RunDirectory {
  readonly path: string;
  readonly name: string;
  readonly seed: number;
  readonly log: Logger;
  appendRow(row: Readonly<Record<string, MetricValue>>): void;
  /** Only where the config asks for a ledger. */
  appendLedger(rows: readonly LedgerRow[]): void;
  appendTiming(timing: Timing): void;
  writeRecord(record: RecordOfRun): void;
  writePolicy(bytes: Buffer): void;
  close(): void;
  /** Takes the folder away again: training could not even start. */
  discard(): void;
}

/** What a run directory needs to know of a config, be it of `train` or of `fit`. */
export interface ConfigOfRun {
  readonly seed: number;
  readonly trustRegion?: { readonly ledger: boolean };
}

/**
 * Makes `root/name/seed-N/` with its `config.json`.
 * @throws UserError when the run is there already or the directory can't be written
 */
export function createRun(root: string, name: string, config: ConfigOfRun): RunDirectory {
  if (name === '' || name === '.' || name === '..' || /[/\\]/.test(name)) {
    throw new UserError(`--name must be a folder name without slashes, got ${JSON.stringify(name)}`);
  }
  const path = join(root, name, `seed-${config.seed}`);
  if (existsSync(path)) {
    throw new UserError(`${path} is there already; choose another --name or --seed, or remove it`);
  }
  try {
    makeFolders(dirname(path));
    mkdirSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UserError(`--runs ${root}: cannot make ${path} (${code ?? (cause as Error).message})`);
  }
  replaceFile(join(path, 'config.json'), `${encodeJson(config, 2)}\n`);
  const metrics = lineFile(join(path, 'metrics.jsonl'));
  const timings = lineFile(join(path, 'timing.jsonl'));
  const ledger = config.trustRegion?.ledger ? lineFile(join(path, 'ledger.jsonl')) : undefined;
  const log = destination({ dest: join(path, 'log.jsonl'), sync: true });
  return {
    path,
    name,
    seed: config.seed,
    log: pino({ base: null }, log),
    appendRow: (row) => metrics.append(encodeRow(row)),
    appendLedger(rows) {
      if (rows.length > 0) ledger?.append(rows.map(encodeRow).join('\n'));
    },
    appendTiming: (timing) => timings.append(encodeRow(timing)),
    writeRecord: (record) => replaceFile(join(path, 'run.json'), `${encodeJson(record, 2)}\n`),
    writePolicy: (bytes) => replaceFile(join(path, 'policy.safetensors'), bytes),
    close() {
      metrics.close();
      timings.close();
      ledger?.close();
      log.end();
    },
    discard() {
      this.close();
      rmSync(path, { recursive: true });
    },
  };
}

/**
 * Writes beside the file and renames, so that it is the old or the new one, whole. (atomically 2.1.1 renames
 * what a full disk cut short.)
 */
export function replaceFile(path: string, content: string | Buffer): void {
  naming(path, () => {
    try {
      writeFileSync(`${path}.tmp`, content);
      renameSync(`${path}.tmp`, path);
    } catch (error) {
      rmSync(`${path}.tmp`, { force: true });
      throw error;
    }
  });
}

/** A file that grows by whole lines: one that does not fit on the disk is taken back. Nobody else writes to it. */
function lineFile(path: string): { append(line: string): void; close(): void } {
  const file = openSync(path, 'a');
  let { size } = fstatSync(file);
  return {
    append: (line) =>
      naming(path, () => {
        const bytes = Buffer.from(`${line}\n`);
        try {
          // A disk that fills up takes a part, and refuses the rest the next time.
          for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
        } catch (error) {
          ftruncateSync(file, size);
          throw error;
        }
        size += bytes.length;
      }),
    close: () => closeSync(file),
  };
}

/** Runs `write`; a full disk becomes one line that names the file. */
function naming(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw new UserError(`${path}: no space left on the device; what was written before is whole`, 1);
  }
}

/**
 * `mkdir -p`, level by level: Node 20's recursive mkdirSync never returns in /proc. Another thread may make
 * the same parents at the same time.
 */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** A run that was read back. */
export interface LoadedRun {
  readonly path: string;
  readonly config: Config;
  readonly record: RunRecord;
}

/**
 * Reads a run: `runs/NAME/seed-N`, or `runs/NAME` where it holds one seed.
 * @throws UserError when there is none, more than one seed to choose from, or no policy but a fit
 */
export function loadRun(path: string): LoadedRun {
  const directory = seedDirectory(path);
  const read = (file: string): unknown => {
    try {
      return JSON.parse(readFileSync(join(directory, file), 'utf8'));
    } catch (cause) {
      throw new UserError(`${join(directory, file)} cannot be read (${(cause as Error).message})`);
    }
  };
  const record = read('run.json') as RunRecord & { kind?: string };
  if (record.kind === 'fit') throw new UserError(`${directory} is a run of leash fit: it holds no policy`);
  return { path: directory, config: read('config.json') as Config, record };
}

function seedDirectory(path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory()) throw new UserError(`no run at ${path}`);
  if (existsSync(join(path, 'run.json'))) return path;
  const seeds = readdirSync(path).filter((entry) => existsSync(join(path, entry, 'run.json')));
  if (seeds.length === 1) return join(path, seeds[0]);
  if (seeds.length === 0) throw new UserError(`no run at ${path}: it has no run.json`);
  throw new UserError(`${path} holds ${seeds.length} runs; name one, such as ${join(path, seeds.sort()[0])}`);
}

/** The rows of `metrics.jsonl`. */
export function readRows(run: string): MetricsRow[] {
  return readLines(join(run, 'metrics.jsonl')).map(decodeRow);
}

/** The rows of `ledger.jsonl`. @throws UserError when the run has none */
export function readLedger(run: string): LedgerRow[] {
  const file = join(run, 'ledger.jsonl');
  if (!existsSync(file)) {
    throw new UserError(`${run} has no ledger.jsonl; train it with --set trustRegion.ledger=true`);
  }
  return readLines(file).map((line) => decodeRow(line) as unknown as LedgerRow);
}

function readLines(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}
