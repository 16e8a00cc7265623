/**
 * A run that ends at a chosen instant, as `tsx test/faults/dying.ts JSON`: begins or goes on with `root/run/seed-0` and kills
 * itself in one of its phases, or loses power, which leaves what was synced by then in another folder. Says on stdout what was
 * done by then.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import type { Engine } from '../../src/network/network.ts';
import { nodeHost } from '../../src/node/host.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { findResumePoint } from '../../src/node/resume-point.ts';
import type { EnvironmentDefinition } from '../../src/rollout/environment.ts';
import { createRun, reopenRun } from '../../src/run/run-directory.ts';
import type { RunWriter } from '../../src/run/run-writer.ts';
import { train } from '../../src/train/train.ts';
import { secondThread } from '../train/second-thread.ts';

export const phases = ['rollout', 'collected ahead', 'gradient steps', 'checkpoint', 'the end'] as const;
export type Phase = (typeof phases)[number];

export interface Dying {
  readonly root: string;
  readonly config: unknown;
  /** Where it dies: at which instant of the phase, from 1. Undefined: nowhere. */
  readonly phase?: Phase | undefined;
  readonly at?: number | undefined;
  /** It loses power instead of its process: what was synced is put here. */
  readonly power?: string | undefined;
}

const { root, config: written, phase, at = 0, power } = JSON.parse(process.argv[2] as string) as Dying;
const config: Config = configSchema.parse(written);
const path = join(root, 'run', 'seed-0');
const real = { ...fs };
let left = at;

function say(words: string): void {
  real.writeSync(1, `${words}\n`);
}

function instant(where: Phase): void {
  if (where !== phase || --left !== 0) return;
  if (power !== undefined) keepSynced(power);
  say(`died in ${where}`);
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

/** What is on the disk for sure: contents of files and names in folders, each as it was synced last. */
const contents = new Map<string, Buffer>();
const names = new Map<string, Map<string, { key: string; isFolder: boolean }>>();

/** A number of a file is given again when it is deleted. */
function keyOf(stats: fs.BigIntStats): string {
  return `${stats.ino}:${stats.birthtimeNs}`;
}

function synced(file: number): void {
  const own = real.fstatSync(file, { bigint: true });
  const place = real.readlinkSync(`/proc/self/fd/${file}`);
  if (!own.isDirectory()) {
    contents.set(keyOf(own), real.readFileSync(place));
    return;
  }
  const entries = real.readdirSync(place).map((name) => {
    const stats = real.lstatSync(join(place, name), { bigint: true });
    return [name, { key: keyOf(stats), isFolder: stats.isDirectory() }] as const;
  });
  names.set(keyOf(own), new Map(entries));
}

function keepSynced(target: string): void {
  const build = (key: string, to: string): void => {
    for (const [name, entry] of names.get(key) ?? []) {
      const inner = join(to, name);
      if (!entry.isFolder) real.writeFileSync(inner, contents.get(entry.key) ?? '');
      else {
        real.mkdirSync(inner);
        build(entry.key, inner);
      }
    }
  };
  real.mkdirSync(target, { recursive: true });
  build(keyOf(real.statSync(root, { bigint: true })), target);
}

/** In which phase calls of the file system are, where they count. */
let writing: Phase | undefined;

const watched = [
  'openSync',
  'writeSync',
  'fsyncSync',
  'closeSync',
  'renameSync',
  'rmSync',
  'mkdirSync',
  'ftruncateSync',
] as const;
for (const name of watched) {
  const call = real[name] as (...args: unknown[]) => unknown;
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      if (writing !== undefined) instant(writing);
      const result = call(...args);
      if (name === 'fsyncSync') synced(args[0] as number);
      return result;
    },
  });
}
syncBuiltinESMExports();

let rows = 0;
let steps = 0;
const count = config.rollout.steps * config.environment.copies;

/** Counts steps: those of the update after the next are of a rollout that is collected ahead. */
function watchedEnvironment(definition: EnvironmentDefinition, from: number): EnvironmentDefinition {
  return {
    ...definition,
    create: (...given) => {
      const own = definition.create(...given);
      const step = own.step.bind(own);
      own.step = (...args) => {
        steps += 1;
        instant(from + Math.ceil(steps / count) > rows + 1 ? 'collected ahead' : 'rollout');
        step(...args);
      };
      return own;
    },
  };
}

function watchedEngine(engine: Engine): Engine {
  return {
    ...engine,
    create: (...given) => {
      const network = engine.create(...given);
      const vjp = network.vjp.bind(network);
      return Object.assign(network, {
        vjp: (...args: Parameters<typeof vjp>) => {
          instant('gradient steps');
          vjp(...args);
        },
      });
    },
  };
}

function within<T>(where: Phase, action: () => T): T {
  const before = writing;
  writing = before ?? where;
  try {
    return action();
  } finally {
    writing = before;
  }
}

function watchedWriter(writer: RunWriter): RunWriter {
  const updates = Math.ceil(config.steps / count);
  const isEnd = (): boolean => rows === updates;
  return {
    ...writer,
    appendRow(row) {
      writer.appendRow(row);
      rows = row.update;
    },
    writeCheckpoint(...args) {
      const refusal = within(isEnd() ? 'the end' : 'checkpoint', () => writer.writeCheckpoint(...args));
      if (refusal === undefined) say(`checkpoint ${args[0]}`);
      return refusal;
    },
    writePolicy: (bytes) => within('the end', () => writer.writePolicy(bytes)),
    writeRecord(record) {
      if (record.status === 'running') writer.writeRecord(record);
      else within('the end', () => writer.writeRecord(record));
      say(record.status);
    },
  };
}

const isThere = fs.existsSync(path);
const point = isThere ? findResumePoint(path) : undefined;
if (point) rows = point.cut.update;
const engine = await loadEngine(config.engine);
await train({
  config,
  definition: watchedEnvironment(findEnvironment(config.environment.id as string), rows),
  engine: watchedEngine(engine),
  directory: point
    ? () => watchedWriter(reopenRun(path, point.name, config, point.cut))
    : watchedWriter(createRun(root, 'run', config)),
  resumed: point,
  host: nodeHost,
  second: phase === 'collected ahead' || at % 2 === 1 ? secondThread(2) : undefined,
});
