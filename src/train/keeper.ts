import { withFileNames } from '../config/file-paths.ts';
import type { Config } from '../config/schema.ts';
import type { Engine } from '../network/network.ts';
import { type Checkpoint, type Computer, encodeCheckpoint, MOST_CHECKPOINT } from '../run/checkpoint-file.ts';
import { encodePolicy } from '../run/policy-file.ts';
import type { RunWriter } from '../run/run-writer.ts';
import { LEASH_VERSION } from '../version.ts';
import type { Host } from './host.ts';
import type { Training } from './training.ts';

/** A checkpoint takes at most one part of so many of the time, where seconds decide when it is due. */
const SHARE = 200;

/** What of a checkpoint the loop knows. */
export type Told = Pick<
  Checkpoint,
  'startedAt' | 'updatesOnTwo' | 'module' | 'files' | 'versions' | 'best' | 'warnings'
>;

/** What is written of a run on its way, so that it can go on from there. */
export interface Keeper {
  /** The update of the last checkpoint that was written here. */
  readonly latest: number | undefined;
  /** After the rows of an update. */
  after(update: number): void;
  /** Whether one is due or not: when no update follows. */
  now(update: number): void;
}

/** Writes the checkpoints and snapshots that a config asks for. None of it changes what training does. */
export function createKeeper(
  config: Config,
  training: Training,
  engine: Engine,
  directory: RunWriter,
  host: Host,
  told: () => Told,
): Keeper {
  const { checkpoint: settings, snapshots } = config;
  let latest: number | undefined;
  let computer: Computer | undefined;
  let due = performance.now() + 1000 * (settings?.everySeconds ?? Number.POSITIVE_INFINITY);

  const own = withFileNames(config);
  let canWrite = settings !== null && training.canSnapshot;

  const isDue = (update: number): boolean => {
    if (settings === null || !canWrite) return false;
    const { everyUpdates } = settings;
    return everyUpdates === null ? performance.now() >= due : update % everyUpdates === 0;
  };

  const write = (update: number): void => {
    if (settings === null) return;
    const start = performance.now();
    const { policy, value, observationMoments: _, ...described } = training.stored();
    const least = 12 * (policy.parameters.length + (value?.parameters.length ?? 0));
    if (least > MOST_CHECKPOINT) {
      directory.log.warn(
        `no checkpoints: one would have more than ${least} bytes, at most ${MOST_CHECKPOINT} are read`,
      );
      canWrite = false;
      return;
    }
    computer ??= computerOf(engine, host);
    const bytes = encodeCheckpoint(
      {
        leash: LEASH_VERSION,
        ...{ computer, config },
        ...described,
        ...{ policyShape: policy.shape, ...(value && { valueShape: value.shape }) },
        ...{ sizes: directory.sizes(), hashes: directory.hashes() },
        ...told(),
        state: training.snapshot(),
      },
      host.sha256,
    );
    const refusal = directory.writeCheckpoint(update, bytes, settings.keep);
    if (refusal === undefined) latest = update;
    else directory.log.warn(`no checkpoint of update ${update}: ${refusal}`);
    const end = performance.now();
    due = end + Math.max(1000 * (settings.everySeconds ?? 0), SHARE * (end - start));
  };

  return {
    get latest() {
      return latest;
    },
    after(update) {
      if (snapshots !== null && update % snapshots.everyUpdates === 0)
        directory.writeSnapshot(update, encodePolicy(training.stored(), { update, config: own }));
      if (isDue(update)) write(update);
    },
    now(update) {
      if (canWrite && latest !== update) write(update);
    },
  };
}

/** What computes here. */
export function computerOf({ name, backend, fastMath }: Engine, host: Host): Computer {
  const { versions, platform, processor } = host;
  return { engine: name, tfjsBackend: backend, fastMath, node: versions.node, platform, processor };
}
