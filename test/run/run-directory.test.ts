import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { createRun } from '../../src/run/run-directory.ts';

/** Bytes that still fit on the disk; writes beyond them are cut short, then refused, as Linux does it. */
const disk = vi.hoisted(() => ({ free: Number.POSITIVE_INFINITY }));

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    writeSync(file: number, bytes: Buffer, from: number) {
      const length = Math.min(bytes.length - from, disk.free);
      if (length === 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      disk.free -= length;
      return real.writeSync(file, bytes, from, length);
    },
  };
});

const root = fs.mkdtempSync(join(tmpdir(), 'leash-run-'));

it('a row is on disk when appendRow returns, one that is not finite as strings', () => {
  const run = createRun(root, 'rows', { seed: 0 });
  const file = join(run.path, 'metrics.jsonl');
  run.appendRow({ update: 1, word: 'é' });
  expect(fs.readFileSync(file, 'utf8')).toBe('{"update":1,"word":"é"}\n');
  run.appendRow({ update: Number.NaN, word: null });
  expect(fs.readFileSync(file, 'utf8')).toBe('{"update":1,"word":"é"}\n{"update":"NaN","word":null}\n');
  run.close();
});

it('a row that does not fit on the disk is taken back, and what was before it stays; the file is named', () => {
  const run = createRun(root, 'full', { seed: 0 });
  const file = join(run.path, 'metrics.jsonl');
  run.appendRow({ update: 1 });
  for (const free of [0, 1, 5]) {
    disk.free = free;
    expect(() => run.appendRow({ update: 2 })).toThrow(
      `${file}: no space left on the device; what was written before is whole`,
    );
    expect(fs.readFileSync(file, 'utf8')).toBe('{"update":1}\n');
  }
  disk.free = Number.POSITIVE_INFINITY;
  run.appendRow({ update: 2 });
  expect(fs.readFileSync(file, 'utf8')).toBe('{"update":1}\n{"update":2}\n');
  run.close();
});
