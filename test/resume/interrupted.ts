import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { findBranch } from '../../src/node/branch.ts';
import { nodeHost } from '../../src/node/host.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { findResumePoint, type ResumeOptions } from '../../src/node/resume-point.ts';
import type { Threads } from '../../src/parallel/executor.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { createRun, reopenRun } from '../../src/run/run-directory.ts';
import { train } from '../../src/train/train.ts';
import { secondThread } from '../train/second-thread.ts';

export function configOf(id: string, over: object = {}): Config {
  const { environment, ...rest } = over as { environment?: object };
  const options = findEnvironment(id).options.parse(
    (environment as { options?: object } | undefined)?.options ?? {},
  );
  return configSchema.parse({
    environment: { id, copies: 3, ...environment, options },
    rollout: { steps: 21 },
    network: { policy: { hidden: [8] }, value: { hidden: [8] } },
    ppo: { epochs: 2, minibatchSize: 16 },
    trpo: { value: { epochs: 2, minibatchSize: 16 } },
    steps: 63 * 9,
    seed: 3,
    ...rest,
  });
}

export interface Made {
  readonly path: string;
  readonly record: RunRecord;
}

interface Ways {
  readonly threads?: Threads;
  /** Ends it after this update, as a signal does. */
  readonly until?: number;
  /** @param path of the run */
  readonly onUpdate?: (row: MetricsRow, path: string) => void;
}

/** Trains a run, to its end or until an update. */
export async function begin(config: Config, { threads = 1, until, onUpdate }: Ways = {}): Promise<Made> {
  const directory = createRun(mkdtempSync(join(tmpdir(), 'leash-resume-')), 'a', config);
  const { path } = directory;
  return { path, record: await go(path, config, directory, threads, until, onUpdate) };
}

/** Goes on with it from its last good checkpoint. */
export async function goOn(
  path: string,
  { threads = 1, until, onUpdate, ...options }: Ways & ResumeOptions = {},
): Promise<Made> {
  const point = findResumePoint(path, { environments: environmentOptions, ...options });
  const { config } = point;
  const open = () => reopenRun(path, point.name, config, point.cut);
  return { path, record: await go(path, config, open, threads, until, onUpdate, point) };
}

/** Begins another run from `RUN@UPDATE`. */
export async function branchOff(
  place: string,
  settings: Record<string, unknown> = {},
  { threads = 1, until }: Ways = {},
): Promise<Made> {
  const { config, from, point } = findBranch(place, { settings }, environmentOptions);
  const directory = createRun(mkdtempSync(join(tmpdir(), 'leash-branch-')), 'branch', config, { from });
  const { path } = directory;
  return { path, record: await go(path, config, directory, threads, until, undefined, point) };
}

async function go(
  path: string,
  config: Config,
  directory: Parameters<typeof train>[0]['directory'],
  threads: Threads,
  until: number | undefined,
  onUpdate: Ways['onUpdate'],
  resumed?: Parameters<typeof train>[0]['resumed'],
): Promise<RunRecord> {
  const signal = { aborted: false };
  return train({
    ...{ config, directory, resumed, signal, host: nodeHost },
    definition: findEnvironment(config.environment.id as string),
    engine: await loadEngine(config.engine, { tfjsBackend: config.tfjsBackend }),
    second: secondThread(threads),
    onUpdate: (row) => {
      if (row.update === until) signal.aborted = true;
      onUpdate?.(row, path);
    },
  });
}

const SAME = [
  'metrics.jsonl',
  'ledger.jsonl',
  'evaluations.jsonl',
  'policy.safetensors',
  'policy-best.safetensors',
];

/** What of a run does not depend on the clock, and the updates of its timing. */
export function bytesOf({ path, record }: Made): Record<string, unknown> {
  const files = SAME.map((name) => [name, textOf(join(path, name))]);
  const timings = (textOf(join(path, 'timing.jsonl')) ?? '').trimEnd().split('\n');
  const { updates, steps, episodes, final, best, parametersSha256, status } = record;
  return {
    ...Object.fromEntries(files),
    timings: timings.map((line) => JSON.parse(line).update as number),
    record: { updates, steps, episodes, final, best, parametersSha256, status },
  };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
