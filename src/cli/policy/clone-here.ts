import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { environmentOptions } from '../../../envs/environment-options.ts';
import { hasCritic } from '../../config/advantage.ts';
import { firstOf } from '../../config/problem.ts';
import type { Config } from '../../config/schema.ts';
import { nodeHost } from '../../node/host.ts';
import { parseRunAt } from '../../node/checkpoints.ts';
import { openEnvironments, withModule } from '../../node/environments.ts';
import { inspectWritten } from '../../node/load-config.ts';
import { loadEngine } from '../../node/load-engine.ts';
import { loadRun } from '../../node/read-run.ts';
import { requireKept } from '../../node/replacement.ts';
import { readGivenPolicy, readRunPolicy } from '../../node/run-policy.ts';
import type { EnvironmentDefinition } from '../../rollout/environment.ts';
import type { FitRow } from '../../row/fit.ts';
import { recordedModule } from '../../run/changed-module.ts';
import type { RunLabels } from '../../run/labels.ts';
import { encodePolicy, type LoadedPolicy, parameterBytes } from '../../run/policy-file.ts';
import type { RunRecord } from '../../run/record.ts';
import { createRun, pathOfRun } from '../../run/run-directory.ts';
import { type CloneSettings, createClone, lessonsOf } from '../../train/clone.ts';
import { estimateClone, spacesOf } from '../../train/memory-estimate.ts';
import { UserError } from '../../user-error.ts';
import { LEASH_VERSION } from '../../version.ts';
import { overridesOf, type SettingFlags } from '../flag-values.ts';
import { givenRun } from '../given-run.ts';
import { requireMemory } from '../memory.ts';
import { readTraining } from '../read-training.ts';
import { environmentOfRun } from './environment-of-run.ts';

/** Who is learned from, and the config of the clone. */
export interface Expert {
  /** `optimal`, or the run or file. */
  readonly name: string;
  readonly stored: LoadedPolicy | undefined;
  readonly config: Config;
  readonly definition: EnvironmentDefinition;
}

/** @throws UserError where the expert is not there, or its environment is not said */
export async function expertOf(
  given: SettingFlags & {
    readonly EXPERT: string;
    readonly runs: string;
    readonly config?: string | undefined;
  },
): Promise<Expert> {
  const { EXPERT: word, config: file, env } = given;
  const environments = openEnvironments();
  const asGiven = async (): Promise<Pick<Expert, 'config' | 'definition'>> => {
    const { config } = await readTraining({ ...given, CONFIG: file }, environments);
    return { config, definition: await environments.resolve(config.environment) };
  };
  const isFile = statSync(word, { throwIfNoEntry: false })?.isFile() ?? false;
  if (word === 'optimal' || isFile) {
    const stored = isFile ? readGivenPolicy(word) : undefined;
    if (file === undefined && env === undefined)
      throw new UserError(`${word} does not say its environment: --env ID, --env FILE or --config FILE must`);
    return { name: word, stored, ...(await asGiven()) };
  }
  const place = givenRun(word, given.runs);
  const { stored, path } = readRunPolicy(place, environmentOptions);
  if (file !== undefined) return { name: path, stored, ...(await asGiven()) };
  const run = loadRun(parseRunAt(place)?.run ?? place, environmentOptions);
  const definition = await environmentOfRun(run, env);
  // The clone stays in the world of its expert: --env says where the file of that is.
  const overrides = overridesOf({ ...given, env: undefined });
  const written = withModule(run.config, definition);
  const { loaded, problems } = await environments.reading((options) =>
    inspectWritten(written, undefined, overrides, options, undefined, run.path),
  );
  if (loaded === undefined) throw firstOf(problems, run.path, true);
  return { name: path, stored, config: loaded.config, definition };
}

/** What a clone came to: its `run.json`. */
export interface CloneRecord extends RunRecord {
  readonly kind: 'clone';
  readonly expert: string;
  /** States that it learned from. */
  readonly states: number;
  /** After the last epoch: the expert's states weighted by how often it is there, nats. */
  readonly klExpertClone: number;
  readonly crossEntropy: number;
  /** Whether it has a value network: one that nothing was learned for. */
  readonly hasValue: boolean;
}

/** How it is made. */
export interface CloneOptions {
  readonly settings: CloneSettings;
  readonly steps: number;
  readonly runs: string;
  readonly name: string;
  readonly replace: boolean | undefined;
  readonly labels: RunLabels;
  readonly signal: Pick<AbortSignal, 'aborted'>;
  readonly onEpoch: (row: FitRow) => void;
}

/** Learns into a run of its own: `metrics.jsonl`, `policy.safetensors`, `run.json`. @returns what it came to */
export async function cloneHere(
  { name: expert, stored, config: given, definition }: Expert,
  { settings, steps, runs, name, replace, labels, signal, onEpoch }: CloneOptions,
): Promise<CloneRecord & { readonly path: string }> {
  // It begins as the seed has it, near nobody: what the expert began from and was held to is its own.
  const config: Config = {
    ...given,
    network: { ...given.network, initialWeights: null },
    reference: null,
  };
  if (stored !== undefined) requireKept('EXPERT', expert, pathOfRun(runs, name, config.seed), replace);
  if (config.network.tfjs !== null)
    throw new UserError('network.tfjs must be null: a clone has networks of its own');
  const engine = await loadEngine(config.engine, { tfjsBackend: config.tfjsBackend });
  const spaces = spacesOf(definition, config);
  const lessons = lessonsOf(config, definition, stored, engine, steps, (count, what) =>
    requireMemory(
      estimateClone(config, definition, spaces, { count, what }, settings.batchSize),
      `clone of ${expert}`,
    ),
  );
  const clone = createClone(config, definition, engine, lessons, stored?.observationMoments, settings);
  const startedAt = new Date().toISOString();
  const start = performance.now();
  const directory = createRun(runs, name, config, { replace, labels });
  let last: FitRow | undefined;
  const record = (status: RunRecord['status'], rest: Partial<CloneRecord> = {}): CloneRecord => ({
    kind: 'clone',
    name,
    seed: config.seed,
    ...directory.labels,
    module: recordedModule(definition),
    status,
    versions: { leash: LEASH_VERSION, ...nodeHost.versions },
    platform: nodeHost.platform,
    engine: engine.name,
    startedAt,
    updatesPlanned: settings.epochs,
    updates: last?.update ?? 0,
    steps: lessons.steps,
    episodes: 0,
    expert,
    states: lessons.count,
    klExpertClone: last?.kl ?? Number.NaN,
    crossEntropy: last?.crossEntropy ?? Number.NaN,
    hasValue: hasCritic(config),
    ...rest,
  });
  const ended = (status: RunRecord['status'], failure?: string): CloneRecord => {
    const policy = clone.stored();
    const done = record(status, {
      failure,
      finishedAt: new Date().toISOString(),
      seconds: (performance.now() - start) / 1000,
      parametersSha256: nodeHost.sha256(parameterBytes(policy)),
    });
    directory.writePolicy(encodePolicy(policy));
    directory.writeRecord(done);
    return done;
  };
  try {
    directory.writeRecord(record('running'));
    directory.log.info({ expert, states: lessons.count, epochs: settings.epochs }, 'started');
    while ((last?.update ?? 0) < settings.epochs && !signal.aborted) {
      last = clone.runEpoch();
      directory.appendRow(last);
      onEpoch(last);
      // Lets signals have their turn.
      await setImmediate();
    }
    return { path: directory.path, ...ended(signal.aborted ? 'interrupted' : 'completed') };
  } catch (cause) {
    directory.log.error({ epoch: (last?.update ?? 0) + 1 }, (cause as Error).message);
    ended('failed', (cause as Error).message);
    throw cause;
  } finally {
    clone.dispose();
    directory.close();
  }
}
