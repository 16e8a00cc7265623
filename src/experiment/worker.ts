import { environmentOptions } from '../../envs/environment-options.ts';
import { openEnvironments } from '../node/environments.ts';
import { loadEngine } from '../node/load-engine.ts';
import { RefusedWriteError } from '../run/durable-file.ts';
import { createRun, pathOfRun, reopenRun } from '../run/run-directory.ts';
import { nodeHost } from '../node/host.ts';
import { listenForOutsideErrors } from '../node/outside-error.ts';
import { pointToResume, requireSameComputer } from '../node/resume-point.ts';
import { computerOf } from '../train/keeper.ts';
import { train } from '../train/train.ts';
import { UserError } from '../user-error.ts';
import { requireHeld } from './experiment-lock.ts';
import type { TaskOutcome } from './pool.ts';
import type { PoolTask } from './thread-pool.ts';

/**
 * What a thread of the pool does: one run, by the same `train` as `leash train`. Whatever stops it is told in
 * the outcome, so that one run's failure is not another's.
 */
export default async function runTask(task: PoolTask): Promise<TaskOutcome> {
  const { config, root, label, shared, slot } = task;
  const signal = {
    get aborted() {
      return Atomics.load(shared, 0) !== 0;
    },
  };
  if (signal.aborted) return { status: 'interrupted', failure: null };
  let isBegun = false;
  const errors = listenForOutsideErrors();
  try {
    const definition = await openEnvironments().resolve(config.environment);
    const { tfjsBackend } = config;
    const engine = await loadEngine(config.engine, { tfjsBackend, fastMath: task.fastMath });
    if (task.held !== undefined) requireHeld(task.held);
    const path = pathOfRun(root, label, config.seed);
    const resumed = task.options?.resume ? pointToResume(path, config, environmentOptions) : undefined;
    if (resumed === 'completed') return { status: 'completed', failure: null };
    if (resumed) requireSameComputer(path, resumed.checkpoint.computer, computerOf(engine, nodeHost));
    const directory = resumed
      ? () => reopenRun(path, label, config, resumed.cut, task.options?.labels)
      : createRun(root, label, config, task.options);
    isBegun = true;
    const record = await train({
      config,
      definition,
      engine,
      directory,
      resumed,
      host: nodeHost,
      signal,
      ...{ failed: errors.failed, onExit: errors.onExit },
      onUpdate: (row) => void Atomics.store(shared, slot, row.update),
    });
    return { status: record.status === 'completed' ? 'completed' : 'interrupted', failure: null };
  } catch (cause) {
    const { message, stack } = cause as Error;
    const fault = cause instanceof RefusedWriteError ? 'machine' : isBegun ? undefined : 'start';
    const failure = cause instanceof UserError ? message : (stack ?? message);
    return { status: 'failed', failure, ...(fault && { fault }) };
  } finally {
    errors.stopListening();
  }
}
