import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  renameSync,
  symlinkSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { built } from '../built.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-resume-cli-'));
const runs = join(folder, 'runs');
const config = {
  environment: { id: 'CartPole-v1', copies: 2 },
  rollout: { steps: 16 },
  steps: 32 * 12,
  network: { policy: { hidden: [4] }, value: { hidden: [4] } },
  ppo: { epochs: 1, minibatchSize: 16 },
  checkpoint: { everyUpdates: 4 },
};
const file = join(folder, 'a.json');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [built, ...args]);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].on('data', (text) => {
      said[stream] += String(text);
    });
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said }))) };
}

const runCommand = (args: readonly string[]): Promise<Ended> => start(args).ended;

const train = (...args: string[]) => runCommand(['train', file, '--runs', runs, ...args]);
/** What is in a folder, byte for byte. */
function contents(path: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .sort()
      .map((each) => [each, readFileSync(each, 'base64')]),
  );
}
const rowsOf = (path: string): string => readFileSync(join(path, 'metrics.jsonl'), 'utf8');

/** A run as a kill after update 8 leaves it. */
function killed(name: string): string {
  const path = join(runs, name, 'seed-0');
  cpSync(join(runs, 'whole', 'seed-0'), path, { recursive: true });
  return kill(path);
}

/** Makes of a completed run what a kill after update 8 would have left. */
function kill(path: string): string {
  for (const each of ['policy.safetensors', 'checkpoints/update-12.safetensors']) rmSync(join(path, each));
  const record = JSON.parse(readFileSync(join(path, 'run.json'), 'utf8'));
  const { finishedAt, seconds, final, parametersSha256, ...rest } = record;
  writeFileSync(join(path, 'run.json'), JSON.stringify({ ...rest, status: 'running' }));
  const owner = JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8'));
  writeFileSync(join(path, 'owner.json'), JSON.stringify({ ...owner, pid: 999_999_999 }));
  return path;
}

function loseRow(path: string): void {
  const lines = rowsOf(path).split('\n');
  writeFileSync(join(path, 'metrics.jsonl'), lines.toSpliced(9, 1).join('\n'));
}

beforeAll(async () => {
  writeFileSync(file, JSON.stringify(config));
  expect((await train('--name', 'whole', '--quiet')).code).toBe(0);
});

describe('leash resume', () => {
  it('goes on with a killed run to what it would have been, and says from where', async () => {
    const path = killed('killed');
    const listed = await runCommand(['runs', '--runs', runs]);
    expect(listed.stdout).toContain(`leash resume ${path}  goes on from update 8`);
    const { code, stdout } = await runCommand(['resume', path]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${path} goes on from update 8`);
    expect(rowsOf(path)).toBe(rowsOf(join(runs, 'whole', 'seed-0')));
    const policy = (at: string): Buffer => readFileSync(join(at, 'policy.safetensors'));
    expect(policy(path).equals(policy(join(runs, 'whole', 'seed-0')))).toBe(true);
    expect(JSON.parse(readFileSync(join(path, 'run.json'), 'utf8')).status).toBe('completed');
    expect(readdirSync(path).filter((name) => name.startsWith('.'))).toEqual([]);
    expect((await runCommand(['runs', '--runs', runs])).stdout).not.toContain('goes on from');
  });

  it('finds the run by its name in the folder of runs', async () => {
    killed('by-name');
    expect((await runCommand(['resume', 'by-name', '--runs', runs, '--quiet'])).code).toBe(0);
  });

  it('extends a finished run with --steps', async () => {
    await train('--name', 'longer', '--quiet', '--steps', '640');
    await train('--name', 'short', '--quiet');
    const { code } = await runCommand(['resume', join(runs, 'short'), '--steps', '640', '--quiet']);
    expect(code).toBe(0);
    expect(rowsOf(join(runs, 'short', 'seed-0'))).toBe(rowsOf(join(runs, 'longer', 'seed-0')));
    expect(JSON.parse(readFileSync(join(runs, 'short', 'seed-0', 'config.json'), 'utf8')).steps).toBe(640);
  });
});

describe('leash train --resume', () => {
  it('goes on, begins where there is none, and leaves a completed run', async () => {
    const path = killed('same');
    const again = () => train('--name', 'same', '--resume', '--quiet');
    expect((await again()).code).toBe(0);
    expect(rowsOf(path)).toBe(rowsOf(join(runs, 'whole', 'seed-0')));
    const before = contents(path);
    const done = await train('--name', 'same', '--resume');
    expect([done.code, done.stdout.split('\n')[0]]).toEqual([0, `${path} is completed already`]);
    expect(contents(path)).toEqual(before);
    expect((await train('--name', 'new', '--resume', '--quiet')).code).toBe(0);
    expect(rowsOf(join(runs, 'new', 'seed-0'))).toBe(rowsOf(path));
  });

  it.each<[string, number, (path: string) => void]>([
    ['a row', 8, loseRow],
    ['the policy', 12, (path) => rmSync(join(path, 'policy.safetensors'))],
  ])('goes on with a completed run that has lost %s', async (what, from, damage) => {
    const name = `lost-${what.slice(-3)}`;
    const path = join(runs, name, 'seed-0');
    const whole = join(runs, 'whole', 'seed-0');
    cpSync(whole, path, { recursive: true });
    damage(path);
    expect((await train('--name', name, '--resume')).stdout).toContain(`${path} goes on from update ${from}`);
    expect(rowsOf(path)).toBe(rowsOf(whole));
    const policy = (at: string): Buffer => readFileSync(join(at, 'policy.safetensors'));
    expect(policy(path).equals(policy(whole))).toBe(true);
  });

  it('goes on with each of several seeds', async () => {
    const path = killed('seeds');
    expect((await train('--name', 'seeds', '--seeds', '2', '--resume', '--quiet')).code).toBe(0);
    expect(rowsOf(path)).toBe(rowsOf(join(runs, 'whole', 'seed-0')));
    expect(existsSync(join(runs, 'seeds', 'seed-1', 'policy.safetensors'))).toBe(true);
  });
});

describe('what cannot be gone on with gets one line, exit code 2, and stays as it was', () => {
  const damage = (path: string): void => {
    for (const name of readdirSync(join(path, 'checkpoints')))
      writeFileSync(join(path, 'checkpoints', name), 'x');
  };
  const edit = (path: string, change: (config: Record<string, Record<string, unknown>>) => void): void => {
    const at = join(path, 'config.json');
    const written = JSON.parse(readFileSync(at, 'utf8'));
    change(written);
    writeFileSync(at, JSON.stringify(written));
  };
  it.each<[string, (path: string) => unknown, RegExp]>([
    ['no run', () => ['nowhere'], /^leash: no run at .*nowhere$/],
    [
      'no checkpoint',
      (path) => rmSync(join(path, 'checkpoints'), { recursive: true }),
      /has no checkpoint to go on from: it ended before its first one/,
    ],
    [
      'none asked for',
      (path) => {
        rmSync(join(path, 'checkpoints'), { recursive: true });
        edit(path, (c) => Object.assign(c, { checkpoint: null }));
      },
      /its config says "checkpoint": null; train it again$/,
    ],
    [
      'all of them damaged',
      damage,
      /has no checkpoint to go on from: .*update-8\.safetensors does not begin as a checkpoint does.*; train it again$/,
    ],
    [
      'a config edited since',
      (path) => edit(path, (c) => Object.assign(c.optimizer as object, { learningRate: 0.5 })),
      /config\.json is not what the run was made with: optimizer\.learningRate is 0\.5, in .*update-8\.safetensors 0\.0003; only steps/,
    ],
    ['another seed', (path) => edit(path, (c) => Object.assign(c, { seed: 7 })), /seed is 7, in .* 0;/],
    [
      'two settings edited',
      (path) =>
        edit(path, (c) => {
          Object.assign(c.advantage as object, { gamma: 0.5 });
          Object.assign(c.environment as object, { copies: 4 });
        }),
      /environment\.copies is 4, in .* 2 \(and 1 more\)/,
    ],
    [
      'a damaged config',
      (path) => writeFileSync(join(path, 'config.json'), '{'),
      /config\.json:1:2: not valid JSON/,
    ],
    [
      'a completed run',
      () => [join(runs, 'whole')],
      /whole\/seed-0 is completed: 12 updates, 384 steps; --steps N with more goes on with it$/,
    ],
    [
      'steps that end within the last update',
      () => [join(runs, 'whole'), '--steps', '383'],
      /whole\/seed-0 is completed: 12 updates, 384 steps; --steps N with more goes on with it$/,
    ],
    [
      'fewer steps',
      (path) => [path, '--steps', '32'],
      /^leash: --steps must be at least the 384 that .* was planned with, of which 256 are done, got 32$/,
    ],
    ['steps that are none', (path) => [path, '--steps', 'many'], /--steps must be an integer in \[1, /],
    ...(['metrics.jsonl', 'log.jsonl', 'checkpoints'] as const).map(
      (name): [string, (path: string) => unknown, RegExp] => [
        `a link in the place of ${name}`,
        (path) => {
          renameSync(join(path, name), join(folder, `elsewhere-${name}`));
          symlinkSync(join(folder, `elsewhere-${name}`), join(path, name));
        },
        /is no (file|folder) but a link or the like; nothing is written through it$/,
      ],
    ),
    ['a folder of several', () => [runs], /holds \d+ runs; name one, such as /],
  ])('%s', async (name, prepare, message) => {
    const path = killed(name.replaceAll(' ', '-'));
    const args = (prepare(path) ?? [path]) as string[];
    const before = contents(path);
    const { code, stderr, stdout } = await runCommand(['resume', ...args]);
    expect(stderr.trimEnd()).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect([code, stdout]).toEqual([2, '']);
    expect(contents(path)).toEqual(before);
  });

  it('a checkpoint of another version', async () => {
    const { encodeCheckpoint } = await import('../../src/run/checkpoint-file.ts');
    const { readCheckpoint } = await import('../../src/node/checkpoints.ts');
    const { sha256 } = await import('../../src/node/policy.ts');
    const path = killed('version');
    const at = join(path, 'checkpoints', 'update-8.safetensors');
    const { checkpoint } = readCheckpoint(at);
    if (checkpoint === undefined) throw new Error('damaged');
    writeFileSync(at, encodeCheckpoint({ ...checkpoint, leash: '0.0.9' }, sha256));
    const before = contents(path);
    const { code, stderr } = await runCommand(['resume', path]);
    expect([code, stderr]).toEqual([
      2,
      `leash: ${at} is a checkpoint of another version of leash: leash 0.0.9 wrote it, this is ${checkpoint.leash}\n`,
    ]);
    expect(contents(path)).toEqual(before);
  });

  it('a run that goes on', async () => {
    const path = killed('alive');
    const sleeper = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    const owner = JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8'));
    writeFileSync(
      join(path, 'owner.json'),
      JSON.stringify({ ...owner, pid: sleeper.pid, processStart: null }),
    );
    const before = contents(path);
    const { code, stderr } = await runCommand(['resume', path]);
    sleeper.kill();
    expect([code, stderr]).toEqual([
      2,
      `leash: ${path}: process ${sleeper.pid} is at work in it; nothing was touched\n`,
    ]);
    expect(contents(path)).toEqual(before);
  });
});

test('compare goes on with its interrupted runs, and says so', async () => {
  const compare = () =>
    runCommand(['compare', file, '--seeds', '2', '--name', 'study', '--runs', runs, '--json']);
  const first = await compare();
  expect(first.code).toBe(0);
  const path = kill(join(runs, 'study', 'a', 'seed-0'));
  const again = await compare();
  expect(again.stderr).toContain(`${path}: dead after update 12`);
  expect(again.stderr).toContain('; it goes on from update 8\n');
  expect(again.stdout).toBe(first.stdout);
  expect(readFileSync(join(path, 'log.jsonl'), 'utf8')).toContain('"msg":"resumed"');
  expect(rowsOf(path)).toBe(rowsOf(join(runs, 'whole', 'seed-0')));
});

test('compare goes on with completed runs of which a row or the policy is gone or another, and names them', async () => {
  const compare = () =>
    runCommand(['compare', file, '--seeds', '5', '--name', 'damaged', '--runs', runs, '--json']);
  const first = await compare();
  const path = (seed: number): string => join(runs, 'damaged', 'a', `seed-${seed}`);
  const policy = (seed: number): string => join(path(seed), 'policy.safetensors');
  const policies = () => [0, 1, 2, 3, 4].map((seed) => readFileSync(policy(seed), 'base64'));
  const whole = policies();
  rmSync(policy(0));
  appendFileSync(policy(1), 'more');
  const bytes = readFileSync(policy(2));
  bytes[bytes.length - 6] ^= 1;
  writeFileSync(policy(2), bytes);
  loseRow(path(3));
  const again = await compare();
  expect(again.stderr.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^there is no policy .*seed-0\/policy.*; it goes on from update 12$/),
    expect.stringMatching(
      /seed-1\/policy\.safetensors is no whole safetensors file: .*; it goes on from update 12$/,
    ),
    `${policy(2)} is not the policy that its run ended with: its weights are not those of parametersSha256 in run.json; it goes on from update 12`,
    `${path(3)}: 11 rows of the 12 updates it completed; it goes on from update 8`,
  ]);
  expect(again).toMatchObject({ code: 0, stdout: first.stdout });
  expect(policies()).toEqual(whole);
  expect(await compare()).toMatchObject({ code: 0, stdout: first.stdout, stderr: '' });
});

test('of several that go on with a run at once, one does', async () => {
  const path = killed('race');
  // Longer than any start takes: the one that goes on is stopped when the others have given up.
  const started = [1, 2, 3].map(() => start(['resume', path, '--quiet', '--steps', '64000000']));
  const refused: Ended[] = [];
  await new Promise<void>((resolve) => {
    for (const { ended } of started)
      void ended.then((end) => {
        if (refused.push(end) === started.length - 1) resolve();
      });
  });
  for (const { child } of started) child.kill('SIGINT');
  const ends = await Promise.all(started.map(({ ended }) => ended));
  expect(ends.map(({ code }) => code).sort()).toEqual([130, 2, 2]);
  for (const { code, stderr } of ends)
    if (code === 2) expect(stderr).toMatch(/is at work in it; nothing was touched\n$/);
  const updates = rowsOf(path)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).update as number);
  expect(updates).toEqual(updates.map((_, i) => i + 1));
});
