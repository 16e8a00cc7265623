import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ownerHere } from '../../src/run/owner.ts';
import { createRun } from '../../src/run/run-directory.ts';
import type { RecordOfRun } from '../../src/run/record.ts';
import { encodeRow } from '../../src/row/encode.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { ordinaryRow } from '../plot/runs-on-disk.ts';

/** Bytes that still fit on the disk; writes beyond them are cut short, then refused, as Linux does it. */
const disk = vi.hoisted(() => ({ free: Number.POSITIVE_INFINITY }));

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    writeSync(file: number, bytes: Buffer, from: number, asked: number, position: number | null) {
      const length = Math.min(asked, disk.free);
      if (length === 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      disk.free -= length;
      return real.writeSync(file, bytes, from, length, position);
    },
  };
});

const root = fs.mkdtempSync(join(tmpdir(), 'leash-run-'));
const lineOf = (row: MetricsRow): string => `${encodeRow(row)}\n`;

it('a row is on disk when appendRow returns, one that is not finite as strings', () => {
  const run = createRun(root, 'rows', { seed: 0 });
  const file = join(run.path, 'metrics.jsonl');
  const first = ordinaryRow(1, { word: 'é' });
  run.appendRow(first);
  expect(fs.readFileSync(file, 'utf8')).toBe(lineOf(first));
  expect(lineOf(first)).toMatch(/^\{"update":1,"steps":100,.*"stopReason":"completed","word":"é"\}\n$/);
  run.appendRow(ordinaryRow(2, { entropy: Number.NaN, word: null }));
  const [, second] = fs.readFileSync(file, 'utf8').split('\n');
  expect(second).toMatch(/"entropy":"NaN",.*"word":null\}$/);
  run.close();
});

it('a row that does not fit on the disk is taken back, and what was before it stays; the file is named', () => {
  const run = createRun(root, 'full', { seed: 0 });
  const file = join(run.path, 'metrics.jsonl');
  run.appendRow(ordinaryRow(1));
  for (const free of [0, 1, 5]) {
    disk.free = free;
    expect(() => run.appendRow(ordinaryRow(2))).toThrow(
      `${file}: no space left on the device; what was written before is whole`,
    );
    expect(fs.readFileSync(file, 'utf8')).toBe(lineOf(ordinaryRow(1)));
  }
  disk.free = Number.POSITIVE_INFINITY;
  run.appendRow(ordinaryRow(2));
  expect(fs.readFileSync(file, 'utf8')).toBe(lineOf(ordinaryRow(1)) + lineOf(ordinaryRow(2)));
  run.close();
});

it('a folder gets its name with everything in it, the owner and the reserve, and leaves nothing beside it', () => {
  const run = createRun(root, 'whole', { seed: 3 });
  expect(fs.readdirSync(join(root, 'whole'))).toEqual(['seed-3']);
  const owner = JSON.parse(fs.readFileSync(join(run.path, 'owner.json'), 'utf8'));
  expect(owner).toMatchObject({ format: 'leash-run-1', name: 'whole', seed: 3, pid: process.pid });
  expect(fs.statSync(join(run.path, 'run.json.reserve')).size).toBeGreaterThan(8000);
  run.close();
});

it('a second writer is told who holds the folder', () => {
  const run = createRun(root, 'held', { seed: 0 });
  expect(() => createRun(root, 'held', { seed: 0 })).toThrow(
    `${run.path} is there already: process ${process.pid} is at work in it; choose another --name or --seed`,
  );
  expect(fs.readdirSync(join(root, 'held'))).toEqual(['seed-0']);
  run.close();
});

it('of a run that is over, the refusal says how it stands and how far it got', () => {
  const run = createRun(root, 'over', { seed: 0 });
  run.appendRow(ordinaryRow(1));
  run.close();
  const owner = { ...ownerHere('leash-run-1'), processStart: '1' };
  fs.writeFileSync(join(run.path, 'owner.json'), JSON.stringify(owner));
  expect(() => createRun(root, 'over', { seed: 0 })).toThrow(
    `${run.path} is there already, dead after update 1 (its process ended without a word: killed, out of memory, or a second Ctrl-C); say --replace to make it anew, choose another --name or --seed, or remove it: leash runs rm ${run.path} --runs ${root}`,
  );
});

it('an empty folder in its place does not matter, one with a file in it does', () => {
  fs.mkdirSync(join(root, 'empty', 'seed-0'), { recursive: true });
  createRun(root, 'empty', { seed: 0 }).close();
  fs.mkdirSync(join(root, 'mine', 'seed-0'), { recursive: true });
  fs.writeFileSync(join(root, 'mine', 'seed-0', 'notes.txt'), 'mine');
  expect(() => createRun(root, 'mine', { seed: 0 })).toThrow(
    'seed-0 is there already; choose another --name or --seed, or remove it',
  );
  expect(fs.readdirSync(join(root, 'mine', 'seed-0'))).toEqual(['notes.txt']);
});

it('a refused start takes away the folders it made, and no others', () => {
  fs.writeFileSync(join(root, 'file'), '');
  expect(() => createRun(join(root, 'file', 'runs'), 'x', { seed: 0 })).toThrow(/cannot make .* \(ENOTDIR\)/);
  const run = createRun(join(root, 'deep', 'runs'), 'x', { seed: 0 });
  const second = createRun(join(root, 'deep', 'runs'), 'y', { seed: 0 });
  run.discard();
  expect(fs.readdirSync(join(root, 'deep', 'runs'))).toEqual(['y']);
  second.discard();
  expect(fs.existsSync(join(root, 'deep', 'runs'))).toBe(true);
  createRun(join(root, 'deeper', 'runs'), 'x', { seed: 0 }).discard();
  expect(fs.existsSync(join(root, 'deeper'))).toBe(false);
});

const takings: [string, (path: string) => void][] = [
  ['removed', (path) => fs.rmSync(path, { recursive: true })],
  ['moved away', (path) => fs.renameSync(path, `${path}-moved`)],
  [
    'made by another',
    (path) => {
      fs.rmSync(path, { recursive: true });
      createRun(root, path.split('/').at(-2) as string, { seed: 0 }).close();
    },
  ],
  [
    'with rows replaced',
    (path) => {
      fs.rmSync(join(path, 'metrics.jsonl'));
      fs.writeFileSync(join(path, 'metrics.jsonl'), '');
    },
  ],
  [
    'with another owner',
    (path) => {
      fs.writeFileSync(join(path, 'owner.json.tmp'), 'another');
      fs.renameSync(join(path, 'owner.json.tmp'), join(path, 'owner.json'));
    },
  ],
];

it.each(takings)('a run whose folder was %s ends and touches nothing there', (name, take) => {
  const run = createRun(root, `taken-${name.replaceAll(' ', '-')}`, { seed: 0 });
  run.appendRow(ordinaryRow(1));
  take(run.path);
  const contents = (): string[] =>
    fs.existsSync(run.path)
      ? fs.readdirSync(run.path).map((file) => `${file} ${fs.readFileSync(join(run.path, file), 'utf8')}`)
      : [];
  const before = contents();
  const lost = /was removed or replaced; the run that wrote there ends and leaves it alone/;
  expect(() => run.appendRow(ordinaryRow(2))).toThrow(lost);
  expect(() => run.writeRecord({ status: 'failed' } as RecordOfRun)).toThrow(lost);
  expect(() => run.writePolicy(Buffer.from('policy'))).toThrow(lost);
  expect(() => run.discard()).toThrow(lost);
  run.close();
  run.close();
  expect(contents()).toEqual(before);
});

it('the last word of a run needs no space on the disk', () => {
  const run = createRun(root, 'last-word', { seed: 0 });
  run.writeRecord({ status: 'running' } as RecordOfRun);
  const reserve = join(run.path, 'run.json.reserve');
  const { ino, size } = fs.statSync(reserve);
  const failure = 'x'.repeat(4000);
  expect(size).toBeGreaterThan(8000);
  run.writeRecord({ status: 'failed', failure } as RecordOfRun);
  // The space that was taken at the start is what holds it now.
  expect(fs.statSync(join(run.path, 'run.json')).ino).toBe(ino);
  expect(JSON.parse(fs.readFileSync(join(run.path, 'run.json'), 'utf8'))).toEqual({
    status: 'failed',
    failure,
  });
  expect(fs.existsSync(reserve)).toBe(false);
  run.close();
});

describe('a run that is to replace another', () => {
  const contentsOf = (path: string): string[] =>
    fs.readdirSync(path).map((name) => `${name} ${fs.readFileSync(join(path, name), 'utf8')}`);
  /** A run that its process left. */
  function finished(name: string): string {
    const run = createRun(root, name, { seed: 0 });
    run.appendRow(ordinaryRow(1));
    run.writeRecord({ status: 'completed' } as RecordOfRun);
    run.close();
    return run.path;
  }

  it('leaves it where it is until the new one begins, and puts it back where that cannot be made', () => {
    const path = finished('refused');
    const before = contentsOf(path);
    const run = createRun(root, 'refused', { seed: 0 }, { replace: true });
    expect(fs.readFileSync(join(path, 'metrics.jsonl'), 'utf8')).toBe('');
    run.discard();
    expect(contentsOf(path)).toEqual(before);
    expect(fs.readdirSync(join(root, 'refused'))).toEqual(['seed-0']);
  });

  it('takes its place once it has begun, and nothing of the old one stays', () => {
    const path = finished('begun');
    const run = createRun(root, 'begun', { seed: 0 }, { replace: true });
    expect(fs.readdirSync(join(root, 'begun')).sort()).toEqual([
      expect.stringMatching(/^\.seed-0\.[0-9a-f]+\.replaced$/),
      'seed-0',
    ]);
    run.writeRecord({ status: 'running' } as RecordOfRun);
    run.appendRow(ordinaryRow(1));
    run.writeRecord({ status: 'completed' } as RecordOfRun);
    run.close();
    expect(fs.readdirSync(join(root, 'begun'))).toEqual(['seed-0']);
    expect(fs.readFileSync(join(path, 'metrics.jsonl'), 'utf8')).toBe(lineOf(ordinaryRow(1)));
  });

  it('gives the place back where it ends before it has begun', () => {
    const path = finished('early');
    const before = contentsOf(path);
    const run = createRun(root, 'early', { seed: 0 }, { replace: true });
    run.writeRecord({ status: 'failed' } as RecordOfRun);
    run.close();
    run.close();
    expect(contentsOf(path)).toEqual(before);
    expect(fs.readdirSync(join(root, 'early'))).toEqual(['seed-0']);
  });

  it('replaces one whose process is dead', () => {
    const path = createRun(root, 'killed', { seed: 0 }).path;
    leftByItsProcess(path);
    createRun(root, 'killed', { seed: 0 }, { replace: true }).close();
  });

  /** What is there of a run whose process was killed. */
  function leftByItsProcess(path: string): void {
    const file = join(path, 'owner.json');
    const owner = JSON.parse(fs.readFileSync(file, 'utf8'));
    fs.writeFileSync(file, JSON.stringify({ ...owner, processStart: '1' }));
  }
  const occupied = 'seed-0 is there already, completed after update 1; say --replace';

  it('and was killed before it began makes way: the other is put back', () => {
    const path = finished('killed-early');
    const before = contentsOf(path);
    const run = createRun(root, 'killed-early', { seed: 0 }, { replace: true });
    // As long as it lives nothing is put back.
    expect(() => createRun(root, 'killed-early', { seed: 0 })).toThrow('is at work in it');
    leftByItsProcess(path);
    expect(() => createRun(root, 'killed-early', { seed: 0 })).toThrow(occupied);
    expect(contentsOf(path)).toEqual(before);
    expect(fs.readdirSync(join(root, 'killed-early'))).toEqual(['seed-0']);
    run.close();
    expect(contentsOf(path)).toEqual(before);
  });

  it('and was killed before it had the place leaves it to the other', () => {
    const path = finished('killed-before');
    const before = contentsOf(path);
    const { token } = ownerHere('leash-run-1');
    fs.renameSync(path, join(root, 'killed-before', `.seed-0.${token}.replaced`));
    const staging = join(root, 'killed-before', `.seed-0.${token}.tmp`);
    fs.mkdirSync(staging);
    fs.writeFileSync(join(staging, 'owner.json'), JSON.stringify({ ...ownerHere('leash-run-1'), token }));
    // It is being made: another of this name is its own business.
    createRun(root, 'killed-before', { seed: 0 }).discard();
    expect(fs.existsSync(path)).toBe(false);
    leftByItsProcess(staging);
    expect(() => createRun(root, 'killed-before', { seed: 0 })).toThrow(occupied);
    expect(contentsOf(path)).toEqual(before);
  });

  it('and was killed after it began stays, and so does what is left of the other', () => {
    const path = finished('killed-late');
    const run = createRun(root, 'killed-late', { seed: 0 }, { replace: true });
    const left = fs.readdirSync(join(root, 'killed-late'));
    fs.writeFileSync(join(path, 'run.json'), '{"status":"running"}');
    leftByItsProcess(path);
    expect(() => createRun(root, 'killed-late', { seed: 0 })).toThrow('seed-0 is there already, dead');
    expect(fs.readdirSync(join(root, 'killed-late'))).toEqual(left);
    run.writeRecord({ status: 'running' } as RecordOfRun);
    run.close();
  });

  it.each<[string, (path: string) => void, string]>([
    [
      'goes on',
      (path) => fs.writeFileSync(join(path, 'run.json'), '{"status":"running"}'),
      `is alive: process ${process.pid} is at work in it`,
    ],
    [
      'is none of leash',
      (path) => fs.writeFileSync(join(path, 'owner.json'), '{"owner":"me"}'),
      'is no run of leash: it stays',
    ],
    [
      'holds files of others',
      (path) => fs.writeFileSync(join(path, 'notes.txt'), 'mine'),
      'holds notes.txt, not written by leash; move that away',
    ],
    [
      'is a link',
      (path) => {
        fs.renameSync(path, `${path}-elsewhere`);
        fs.symlinkSync(`${path}-elsewhere`, path);
      },
      'is a symbolic link; nothing is deleted through one',
    ],
  ])('refuses one that %s, and touches nothing', (name, change, why) => {
    const path = finished(`kept-${name.replaceAll(' ', '-')}`);
    change(path);
    const before = contentsOf(path);
    const names = fs.readdirSync(join(path, '..'));
    expect(() =>
      createRun(root, `kept-${name.replaceAll(' ', '-')}`, { seed: 0 }, { replace: true }),
    ).toThrow(`--replace: ${path} ${why}`);
    expect(contentsOf(path)).toEqual(before);
    expect(fs.readdirSync(join(path, '..'))).toEqual(names);
  });

  it('needs none to be there', () => {
    createRun(root, 'fresh', { seed: 0 }, { replace: true }).close();
    expect(fs.existsSync(join(root, 'fresh', 'seed-0', 'owner.json'))).toBe(true);
  });
});
