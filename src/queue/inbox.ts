import type { Redis } from 'ioredis';
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { show } from '../config/problem.ts';
import { naming, replaceFile, syncFile, writeOver } from '../run/durable-file.ts';
import { RESERVE, UPDATE_FOLDERS } from '../run/run-files.ts';
import { removeUpdatesAfter } from '../run/update-files.ts';
import { UserError } from '../user-error.ts';
import { sumOf, unpack } from './chunk.ts';
import { type End, endEntry, sumsOf } from './end.ts';
import { readEntry } from './entry.ts';
import type { RunKeys } from './keys.ts';
import { isRows, isWhole, RECORD, ROWS, WHOLE } from './mirrored.ts';

/** Entries of a journal that are read at once: each has at most a piece. */
const AT_ONCE = 16;

/** What a folder of a run is to whom receives it. */
export interface Receiver {
  readonly path: string;
  /** Before the first thing is written. */
  open(): void;
  /** What a file is here, where it says whose it is. */
  rewrite(name: string, bytes: Buffer): Uint8Array;
}

/** What came. */
export interface Received {
  /** That the run has done, as far as its maker said. */
  readonly updates: number;
  readonly end: End | undefined;
}

/** Writes into a folder what is sent of a run. What comes twice changes nothing. */
export class Inbox {
  private readonly redis: Redis;
  private readonly run: RunKeys;
  private readonly receiver: Receiver;
  /** Before the first entry of a journal. */
  static readonly START = '0';
  /** The last entry of the journal that was read. */
  position = Inbox.START;
  private isOpen = false;
  private updates = 0;
  /** The record that came last, where it waits for all else. */
  private record: Buffer | undefined;
  /** Files that are replaced as a whole: the sum that came, and that of what it is here. */
  private readonly taken = new Map<string, { readonly sent: string; readonly own: string }>();
  private end: End | undefined;

  constructor(redis: Redis, run: RunKeys, receiver: Receiver) {
    this.redis = redis;
    this.run = run;
    this.receiver = receiver;
  }

  /** Writes what is new. @throws UserError where the disk refuses it: nothing is lost, it can be read again */
  async receive(): Promise<Received> {
    for (;;) {
      const entries = await this.redis.xrangeBuffer(
        this.run.journal,
        `(${this.position}`,
        '+',
        'COUNT',
        AT_ONCE,
      );
      for (const [id, fields] of entries) {
        await this.take(fieldsOf(fields));
        this.position = id.toString();
      }
      if (entries.length < AT_ONCE) break;
    }
    if (this.record !== undefined && statusIn(this.record) === 'running') this.settle();
    return { updates: this.updates, end: this.end };
  }

  /**
   * Compares what is there with what the run's maker had, and writes the record of its end.
   * @returns the first file that is another; undefined: the run is whole
   */
  finish({ files }: End): string | undefined {
    if (!this.isOpen) return undefined;
    const { path } = this.receiver;
    const own = sumsOf(path);
    const sentOf = (name: string): string | undefined => {
      const taken = this.taken.get(name);
      return taken?.own === own[name] ? taken?.sent : own[name];
    };
    const other = Object.keys({ ...files, ...own }).find((name) => files[name] !== sentOf(name));
    if (other !== undefined) return other;
    for (const name of ROWS) if (existsSync(join(path, name))) syncFile(join(path, name));
    this.settle();
    return undefined;
  }

  /** Writes the record that came last: of an end over the space that was kept for it. */
  settle(): void {
    const { record } = this;
    if (record === undefined) return;
    const { path } = this.receiver;
    this.open(() => {
      const text = String(this.receiver.rewrite(RECORD, record));
      if (statusIn(record) === 'running') replaceFile(join(path, RECORD), text);
      else writeOver(join(path, RESERVE), join(path, RECORD), text);
    });
    this.record = undefined;
  }

  /** Forgets what was read and what is in the folder, be it of a beginning that the run's maker never had: all of it comes anew. */
  rewind(): void {
    this.position = Inbox.START;
    this.end = undefined;
    this.open(() => this.clear());
  }

  private async take(fields: ReadonlyMap<string, Buffer>): Promise<void> {
    const word = (name: string): string => String(fields.get(name) ?? '');
    if (fields.has('u')) this.updates = Number(word('u'));
    if (fields.has('e')) this.end = this.endIn(word('e'));
    else if (fields.has('r')) this.open(() => this.clear());
    else if (fields.has('g')) this.open(() => this.remove(word('g')));
    else if (fields.has('w')) await this.takeWhole(word('w'), word('s'));
    else {
      const bytes = await unpack(fields.get('d') ?? Buffer.alloc(0));
      if (sumOf(bytes) !== word('s'))
        throw new UserError(`run ${this.run.id}: rows of ${show(word('f'))} came damaged`, 1);
      this.open(() => this.takeRows(word('f'), Number(word('at')), bytes));
    }
  }

  /** @throws UserError */
  private endIn(text: string): End {
    const end = readEntry(endEntry, text);
    if (end === undefined) throw new UserError(`run ${this.run.id}: how it ended came damaged`, 1);
    return end;
  }

  private open(write: () => void): void {
    if (!this.isOpen) this.receiver.open();
    this.isOpen = true;
    write();
  }

  private clear(): void {
    const { path } = this.receiver;
    this.updates = 0;
    this.record = undefined;
    for (const name of ROWS) this.takeRows(name, 0, Buffer.alloc(0));
    for (const name of WHOLE) rmSync(join(path, name), { force: true });
    for (const folder of UPDATE_FOLDERS) removeUpdatesAfter(path, folder, -1);
  }

  private remove(name: string): void {
    requireName(this.run, name, isWhole(name));
    rmSync(join(this.receiver.path, name), { force: true });
  }

  /** Puts lines where they belong. What is there already stays; what is there instead goes, and what came after it. */
  private takeRows(name: string, at: number, bytes: Buffer): void {
    requireName(this.run, name, isRows(name));
    const path = join(this.receiver.path, name);
    if (bytes.length === 0 && !existsSync(path)) return;
    naming(path, () => {
      const file = openSync(path, existsSync(path) ? 'r+' : 'wx+');
      try {
        const { size } = fstatSync(file);
        if (size < at)
          throw new UserError(`run ${this.run.id}: ${name} has ${size} bytes, what came begins at ${at}`, 1);
        if (bytes.length > 0 && size >= at + bytes.length && isAt(file, at, bytes)) return;
        ftruncateSync(file, at);
        for (let done = 0; done < bytes.length; )
          done += writeSync(file, bytes, done, bytes.length - done, at + done);
      } finally {
        closeSync(file);
      }
    });
  }

  private async takeWhole(name: string, sum: string): Promise<void> {
    requireName(this.run, name, isWhole(name));
    const path = join(this.receiver.path, name);
    if (name !== RECORD && existsSync(path)) {
      const own = sumOf(readFileSync(path));
      if (own === sum || (this.taken.get(name)?.sent === sum && this.taken.get(name)?.own === own)) return;
    }
    const pieces: Buffer[] = [];
    for (let index = 0; ; index++) {
      const [packed] = await this.redis.lrangeBuffer(this.run.file + name, index, index);
      if (packed === undefined) break;
      pieces.push(await unpack(packed));
    }
    // Replaced meanwhile, or gone: that is told further on.
    if (sumOf(...pieces) !== sum) return;
    const bytes = Buffer.concat(pieces);
    if (name === RECORD) {
      this.record = bytes;
      return;
    }
    this.open(() => {
      const own = this.receiver.rewrite(name, bytes);
      naming(path, () => mkdirSync(dirname(path), { recursive: true }));
      replaceFile(path, own);
      this.taken.set(name, { sent: sum, own: sumOf(own) });
    });
  }
}

function statusIn(record: Buffer): unknown {
  return (JSON.parse(String(record)) as { status?: unknown }).status;
}

/** @throws UserError for a name that is none of a run's files: nothing is written elsewhere */
function requireName({ id }: RunKeys, name: string, isKnown: boolean): void {
  if (!isKnown) throw new UserError(`run ${id}: ${show(name)} is no file of a run`, 1);
}

function fieldsOf(list: readonly Buffer[]): Map<string, Buffer> {
  const fields = new Map<string, Buffer>();
  for (let i = 0; i + 1 < list.length; i += 2) fields.set(String(list[i]), list[i + 1] as Buffer);
  return fields;
}

function isAt(file: number, at: number, bytes: Buffer): boolean {
  const there = Buffer.alloc(bytes.length);
  readSync(file, there, 0, there.length, at);
  return there.equals(bytes);
}
