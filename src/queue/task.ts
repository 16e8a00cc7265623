import type { Redis } from 'ioredis';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { environmentOptions } from '../../envs/environment-options.ts';
import { codeOf } from '../config/environment-name.ts';
import { withPaths } from '../config/file-paths.ts';
import { inspectRunConfig } from '../config/run-config.ts';
import type { Config } from '../config/schema.ts';
import type { PlannedRun } from '../experiment/pool.ts';
import { layoutOf } from '../network/layout.ts';
import { nodeHost } from '../node/host.ts';
import { sourcesOf } from '../node/module-source.ts';
import { encodeJson } from '../row/json.ts';
import { encodePolicy, type LoadedPolicy, type StoredNetwork } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import { pack, sumOf, unpack } from './chunk.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Keys } from './keys.ts';
import { KEPT } from './scripts.ts';

/*
 * What a worker is told of a run. What its config names by a path travels by its content, and has the same path in the folder
 * of every worker, so that a run that another one goes on with has the same config there.
 */

/** What the runs of a contestant have in common. */
export interface Task {
  readonly leash: string;
  /** Its seed is none: that is the job's. */
  readonly config: Config;
  readonly fastMath?: boolean | undefined;
  /** See `fingerprintOf`. */
  readonly fingerprint: string;
  /** Paths of the config → SHA-256 of what is there. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Of the files that its environment is of, and which of them exports it. */
  readonly module?: string | undefined;
}

/** What stands in the queue. */
export interface JobData {
  /** SHA-256 of a `Task`. */
  readonly task: string;
  readonly seed: number;
}

/** Of the files of an environment: content by path from their common folder, base64. */
interface ModuleFiles {
  readonly files: Readonly<Record<string, string>>;
}

/** Bytes that one thing may have that a config names. */
const MOST_INPUT = 256 * 1024 * 1024;

/** A task as it is sent, and all that it needs, by SHA-256. */
export interface PackedTask {
  /** Its own. */
  readonly sum: string;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  /** Whether its config has other paths than that of the run. */
  readonly hasPaths: boolean;
}

/** @throws UserError where a config names what does not travel */
export async function packTask({ config, fastMath }: PlannedRun): Promise<PackedTask> {
  const blobs = new Map<string, Uint8Array>();
  const inputs: Record<string, string> = {};
  let module: string | undefined;
  const add = (bytes: Uint8Array): string => {
    const sum = sumOf(bytes);
    blobs.set(sum, bytes);
    return sum;
  };
  const changed = withPaths({ ...config, seed: 0, description: '', $schema: undefined }, (path, setting) => {
    if (setting === 'network.initialWeights' || setting === 'reference.policy') {
      const sum = add(policyBytes(config, setting));
      inputs[`inputs/${sum}.safetensors`] = sum;
      return `inputs/${sum}.safetensors`;
    }
    if (setting === 'environment.module') {
      const { bytes, entry } = moduleBytes(path);
      module = add(bytes);
      return `modules/${module}/${entry}`;
    }
    if (setting.startsWith('network.tfjs'))
      throw new UserError(
        `${setting} names a LayersModel, which does not travel over --queue: leave out --queue`,
      );
    return path;
  });
  const task: Task = {
    leash: LEASH_VERSION,
    config: changed,
    ...(fastMath && { fastMath }),
    fingerprint: await fingerprintOf({ config, fastMath }),
    inputs,
    ...(module !== undefined && { module }),
  };
  const sum = add(Buffer.from(encodeJson(task)));
  return { sum, blobs, hasPaths: module !== undefined || Object.keys(inputs).length > 0 };
}

function policyBytes(config: Config, setting: 'network.initialWeights' | 'reference.policy'): Uint8Array {
  const isInitial = setting === 'network.initialWeights';
  const { network, reference } = config;
  const inputs = nodeHost.readInputs({
    ...config,
    network: { ...network, tfjs: null, initialWeights: isInitial ? network.initialWeights : null },
    reference: isInitial ? null : reference,
  });
  const { policy, value, ...rest } = (
    isInitial ? inputs.initialPolicy : inputs.referencePolicy
  ) as LoadedPolicy;
  return encodePolicy({ ...rest, policy: withLayout(policy), ...(value && { value: withLayout(value) }) });
}

function withLayout(network: LoadedPolicy['policy']): StoredNetwork {
  return { ...network, layout: layoutOf(network.shape) };
}

function moduleBytes(path: string): { readonly bytes: Uint8Array; readonly entry: string } {
  const sources = sourcesOf(path);
  const root = [...sources.keys()].map(dirname).reduce(commonFolder);
  const files = [...sources].map(([file, content]): [string, string] => [
    relative(root, file).replaceAll(sep, '/'),
    content.toString('base64'),
  ]);
  const module: ModuleFiles = { files: Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1))) };
  return {
    bytes: Buffer.from(JSON.stringify(module)),
    entry: relative(root, resolve(path)).replaceAll(sep, '/'),
  };
}

function commonFolder(a: string, b: string): string {
  return a === b || b.startsWith(a.endsWith(sep) ? a : a + sep) ? a : commonFolder(dirname(a), b);
}

/** The same run of the same leash is the same job, whoever asks for it. */
export function idOf(task: string, seed: number): string {
  return `${task.slice(0, 32)}-${seed}`;
}

export async function sendBlob(redis: Redis, keys: Keys, sum: string, bytes: Uint8Array): Promise<void> {
  const isThere = await redis.expire(keys.blob(sum), KEPT);
  if (isThere === 0) await redis.set(keys.blob(sum), await pack(bytes), 'EX', KEPT);
}

async function fetchBlob(redis: Redis, keys: Keys, sum: string): Promise<Buffer> {
  const packed = await redis.getBuffer(keys.blob(sum));
  if (packed === null) throw new Error(`${keys.blob(sum)} is gone`);
  const bytes = await unpack(packed, MOST_INPUT);
  if (sumOf(bytes) !== sum) throw new Error(`${keys.blob(sum)} came damaged`);
  return bytes;
}

/** Reads a task. @throws Error where Redis has it no more @throws UserError where it is no config of this leash */
export async function fetchTask(redis: Redis, keys: Keys, { task, seed }: JobData): Promise<Task> {
  const written = JSON.parse(String(await fetchBlob(redis, keys, task))) as Task;
  const { config, problems } = inspectRunConfig(written.config, 'the queue', environmentOptions);
  if (config === undefined) throw new UserError(problems[0]);
  return { ...written, config: { ...config, seed } };
}

/** What a worker may run besides leash itself. */
export interface Allowed {
  readonly modules: boolean;
}

/**
 * Puts what a task needs into the working folder.
 * @throws UserError where this worker does not make such runs
 */
export async function unpackInputs(redis: Redis, keys: Keys, task: Task, allowed: Allowed): Promise<void> {
  requireOwnPaths(task);
  const code = codeOf(task.config.environment);
  if (code !== undefined && !allowed.modules)
    throw new UserError(
      `its environment is ${code}, which is code: a worker only runs it with --allow-modules`,
    );
  for (const [path, sum] of Object.entries(task.inputs)) {
    if (path !== `inputs/${sum}.safetensors`) throw new Error(`${path} is no input`);
    put(path, await fetchBlob(redis, keys, sum));
  }
  if (task.module === undefined) return;
  const { files } = JSON.parse(String(await fetchBlob(redis, keys, task.module))) as ModuleFiles;
  for (const [path, content] of Object.entries(files)) {
    if (path.split(/[/\\]/).some((part) => part === '' || part === '..') || path.includes(':'))
      throw new Error(`${path} leads out of its module`);
    put(join('modules', task.module, path), Buffer.from(content, 'base64'));
  }
}

/** What a config names is what came with it: no file of the worker's own. */
function requireOwnPaths({ config, inputs, module }: Task): void {
  withPaths(config, (path, setting) => {
    const isOwn =
      path in inputs || (setting === 'environment.module' && path.startsWith(`modules/${String(module)}/`));
    if (!isOwn && !setting.startsWith('environment.options'))
      throw new UserError(`${setting} names ${JSON.stringify(path)}, which did not come with it`);
    return path;
  });
}

function put(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
