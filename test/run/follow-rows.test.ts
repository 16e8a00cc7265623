import {
  appendFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeRow } from '../../src/row/encode.ts';
import { FollowedRows } from '../../src/run/follow-rows.ts';
import { readMetrics, takeMetrics } from '../../src/run/read-rows.ts';
import { ordinaryRow, temporaryFolder } from '../plot/runs-on-disk.ts';

const line = (update: number, over = {}): string => `${encodeRow(ordinaryRow(update, over))}\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => line(from + i)).join('');

function followed(text?: string) {
  const folder = temporaryFolder();
  const file = join(folder, 'metrics.jsonl');
  if (text !== undefined) writeFileSync(file, text);
  const rows = new FollowedRows(file, () => takeMetrics(() => ({})));
  const look = (isGrowing = true) => {
    const { rows: found, isAnew, hasMore } = rows.look(isGrowing);
    return { updates: found.map(({ update }) => update), isAnew, hasMore };
  };
  return { folder, file, rows, look };
}

const nothing = { updates: [], isAnew: false, hasMore: false };

describe('a file of rows that is followed', () => {
  it('gives every row once, as they come', () => {
    const { file, look } = followed();
    expect(look()).toEqual(nothing);
    writeFileSync(file, lines(1, 3));
    expect(look().updates).toEqual([1, 2, 3]);
    expect(look()).toEqual(nothing);
    appendFileSync(file, lines(4, 5));
    expect(look()).toEqual({ ...nothing, updates: [4, 5] });
  });

  it('waits for the rest of a line, wherever it was cut, within a letter of two bytes too', () => {
    const text = Buffer.from(line(1, { größe: 1 }) + line(2));
    for (const cut of [1, text.indexOf(0xc3) + 1, text.length - 1]) {
      const { file, look, rows } = followed();
      writeFileSync(file, text.subarray(0, cut));
      const before = look().updates;
      appendFileSync(file, text.subarray(cut));
      expect([...before, ...look().updates]).toEqual([1, 2]);
      expect(rows.damage).toBeUndefined();
    }
  });

  it('takes a last line without an end once nobody writes to it, and begins anew where somebody does after all', () => {
    const { file, look } = followed(lines(1, 1) + line(2).trimEnd());
    expect(look(true).updates).toEqual([1]);
    expect(look(false).updates).toEqual([2]);
    expect(look(false)).toEqual(nothing);
    appendFileSync(file, `\n${line(3)}`);
    expect(look(true)).toEqual({ ...nothing, isAnew: true, updates: [1, 2, 3] });
  });

  it('names what is no row as the reader of whole files does', () => {
    const text = `${line(1)}no json\n${line(2)}${line(2)}{"update":`;
    const { folder, look, rows } = followed(text);
    expect(look(false).updates).toEqual([1, 2]);
    expect(rows.damage).toBe(readMetrics(folder, false).damage);
    expect(rows.damage).toContain('3 rows left out (lines 2, 4, 5;');
  });

  it('begins anew where the file was cut and goes on otherwise, even to the same size', () => {
    const { file, look } = followed(lines(1, 5));
    look();
    const { size } = statSync(file);
    const two = Buffer.byteLength(lines(1, 2));
    truncateSync(file, two);
    expect(look()).toEqual({ ...nothing, isAnew: true, updates: [1, 2] });
    appendFileSync(file, [3, 4, 5].map((update) => line(update, { entropy: 9 })).join(''));
    expect(statSync(file).size).toBe(size);
    expect(look()).toEqual({ ...nothing, updates: [3, 4, 5] });
    // Between two looks cut and written on to where it had been.
    truncateSync(file, two);
    appendFileSync(file, [3, 4, 5].map((update) => line(update, { entropy: 8 })).join(''));
    expect(look()).toEqual({ ...nothing, isAnew: true, updates: [1, 2, 3, 4, 5] });
  });

  it('goes on where the same was written again, as resume does', () => {
    const { file, look } = followed(lines(1, 5));
    look();
    truncateSync(file, Buffer.byteLength(lines(1, 2)));
    appendFileSync(file, lines(3, 7));
    expect(look()).toEqual({ ...nothing, updates: [6, 7] });
  });

  it('begins anew with another file of that name, and says that it went away', () => {
    const { folder, file, look } = followed(lines(1, 3));
    look();
    writeFileSync(join(folder, 'other'), lines(1, 4));
    renameSync(join(folder, 'other'), file);
    expect(look()).toEqual({ ...nothing, isAnew: true, updates: [1, 2, 3, 4] });
    rmSync(file);
    expect(look()).toEqual({ ...nothing, isAnew: true });
    expect(look()).toEqual(nothing);
    writeFileSync(file, lines(1, 1));
    expect(look().updates).toEqual([1]);
  });

  it('reads at most 8 MB at a look, and says that there is more', () => {
    const { look, file } = followed();
    const one = Buffer.byteLength(lines(100_000, 100_000));
    const count = Math.ceil((9 * 2 ** 20) / one);
    writeFileSync(file, lines(100_000, 100_000 + count - 1));
    const first = look();
    expect(first.hasMore).toBe(true);
    const second = look();
    expect(second.hasMore).toBe(false);
    expect(first.updates.length + second.updates.length).toBe(count);
  });

  it('follows no link', () => {
    const { folder, file, look } = followed();
    writeFileSync(join(folder, 'elsewhere'), lines(1, 3));
    symlinkSync(join(folder, 'elsewhere'), file);
    expect(look()).toEqual(nothing);
  });
});
