import { basename } from 'node:path';
import { loadDataset } from '../fit/dataset.ts';
import { type FitRecord, fitModel } from '../fit/fit.ts';
import { loadFit, recordedFit } from '../fit/load.ts';
import { loadEngine } from '../node/load-engine.ts';
import type { FitRow } from '../row/fit.ts';
import { createRun } from '../run/run-directory.ts';

/** What is to be fitted. */
export interface FitOptions {
  /** A config of `leash fit`: the data that it names is beside it. */
  readonly config: string;
  /** Folder of runs; `runs` by default. */
  readonly runs?: string;
  /** Folder of the run inside it: by default the config file's name. */
  readonly name?: string;
  /** Aborting finishes the epoch at hand and ends the run as `interrupted`. */
  readonly signal?: Pick<AbortSignal, 'aborted'> | undefined;
  /** Called when an epoch's row is on disk. */
  readonly onEpoch?: (row: FitRow) => void;
}

/** A fit that has ended: its `run.json`, and where it is. */
export interface FittedRun extends FitRecord {
  /** `RUNS/NAME/seed-N` */
  readonly path: string;
}

/**
 * Fits a model by cross-entropy as `leash fit` does, into a folder of a run.
 * @throws UserError for a config or data that are wrong, or a run that is there already
 */
export async function fit(options: FitOptions): Promise<FittedRun> {
  const { config: file, runs = 'runs', signal, onEpoch } = options;
  const config = loadFit(file, []);
  const dataset = loadDataset(config, file);
  const engine = await loadEngine(config.engine);
  const directory = createRun(runs, options.name ?? basename(file, '.json'), recordedFit(config, file));
  const given = onEpoch === undefined ? {} : { onEpoch };
  const { record } = await fitModel({ config, dataset, engine, directory, signal, ...given });
  return { ...record, path: directory.path };
}
