import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { resumeCommand } from '../../src/cli/commands/resume.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { verifyCommand } from '../../src/cli/commands/verify.ts';
import { inspectConfig } from '../../src/node/load-config.ts';
import { readCheckpoint } from '../../src/node/checkpoints.ts';
import { readPolicyFile } from '../../src/node/policy.ts';
import { findResumePoint } from '../../src/node/resume-point.ts';
import { begin, configOf } from '../resume/interrupted.ts';
import { runCommand } from '../cli/run-command.ts';

/* What docs/security.md says of files from somebody else. */

const folder = mkdtempSync(join(tmpdir(), 'leash-untrusted-'));
let run = '';
beforeAll(async () => {
  const config = configOf('CartPole-v1', { checkpoint: { everyUpdates: 1, keep: 2 } });
  run = (await begin(config, { until: 4 })).path;
});

/** Deeper than a call stack. */
const DEEP = `${'["items",['.repeat(20_000)}0${']]'.repeat(20_000)}`;

let copies = 0;
/** A copy of the run that somebody has been at. */
function tampered(change: (path: string) => void): string {
  const path = join(folder, `run-${copies++}`, 'seed-3');
  cpSync(run, path, { recursive: true });
  change(path);
  return path;
}

function edit(file: string, change: (json: Record<string, unknown>) => unknown): void {
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))));
}

/** A safetensors file with another header, and a sum that is right. */
function forge(file: string, change: (header: Record<string, unknown>) => unknown): void {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE());
  const header = change(JSON.parse(bytes.subarray(8, 8 + length).toString('utf8')));
  const text = JSON.stringify(header);
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(padded.length));
  const forged = Buffer.concat([size, Buffer.from(padded), bytes.subarray(8 + length)]);
  const at = forged.indexOf('"sha256":"') + '"sha256":"'.length;
  forged.write('0'.repeat(64), at);
  forged.write(createHash('sha256').update(forged).digest('hex'), at);
  writeFileSync(file, forged);
}

/** Of the state in a checkpoint, written anew. */
function forgeState(path: string, change: (checkpoint: Record<string, unknown>) => unknown): void {
  const name = join(path, 'checkpoints', 'update-4.safetensors');
  forge(name, (header) => {
    const { __metadata__: metadata } = header as unknown as { __metadata__: { checkpoint: string } };
    metadata.checkpoint = JSON.stringify(change(JSON.parse(metadata.checkpoint))).replace('"DEEP"', DEEP);
    return header;
  });
  for (const each of readdirSync(join(path, 'checkpoints')))
    if (each !== 'update-4.safetensors') writeFileSync(join(path, 'checkpoints', each), '');
}

/** Bytes that a call takes and does not give back, at most. */
function memoryOf(call: () => void): number {
  const before = process.memoryUsage();
  call();
  const after = process.memoryUsage();
  return after.rss - before.rss;
}

describe('nothing is run', () => {
  const marker = join(folder, 'was-run');
  const module = join(folder, 'evil.mjs');
  beforeAll(() =>
    writeFileSync(
      module,
      `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(marker)}, '');`,
    ),
  );

  it.each<[string, (evil: string) => object]>([
    ['an environment that is a file', (evil) => ({ environment: { id: evil } })],
    ['one by its URL', (evil) => ({ environment: { id: `file://${evil}` } })],
    ['one as data', () => ({ environment: { id: 'data:text/javascript,process.exit(3)' } })],
    ['one of Object', () => ({ environment: { id: 'constructor' } })],
    ['one of its prototype', () => ({ environment: { id: '__proto__' } })],
    ['an engine', (evil) => ({ environment: { id: 'CartPole-v1' }, engine: evil })],
    ['an objective', (evil) => ({ environment: { id: 'CartPole-v1' }, objective: { kind: evil } })],
    [
      'an objective of Object',
      () => ({ environment: { id: 'CartPole-v1' }, objective: { kind: 'constructor' } }),
    ],
    ['a setting that is code', () => ({ environment: { id: 'CartPole-v1' }, steps: { toString: 'x' } })],
    [
      'a model',
      (evil) => ({
        environment: { id: 'CartPole-v1' },
        engine: 'tfjs',
        network: { tfjs: { policy: evil, value: evil } },
      }),
    ],
    ['weights', (evil) => ({ environment: { id: 'CartPole-v1' }, network: { initialWeights: evil } })],
  ])('%s', async (_, config) => {
    const file = join(folder, 'evil.json');
    writeFileSync(file, JSON.stringify(config(module)));
    const training = runCommand(trainCommand, {
      CONFIG: file,
      runs: join(folder, 'runs'),
      quiet: true,
      threads: '1',
    });
    await expect(training).rejects.toMatchObject({ name: 'UserError', exitCode: 2 });
    expect(existsSync(marker)).toBe(false);
  });

  test.each([
    '{"environment":{"id":"CartPole-v1"},"__proto__":{"polluted":1}}',
    '{"environment":{"id":"CartPole-v1","options":{"__proto__":{"polluted":1}}}}',
    '{"environment":{"id":"CartPole-v1"},"constructor":{"prototype":{"polluted":1}}}',
    '{"environment":{"id":"CartPole-v1"},"network":{"__proto__":{"hiddenGain":9}}}',
  ])('no prototype is changed by %s', (text) => {
    const file = join(folder, 'proto.json');
    writeFileSync(file, text);
    const { loaded } = inspectConfig(file, [], environmentOptions);
    const overridden = inspectConfig(
      file,
      [{ path: '__proto__.polluted', text: '1', origin: '--set' }],
      environmentOptions,
    );
    expect(overridden.loaded).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(loaded?.config.network.hiddenGain ?? Math.SQRT2).toBe(Math.SQRT2);
  });

  it('$schema is never fetched, and a checkpoint’s words are words', () => {
    const file = join(folder, 'schema.json');
    writeFileSync(file, '{"$schema":"http://127.0.0.1:1/","environment":{"id":"CartPole-v1"}}');
    expect(inspectConfig(file, [], environmentOptions).loaded?.config.$schema).toBe('http://127.0.0.1:1/');
    const path = tampered((at) =>
      forgeState(at, (checkpoint) => ({ ...checkpoint, leash: { toString: 'process.exit(3)' } })),
    );
    expect(() => findResumePoint(path)).toThrow('of another version of leash');
  });
});

describe('nothing leaves its folder', () => {
  const outside = join(folder, 'outside');
  beforeAll(() => {
    mkdirSync(outside, { recursive: true });
    writeFileSync(join(outside, 'kept.jsonl'), 'kept\n');
  });
  const resume = (path: string) =>
    runCommand(resumeCommand, { RUN: path, runs: folder, quiet: true, threads: '1' });

  it.each(['metrics.jsonl', 'timing.jsonl', 'log.jsonl', 'policy.safetensors', 'run.json.tmp'])(
    'a link in the place of %s',
    async (name) => {
      const target = join(outside, 'kept.jsonl');
      const path = tampered((at) => rmSync(join(at, name), { force: true }));
      symlinkSync(target, join(path, name));
      await resume(path).catch((error: Error) => expect(error.name).toBe('UserError'));
      expect(readFileSync(target, 'utf8')).toBe('kept\n');
    },
  );

  it('a link in the place of checkpoints', async () => {
    const path = tampered((at) => {
      cpSync(join(at, 'checkpoints'), join(outside, 'checkpoints'), { recursive: true });
      rmSync(join(at, 'checkpoints'), { recursive: true });
      symlinkSync(join(outside, 'checkpoints'), join(at, 'checkpoints'));
    });
    const before = readdirSync(join(outside, 'checkpoints'));
    await expect(resume(path)).rejects.toThrow('is no folder but a link');
    expect(readdirSync(join(outside, 'checkpoints'))).toEqual(before);
  });

  it.each(['../outside/kept.jsonl', '/etc/passwd', 'checkpoints/x.jsonl', '__proto__', 'a.jsonl/..'])(
    'a checkpoint that names %s',
    (name) => {
      const path = tampered((at) =>
        forgeState(at, (checkpoint) => ({ ...checkpoint, sizes: JSON.parse(`{${JSON.stringify(name)}:0}`) })),
      );
      expect(() => findResumePoint(path)).toThrow(/no size of|shorter than|not valid JSON/);
      expect(readFileSync(join(outside, 'kept.jsonl'), 'utf8')).toBe('kept\n');
    },
  );

  it('names in run.json lead nowhere', async () => {
    const path = tampered((at) =>
      edit(join(at, 'run.json'), (record) => ({ ...record, name: '../../outside' })),
    );
    expect(await resume(path)).toBe(0);
    expect(readdirSync(outside).sort()).toEqual(['checkpoints', 'kept.jsonl']);
    expect(lstatSync(join(path, 'policy.safetensors')).isFile()).toBe(true);
  });

  it.each(['/dev/zero', '/dev/stdin', '/proc/self/environ', '/etc/passwd'])(
    'weights that a config reads from %s are refused',
    async (file) => {
      const path = tampered((at) =>
        edit(join(at, 'config.json'), (config) => ({
          ...config,
          network: { ...(config as { network: object }).network, initialWeights: file },
        })),
      );
      const verifying = runCommand(verifyCommand, { RUN: path, runs: folder });
      await expect(verifying).rejects.toMatchObject({ name: 'UserError' });
    },
  );
});

describe('no declared size takes memory', () => {
  const LITTLE = 300e6;

  it.each<[string, (path: string) => void]>([
    ['a header of 2⁶² bytes', (path) => writeFileSync(path, Buffer.from('00000000000000407b7d', 'hex'))],
    [
      'an array of 2⁴⁰ numbers',
      (path) =>
        forge(path, (header) => ({
          ...header,
          'policy.parameters': { dtype: 'F32', shape: [2 ** 40], data_offsets: [0, 2 ** 42] },
        })),
    ],
    [
      'an array of 2⁶⁰ numbers that wraps to none',
      (path) =>
        forge(path, (header) => ({
          ...header,
          order: { dtype: 'F64', shape: [2 ** 32, 2 ** 32], data_offsets: [0, 0] },
        })),
    ],
  ])('%s', (_, spoil) => {
    const path = tampered(() => {});
    const file = join(path, 'checkpoints', 'update-4.safetensors');
    spoil(file);
    const taken = memoryOf(() => {
      expect(() => {
        const { damage } = readCheckpoint(file);
        if (damage !== undefined) throw new Error(damage);
      }).toThrow();
    });
    expect(taken).toBeLessThan(LITTLE);
    writeFileSync(join(path, 'policy.safetensors'), readFileSync(file));
    expect(() => readPolicyFile(join(path, 'policy.safetensors'))).toThrow();
  });

  it.each<[string, unknown]>([
    ['2³² of them', ['list', 2 ** 32, 0]],
    ['2²⁰ times 2²⁰', ['list', 2 ** 20, ['list', 2 ** 20, 0]]],
    ['2⁵³ − 1', ['list', Number.MAX_SAFE_INTEGER, ['list', 2, null]]],
    ['a million words over a million', ['list', 1e6, ['items', Array(64).fill(['list', 1e6, true])]]],
    ['depth', 'DEEP'],
  ])('a state that says it holds %s', (_, outline) => {
    const path = tampered((at) =>
      forgeState(at, (checkpoint) => ({
        ...checkpoint,
        state: { ...(checkpoint as { state: object }).state, collecting: outline },
      })),
    );
    const taken = memoryOf(() =>
      expect(() => findResumePoint(path)).toThrow(/no checkpoint to go on from|not valid JSON/),
    );
    expect(taken).toBeLessThan(LITTLE);
  });

  it('a run that asks for more than there is, made again or gone on with', async () => {
    const path = tampered((at) =>
      edit(join(at, 'config.json'), (config) => ({
        ...config,
        rollout: { steps: 1_000_000 },
        environment: { ...(config as { environment: object }).environment, copies: 4096 },
      })),
    );
    await expect(runCommand(verifyCommand, { RUN: path, runs: folder })).rejects.toThrow(
      /of memory would be needed .*rollout.*config\.json/,
    );
    await expect(runCommand(resumeCommand, { RUN: path, runs: folder, quiet: true })).rejects.toThrow(
      'is not what the run was made with',
    );
    const CONFIG = join(folder, 'huge.json');
    const huge = { environment: { id: 'CartPole-v1', copies: 4096 }, rollout: { steps: 1_000_000 } };
    writeFileSync(CONFIG, JSON.stringify(huge));
    await expect(
      runCommand(verifyCommand, { config: CONFIG, sha: '0'.repeat(64), runs: folder }),
    ).rejects.toThrow('of memory would be needed');
  });
});
