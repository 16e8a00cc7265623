import type { Redis } from 'ioredis';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskOutcome } from '../experiment/pool.ts';
import { type UpdateFile, updateFiles } from '../run/update-files.ts';
import { UPDATE_FOLDERS, updateFile } from '../run/run-files.ts';
import { MOST_BYTES, pack, piecesOf, sumOf } from './chunk.ts';
import { type End, sumsOf } from './end.ts';
import type { RunKeys } from './keys.ts';
import { isRows, RECORD, type RowFile, ROWS, WHOLE } from './mirrored.ts';
import type { Scripts } from './scripts.ts';

/** ms between two looks for checkpoints while a run is made: each is a hundred kilobytes, and only the last is gone on from. */
const CHECKPOINTS_EVERY = 5000;

/** A file as it was when it was sent. */
interface Sent {
  readonly mark: string;
  readonly sum: string;
}

/**
 * Sends the folder of a run to Redis as it grows: what differs from what is there. So a write that was lost is made good by
 * the next look, and all may be called again at any time.
 */
export class Outbox {
  private readonly redis: Redis;
  private readonly scripts: Scripts;
  private readonly run: RunKeys;
  private readonly path: string;
  private readonly epoch: number;
  private seq: number;
  /** What Redis has: bytes of a file of rows, the sum of another. */
  private has = new Map<string, string>();
  private readonly sent = new Map<string, Sent>();
  private checkpointsAt = Number.NEGATIVE_INFINITY;

  constructor(
    redis: Redis,
    scripts: Scripts,
    run: RunKeys,
    path: string,
    { epoch, seq }: { readonly epoch: number; readonly seq: number },
  ) {
    this.redis = redis;
    this.scripts = scripts;
    this.run = run;
    this.path = path;
    this.epoch = epoch;
    this.seq = seq;
  }

  /** Makes what Redis has of the run what is in the folder: nothing, or what it goes on from. @throws LostRunError */
  async begin(): Promise<void> {
    await this.learn();
    if (!existsSync(this.path) && this.has.size > 0) await this.whole(() => this.write('reset'));
    else await this.whole(() => this.everything(0));
  }

  /**
   * @param update that the run has done
   * @param isEnd whether nothing is written any more: then all that is missing goes
   * @throws LostRunError
   */
  async send(update: number, isEnd = false): Promise<void> {
    if (isEnd) this.checkpointsAt = Number.NEGATIVE_INFINITY;
    await this.whole(() => this.everything(update));
  }

  /** Sends what is missing, and how the run ended. @throws LostRunError */
  async end(update: number, outcome: TaskOutcome): Promise<void> {
    await this.send(update, true);
    const end: End = { ...outcome, files: existsSync(this.path) ? sumsOf(this.path) : {} };
    const text = JSON.stringify(end);
    await this.whole(async () => (await this.everything(update)) && (await this.write('end', text)));
  }

  /** Whether Redis has the end, which was sent; sends it again where it lost it. @throws LostRunError */
  async keep(update: number, outcome: TaskOutcome): Promise<void> {
    if ((await this.redis.hexists(this.run.state, 'end')) === 0) await this.end(update, outcome);
  }

  /** Repeats what Redis was not ready for, with what it has now. */
  private async whole(send: () => Promise<boolean>): Promise<void> {
    while (!(await send())) await this.learn();
  }

  private async learn(): Promise<void> {
    const state = await this.redis.hgetall(this.run.state);
    this.seq = Number(state.seq ?? 0);
    this.sent.clear();
    this.checkpointsAt = Number.NEGATIVE_INFINITY;
    this.has = new Map(
      Object.entries(state).flatMap(([field, value]) =>
        field.startsWith('f:') ? [[field.slice(2), value]] : [],
      ),
    );
  }

  /** @returns false where Redis is elsewhere */
  private async write(
    operation: Parameters<Scripts['write']>[3],
    ...words: readonly (string | number | Buffer)[]
  ): Promise<boolean> {
    const seq = await this.scripts.write(this.run, this.epoch, this.seq, operation, ...words);
    if (seq === undefined) return false;
    this.seq = seq;
    if (operation === 'reset') this.has.clear();
    return true;
  }

  /**
   * The order lets every state on the way be one that a run can go on from: the record as it was before all, checkpoints
   * that were there before the rows were read, and the best policy no older than they.
   */
  private async everything(update: number): Promise<boolean> {
    const record = existsSync(join(this.path, RECORD)) ? readFileSync(join(this.path, RECORD)) : undefined;
    const isDue = performance.now() - this.checkpointsAt >= CHECKPOINTS_EVERY;
    const found = isDue ? UPDATE_FOLDERS.flatMap((folder) => this.updates(folder)) : [];
    if (found.length > 0) this.checkpointsAt = performance.now();
    if (!(await this.write('look'))) return false;
    for (const name of ROWS) if (!(await this.rows(name, update))) return false;
    for (const name of WHOLE) if (!(await this.file(name, update))) return false;
    for (const { name } of found.toReversed()) if (!(await this.file(name, update))) return false;
    if (isDue && !(await this.drop(new Set(found.map(({ name }) => name))))) return false;
    return record === undefined || (await this.bytes(RECORD, record, sumOf(record), update));
  }

  private updates(folder: (typeof UPDATE_FOLDERS)[number]): (UpdateFile & { name: string })[] {
    return updateFiles(this.path, folder).map((each) => ({
      ...each,
      name: `${folder}/${updateFile(each.update)}`,
    }));
  }

  /** What Redis has and the folder has no more. */
  private async drop(found: ReadonlySet<string>): Promise<boolean> {
    for (const name of [...this.has.keys()]) {
      const isThere = isRows(name) || name === RECORD || found.has(name) || existsSync(join(this.path, name));
      if (isThere) continue;
      if (!(await this.write('gone', name))) return false;
      this.has.delete(name);
      this.sent.delete(name);
    }
    return true;
  }

  private async rows(name: RowFile, update: number): Promise<boolean> {
    const path = join(this.path, name);
    if (!existsSync(path)) return true;
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      let at = Number(this.has.get(name) ?? 0);
      // Cut back to a checkpoint.
      if (size < at) {
        if (!(await this.append(name, size, Buffer.alloc(0), update))) return false;
        at = size;
      }
      const piece = Buffer.alloc(Math.min(MOST_BYTES, size - at));
      while (at < size) {
        const count = readSync(file, piece, 0, Math.min(piece.length, size - at), at);
        if (count === 0) return true;
        if (!(await this.append(name, at, piece.subarray(0, count), update))) return false;
        at += count;
      }
      return true;
    } finally {
      closeSync(file);
    }
  }

  private async append(name: string, at: number, bytes: Uint8Array, update: number): Promise<boolean> {
    const packed = await pack(bytes);
    const after = at + bytes.length;
    if (!(await this.write('rows', name, at, after, update, sumOf(bytes), packed))) return false;
    this.has.set(name, String(after));
    return true;
  }

  private async file(name: string, update: number): Promise<boolean> {
    const path = join(this.path, name);
    const before = this.sent.get(name);
    const mark = markOf(path);
    if (mark === undefined || (before?.mark === mark && before.sum === this.has.get(name))) return true;
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch {
      // Removed meanwhile: it is not kept any longer.
      return true;
    }
    const sum = sumOf(bytes);
    if (!(await this.bytes(name, bytes, sum, update))) return false;
    this.sent.set(name, { mark, sum });
    return true;
  }

  private async bytes(name: string, bytes: Uint8Array, sum: string, update: number): Promise<boolean> {
    if (this.has.get(name) === sum) return true;
    for (const [index, piece] of piecesOf(bytes).entries())
      if (!(await this.write('piece', name, index, await pack(piece)))) return false;
    if (!(await this.write('whole', name, sum, update))) return false;
    this.has.set(name, sum);
    return true;
  }
}

/** Tells two states of a file apart that is only ever replaced. */
function markOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found && `${found.ino} ${found.size} ${found.mtimeNs}`;
}
