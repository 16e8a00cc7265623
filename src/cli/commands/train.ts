import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { findEnvironment } from '../../../envs/registry.ts';
import { type LoadedConfig, loadConfig } from '../../config/load.ts';
import { loadEngine } from '../../network/engine.ts';
import { nodeHost } from '../../node/host.ts';
import { startCriticThread } from '../../node/start-critic-thread.ts';
import type { SecondThread, Threads } from '../../parallel/executor.ts';
import type { Thread } from '../../parallel/thread.ts';
import { encodeJson } from '../../run/metrics.ts';
import { createRun, type RunDirectory, type RunRecord } from '../../run/run-directory.ts';
import { estimateMemory, spacesOf } from '../../train/memory-estimate.ts';
import { raggedMinibatch, train } from '../../train/train.ts';
import { mayTakeLong } from '../../train/update-size.ts';
import { UserError } from '../../user-error.ts';
import { environmentOptions } from '../environments.ts';
import { overridesOf, presetOf, type SettingFlags } from '../flag-values.ts';
import { count, duration, figure } from '../print/quantities.ts';
import { requireMemory, threadsWithAddresses } from '../memory.ts';
import { paint, print, printJson } from '../print/print.ts';
import { barReporter, lineReporter, type Reporter } from '../run-progress.ts';
import { type Listen, listenForSignals } from '../signals.ts';

/** Flags of `leash train`. */
export interface TrainFlags extends SettingFlags {
  CONFIG: string;
  runs: string;
  name?: string | undefined;
  threads?: string | undefined;
  fastMath?: boolean | undefined;
  quiet?: boolean | undefined;
  json?: boolean | undefined;
}

/** What is there already when `leash train` begins. */
export interface TrainSurroundings {
  /** The critic's, started early; it is ended where the run has no use for it. */
  readonly thread?: Thread | undefined;
  /** Where the command is on a thread of its own already. */
  readonly listen?: Listen | undefined;
}

/**
 * `leash train CONFIG`: on this thread where updates are short, so that signals are heard between them; else on one of
 * its own, which takes 9 MB and some time to start.
 */
export async function runTrain(
  given: TrainFlags,
  { thread: prepared, listen }: TrainSurroundings = {},
): Promise<number> {
  const loaded = loadConfig(given.CONFIG, overridesOf(given), environmentOptions, presetOf(given));
  const definition = findEnvironment(loaded.config.environment.id);
  if (listen === undefined && mayTakeLong(loaded.config, definition)) {
    prepared?.terminate();
    return await (await import('../command-thread.ts')).runOnThread('train', given);
  }
  const { engine: name, tfjsBackend } = loaded.config;
  const engine = await loadEngine(name, { tfjsBackend, fastMath: given.fastMath });
  if (given.fastMath && !engine.fastMath) {
    throw new UserError(`--fast-math is for the wasm engine, the config asks for ${engine.name}`);
  }
  const threads = threadsWithAddresses(threadsOf(given.threads), engine.name);
  if (threads === 2 && engine.name === 'tfjs') {
    throw new UserError('--threads 2 is for the engines wasm and reference; TensorFlow.js has one thread');
  }
  if (threads === 1 || engine.name === 'tfjs') prepared?.terminate();
  const second: SecondThread | undefined =
    threads === 1 ? undefined : { threads, start: () => prepared ?? startCriticThread() };
  const estimate = estimateMemory(loaded.config, definition, spacesOf(definition, loaded.config), threads);
  requireMemory(estimate, given.CONFIG);
  const isSilent = (given.quiet || given.json) ?? false;
  const outside = (listen ?? listenForSignals)(isSilent);
  let reporter: Reporter | undefined;
  let delta = Number.NaN;
  try {
    const directory = createRun(given.runs, given.name ?? basename(given.CONFIG, '.json'), loaded.config);
    const stopNoting = outside.onLostStream((notice) => directory.log.warn(notice));
    reporter = isSilent ? undefined : await startReporter(loaded, directory);
    const record = await train({
      config: loaded.config,
      definition,
      engine,
      directory,
      host: nodeHost,
      second,
      signal: outside.signal,
      onUpdate: (row, timing, updates) => {
        delta = row.delta;
        reporter?.update(row, timing, updates);
      },
    });
    stopNoting();
    reporter?.end();
    if (given.json) printJson(encodeJson({ path: directory.path, ...record }));
    else if (!given.quiet) {
      const best = definition.bestReturn(loaded.config.environment.options);
      print(summaryOf(record, directory.path, delta, best).join('\n'));
    }
    // A signal that came meanwhile is heard before the command ends as if there had been none.
    await setImmediate();
    return outside.exitCode();
  } finally {
    reporter?.end();
    outside.stopListening();
  }
}

/** `auto` stays on one thread where there is one core only. @throws UserError */
function threadsOf(given = 'auto'): Threads {
  if (given === 'auto') return availableParallelism() > 1 ? 'auto' : 1;
  if (given === '1' || given === '2') return given === '1' ? 1 : 2;
  throw new UserError(`--threads must be 1, 2 or auto, got ${given}`);
}

async function startReporter({ config }: LoadedConfig, directory: RunDirectory): Promise<Reporter> {
  const { id, copies } = config.environment;
  const size = `${copies} × ${config.rollout.steps} steps an update`;
  print(`${paint('bold', id)}, seed ${config.seed}, ${size}; ${directory.path}`);
  const ragged = raggedMinibatch(config);
  if (ragged !== undefined) process.stderr.write(`leash: ${ragged}\n`);
  return process.stdout.isTTY ? await barReporter() : lineReporter(print);
}

/** What was learned, where it is and what to type next. @param delta δ of the last update */
export function summaryOf(
  record: RunRecord,
  path: string,
  delta: number,
  best: { value: number; how: string } | undefined,
): string[] {
  const lines: [string, string][] = [];
  const { final, updates, updatesPlanned } = record;
  if (record.status === 'interrupted') {
    lines.push(['stopped', `interrupted after update ${updates} of ${updatesPlanned}`]);
  }
  const late = final?.returnMeanLastTenth ?? null;
  if (late !== null) {
    const known = best === undefined ? '' : `; best known ${figure(best.value)} (${best.how})`;
    lines.push(['return', `${figure(late)} over the last tenth of training${known}`]);
  } else if (record.status === 'completed') {
    lines.push(['return', 'no episode ended in the last tenth of training']);
  }
  if (final !== undefined && updates > 0) {
    const outside = `${final.updatesOutsideDelta} of ${updates} updates ended outside δ`;
    const kl = `mean ${figure(final.klOldNewMean)}, largest ${figure(final.klOldNewMax)}, δ ${figure(delta)}`;
    lines.push(['KL', `${kl}; ${outside}`]);
    lines.push([
      'gradient',
      `${count(final.gradientStepsApplied)} of ${count(final.gradientStepsPlanned)} planned steps`,
    ]);
  }
  const seconds = record.seconds ?? 0;
  const speed = seconds > 0 ? ` in ${duration(seconds)}, ${count(record.steps / seconds)} steps/s` : '';
  lines.push(['steps', `${count(record.steps)}${speed}; ${count(record.episodes)} episodes`]);
  lines.push(['run', path]);
  if (updates > 0) lines.push(['next', `leash evaluate ${path}`]);
  return lines.map(([label, text]) => `${paint('dim', label.padEnd(9))}${text}`);
}
