import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Config } from '../../config/schema.ts';
import type { Engine } from '../../network/network.ts';
import type { Threads } from '../../parallel/executor.ts';
import type { EnvironmentDefinition } from '../../rollout/environment.ts';
import { UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import type { RunDisplay } from '../run-progress.ts';
import { engineFlags, outputFlags, runsFlag, settingFlags } from '../shared-flags.ts';

export const trainCommand = defineCommand({
  summary: 'train a policy; everything is logged to runs/NAME/seed-N/',
  arguments: { CONFIG: { type: 'one', describe: 'file of configs/' } },
  flags: {
    ...settingFlags,
    ...engineFlags,
    seed: { type: 'text', describe: 'seed (--set seed=N)' },
    steps: { type: 'text', describe: 'steps (--set steps=N)' },
    ...runsFlag,
    name: { type: 'text', describe: 'name of the run; that of the config file where it is not given' },
    threads: {
      type: 'text',
      default: 'auto',
      describe: '1, 2 (the value network gets its own) or auto (while that is faster); same results',
    },
    'fast-math': {
      type: 'switch',
      describe: 'relaxed SIMD: up to a fifth faster, depending on the processor, but other bytes on others',
    },
    ...outputFlags,
  },
  excludes: [['quiet', 'json']],
  examples: ['$0 train configs/quickstart.json --seed 1'],
  makesRuns: true,
  /**
   * On this thread where updates are short, so that signals are heard between them; else on one of its own, which takes
   * 9 MB and some time to start.
   */
  async run(given, { listen, onOwnThread }) {
    const { prepareCriticThread, startCriticThread } = await import('../../node/start-critic-thread.ts');
    // It starts while the rest is loaded; it is ended where the run has no use for it.
    const prepared = given.threads === '1' ? undefined : prepareCriticThread();
    const { resolveEnvironment } = await import('../../../envs/registry.ts');
    const { loadConfig } = await import('../../node/load-config.ts');
    const { engineTraits } = await import('../../network/engine-traits.ts');
    const { encodeJson } = await import('../../row/json.ts');
    const { nodeHost } = await import('../../node/host.ts');
    const { createRun } = await import('../../run/run-directory.ts');
    const { train } = await import('../../train/train.ts');
    const { mayTakeLong } = await import('../../train/update-size.ts');
    const { environmentOptions } = await import('../../../envs/environment-options.ts');
    const { overridesOf, presetOf } = await import('../flag-values.ts');
    const { print, printJson } = await import('../print/print.ts');
    const { startDisplay, summaryOf } = await import('../print/training.ts');
    const { config } = loadConfig(given.CONFIG, overridesOf(given), environmentOptions, presetOf(given));
    const definition = await resolveEnvironment(config.environment);
    const isSilent = (given.quiet || given.json) ?? false;
    if (onOwnThread !== undefined && mayTakeLong(config, definition)) {
      prepared?.terminate();
      return await onOwnThread(isSilent);
    }
    const { engine, threads } = await engineAndThreads(config, definition, given);
    if (threads === 1 || !engineTraits[engine.name].runsOnThreads) prepared?.terminate();
    const outside = listen(isSilent);
    let display: RunDisplay | undefined;
    let delta = Number.NaN;
    try {
      const directory = createRun(given.runs, given.name ?? basename(given.CONFIG, '.json'), config);
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
  },
});

/** What computes the run, and on how many threads. @throws UserError for what does not go together, or into memory */
async function engineAndThreads(
  config: Config,
  definition: EnvironmentDefinition,
  given: { readonly CONFIG: string; readonly threads: string; readonly fastMath?: boolean | undefined },
): Promise<{ engine: Engine; threads: Threads }> {
  const { availableParallelism } = await import('node:os');
  const { loadEngine } = await import('../../node/load-engine.ts');
  const { engineTraits } = await import('../../network/engine-traits.ts');
  const { estimateMemory, spacesOf } = await import('../../train/memory-estimate.ts');
  const { requireMemory, threadsWithAddresses } = await import('../memory.ts');
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
