import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { findEnvironment } from '../../envs/registry.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { loadEngine } from '../network/engine.ts';
import { encodeJson } from '../run/metrics.ts';
import { createRun, type RunDirectory, type RunRecord } from '../run/run-directory.ts';
import { train } from '../train/train.ts';
import type { Threads } from '../train/training.ts';
import { UserError } from '../user-error.ts';
import { environmentOptions } from './environments.ts';
import { overridesOf, presetOf, type SettingFlags } from './flags.ts';
import { count, duration, figure } from './figures.ts';
import { paint } from './paint.ts';
import { barReporter, lineReporter, type Reporter } from './progress.ts';

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

/** Exit codes of an interrupted run: 128 + the signal's number. */
const signals = { SIGINT: 130, SIGTERM: 143 } as const;

/** `leash train CONFIG`. */
export async function runTrain(given: TrainFlags): Promise<number> {
  const loaded = loadConfig(given.CONFIG, overridesOf(given), environmentOptions, presetOf(given));
  const definition = findEnvironment(loaded.config.environment.id);
  const { engine: name, tfjsBackend } = loaded.config;
  const engine = await loadEngine(name, { tfjsBackend, fastMath: given.fastMath });
  if (given.fastMath && !engine.fastMath) {
    throw new UserError(`--fast-math is for the wasm engine, the config asks for ${engine.name}`);
  }
  const threads = threadsOf(given.threads);
  if (threads === 2 && engine.name === 'tfjs') {
    throw new UserError('--threads 2 is for the engines wasm and reference; TensorFlow.js has one thread');
  }
  const directory = createRun(given.runs, given.name ?? basename(given.CONFIG, '.json'), loaded.config);
  const isSilent = (given.quiet || given.json) ?? false;
  const reporter = isSilent ? undefined : await startReporter(loaded, directory);
  const interruption = listenForSignals(isSilent);
  let delta = Number.NaN;
  try {
    const record = await train({
      config: loaded.config,
      definition,
      engine,
      directory,
      threads,
      signal: interruption.signal,
      onUpdate: (row, timing, updates) => {
        delta = row.delta;
        reporter?.update(row, timing, updates);
      },
    });
    reporter?.end();
    if (given.json) process.stdout.write(`${encodeJson({ path: directory.path, ...record })}\n`);
    else if (!given.quiet) {
      const best = definition.bestReturn(loaded.config.environment.options);
      process.stdout.write(`${summaryOf(record, directory.path, delta, best).join('\n')}\n`);
    }
    return record.status === 'interrupted' ? interruption.exitCode() : 0;
  } finally {
    reporter?.end();
    interruption.stopListening();
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
  process.stdout.write(`${paint('bold', id)}, seed ${config.seed}, ${size}; ${directory.path}\n`);
  return process.stdout.isTTY
    ? await barReporter()
    : lineReporter((line) => process.stdout.write(`${line}\n`));
}

export interface Interruption {
  readonly signal: AbortSignal;
  exitCode(): number;
  stopListening(): void;
}

/** npm and its shell pass Ctrl-C on, so that one keypress can arrive twice: not twice within this, in ms. */
const ONE_KEYPRESS = 300;

/** The first signal lets the update at hand end; the second ends the process at once. */
export function listenForSignals(isSilent: boolean): Interruption {
  const controller = new AbortController();
  let exitCode = 0;
  let since = 0;
  const listeners = Object.entries(signals).map(([name, code]) => {
    const listener = (): void => {
      if (controller.signal.aborted) {
        if (performance.now() - since > ONE_KEYPRESS) process.exit(code);
        return;
      }
      since = performance.now();
      exitCode = code;
      controller.abort();
      if (!isSilent) process.stderr.write('\nfinishing this update; once more quits at once\n');
    };
    process.on(name, listener);
    return { name, listener };
  });
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    stopListening: () => {
      for (const { name, listener } of listeners) process.off(name, listener);
    },
  };
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
