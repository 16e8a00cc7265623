import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { AT_ONCE, CHUNK, Lines, type RowTaker } from './read-rows.ts';

/** What came since the look before. */
export interface NewRows<Row> {
  readonly rows: readonly Row[];
  /** Whether the file is another, or was cut: these are its first rows, what was read before is gone. */
  readonly isAnew: boolean;
  /** Whether there is more to read already. */
  readonly hasMore: boolean;
}

const NOTHING = { rows: [], isAnew: false, hasMore: false } as const;

/** Bytes before the place that was read up to, some rows of them, by which a file that was cut and written anew is told. */
const TAIL = 4096;
/** Bytes of one look: others are waiting. */
const MOST = 8 * CHUNK;

/**
 * Follows a file of rows that others append to. A look reads the bytes that are new, and nothing where none are; a link is
 * not followed.
 */
export class FollowedRows<Row extends object> {
  private readonly file: string;
  private readonly makeTaker: () => RowTaker<Row>;
  private taker: RowTaker<Row>;
  private lines = new Lines();
  private seen = { inode: 0, size: 0, changed: 0 };
  private read = 0;
  private tail = Buffer.alloc(0);
  private isEndTaken = false;

  constructor(file: string, makeTaker: () => RowTaker<Row>) {
    this.file = file;
    this.makeTaker = makeTaker;
    this.taker = makeTaker();
  }

  /** What is no row of what was read, in one line. */
  get damage(): string | undefined {
    return this.taker.damage(this.file);
  }

  /** @param isGrowing whether a last line without an end is only half written */
  look(isGrowing: boolean): NewRows<Row> {
    const found = lstatSync(this.file, { throwIfNoEntry: false });
    if (found === undefined || !found.isFile()) return this.read === 0 ? NOTHING : this.lost();
    const { ino, size, mtimeMs } = found;
    const isSame = ino === this.seen.inode && size === this.seen.size && mtimeMs === this.seen.changed;
    if (isSame && this.read === size) return isGrowing ? NOTHING : this.atEnd([]);
    try {
      return this.readOn(ino, isGrowing);
    } catch {
      // It went away meanwhile, or may not be read: the next look sees.
      return NOTHING;
    }
  }

  private lost(): NewRows<Row> {
    this.begin(0);
    return { rows: [], isAnew: true, hasMore: false };
  }

  private begin(inode: number): void {
    this.taker = this.makeTaker();
    this.lines = new Lines();
    this.seen = { inode, size: 0, changed: 0 };
    this.read = 0;
    this.tail = Buffer.alloc(0);
    this.isEndTaken = false;
  }

  private readOn(inode: number, isGrowing: boolean): NewRows<Row> {
    const handle = openSync(this.file, AT_ONCE | constants.O_NOFOLLOW);
    try {
      const { size, mtimeMs } = fstatSync(handle);
      const isAnew = this.read > 0 && !this.goesOn(handle, inode, size);
      if (isAnew || this.read === 0) this.begin(inode);
      const rows: Row[] = [];
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(1, size - this.read)));
      const until = Math.min(size, this.read + MOST);
      while (this.read < until) {
        const count = readSync(handle, chunk, 0, Math.min(chunk.length, until - this.read), this.read);
        if (count === 0) break;
        const piece = chunk.subarray(0, count);
        this.tail = Buffer.concat([this.tail, piece.subarray(-TAIL)]).subarray(-TAIL);
        this.read += count;
        this.lines.push(piece, (line) => {
          const row = this.taker.take(line);
          if (row !== undefined) rows.push(row);
        });
      }
      this.seen = { inode, size, changed: mtimeMs };
      const hasMore = this.read < size;
      const all = isGrowing || hasMore ? rows : this.atEnd(rows).rows;
      return { rows: all, isAnew, hasMore };
    } finally {
      closeSync(handle);
    }
  }

  /** Whether the file begins with what was read of it. */
  private goesOn(handle: number, inode: number, size: number): boolean {
    if (inode !== this.seen.inode || size < this.read || this.isEndTaken) return false;
    const there = Buffer.alloc(this.tail.length);
    readSync(handle, there, 0, there.length, this.read - there.length);
    return there.equals(this.tail);
  }

  /** A last line without an end, of a file that nobody writes to any more. */
  private atEnd(rows: Row[]): NewRows<Row> {
    const last = this.isEndTaken ? undefined : this.lines.unfinished();
    if (last === undefined) return { rows, isAnew: false, hasMore: false };
    this.isEndTaken = true;
    const row = this.taker.take(last);
    return { rows: row === undefined ? rows : [...rows, row], isAnew: false, hasMore: false };
  }
}
