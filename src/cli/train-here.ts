import { basename } from 'node:path';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { environmentOptions } from '../../envs/environment-options.ts';
import { resolveEnvironment } from '../../envs/registry.ts';
import type { Config } from '../config/schema.ts';
import { engineTraits } from '../network/engine-traits.ts';
import type { Engine } from '../network/network.ts';
import { nodeHost } from '../node/host.ts';
import { loadConfig } from '../node/load-config.ts';
import { loadEngine } from '../node/load-engine.ts';
import { startCriticThread } from '../node/start-critic-thread.ts';
import type { Threads } from '../parallel/executor.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { encodeJson } from '../row/json.ts';
import { labelsOf } from '../run/labels.ts';
import { createRun, pathOfRun } from '../run/run-directory.ts';
import { estimateMemory, spacesOf } from '../train/memory-estimate.ts';
import { train } from '../train/train.ts';
import { mayTakeLong } from '../train/update-size.ts';
import { UserError } from '../user-error.ts';
import type { Surroundings } from './command.ts';
import { overridesOf, presetOf, type SettingFlags } from './flag-values.ts';
import { configFile } from './given-file.ts';
import { requireMemory, threadsWithAddresses } from './memory.ts';
import { requireInputsKept } from './replacement.ts';
import { print, printJson } from './print/print.ts';
import { startDisplay, summaryOf } from './print/training.ts';
import type { RunDisplay } from './run-progress.ts';

/** What `leash train` was told. */
export interface TrainGiven extends SettingFlags {
  readonly CONFIG: string;
  readonly runs: string;
  readonly name?: string | undefined;
  readonly replace?: boolean | undefined;
  readonly tag?: string | string[] | undefined;
  readonly note?: string | undefined;
  readonly threads: string;
  readonly fastMath?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/**
 * `leash train`, with all that it needs: one module, so that it can be bundled into one file, which is loaded a tenth of
 * a second sooner than its hundred.
 * @param prepared a thread for the critic, ended where the run has no use for it
 * @returns the exit code
 */
export async function trainHere(
  said: TrainGiven,
  prepared: Worker | undefined,
  { listen, onOwnThread }: Surroundings,
): Promise<number> {
  const given = { ...said, CONFIG: await configFile(said.CONFIG, ['config']) };
  const { config } = loadConfig(given.CONFIG, overridesOf(given), environmentOptions, presetOf(given));
  const definition = await resolveEnvironment(config.environment);
  const isSilent = (given.quiet || given.json) ?? false;
  if (onOwnThread !== undefined && mayTakeLong(config, definition)) {
    prepared?.terminate();
    return await onOwnThread(isSilent);
  }
  const labels = labelsOf(given);
  const { engine, threads } = await engineAndThreads(config, definition, given);
  if (threads === 1 || !engineTraits[engine.name].runsOnThreads) prepared?.terminate();
  const outside = listen(isSilent);
  let display: RunDisplay | undefined;
  let delta = Number.NaN;
  try {
    const name = given.name ?? basename(given.CONFIG, '.json');
    requireInputsKept(config, pathOfRun(given.runs, name, config.seed), given.replace);
    const directory = createRun(given.runs, name, config, { replace: given.replace, labels });
    const stopNoting = outside.onLostStream((notice) => directory.log.warn(notice));
    display = isSilent ? undefined : await startDisplay(config, directory.path);
    const record = await train({
      config,
      definition,
      engine,
      directory,
      host: nodeHost,
      second: threads === 1 ? undefined : { threads, start: () => prepared ?? startCriticThread() },
      signal: outside.signal,
      onUpdate: (row, timing, updates) => {
        delta = row.delta;
        display?.update(row, timing, updates);
      },
    });
    stopNoting();
    display?.end();
    if (given.json) printJson(encodeJson({ path: directory.path, ...record }));
    else if (!given.quiet) {
      const best = definition.bestReturn(config.environment.options);
      print(summaryOf(record, directory.path, delta, best).join('\n'));
    }
    // A signal that came meanwhile is heard before the command ends as if there had been none.
    await setImmediate();
    return outside.exitCode();
  } finally {
    display?.end();
    outside.stopListening();
  }
}

/** What computes the run, and on how many threads. @throws UserError for what does not go together, or into memory */
async function engineAndThreads(
  config: Config,
  definition: EnvironmentDefinition,
  given: TrainGiven,
): Promise<{ engine: Engine; threads: Threads }> {
  const { fastMath } = given;
  const engine = await loadEngine(config.engine, { tfjsBackend: config.tfjsBackend, fastMath });
  if (fastMath && !engine.fastMath)
    throw new UserError(`--fast-math is for the wasm engine, the config asks for ${engine.name}`);
  const threads = threadsWithAddresses(threadsOf(given.threads, availableParallelism()), engine.name);
  if (threads === 2 && !engineTraits[engine.name].runsOnThreads)
    throw new UserError('--threads 2 is for the engines wasm and reference; TensorFlow.js has one thread');
  const spaces = spacesOf(definition, config);
  requireMemory(estimateMemory(config, definition, spaces, threads), given.CONFIG);
  return { engine, threads };
}

/** `auto` stays on one thread where there is one core only. @throws UserError */
function threadsOf(given: string, cores: number): Threads {
  if (given === 'auto') return cores > 1 ? 'auto' : 1;
  if (given === '1' || given === '2') return given === '1' ? 1 : 2;
  throw new UserError(`--threads must be 1, 2 or auto, got ${given}`);
}
