import {
  type Change,
  type Everything,
  MOST_ROWS,
  MOST_RUNS,
  type ToldRows,
  type ToldRun,
} from '../../dashboard/wire.ts';
import type { MetricValue } from '../../row/field.ts';
import { ask } from './connection.ts';
import { HeldRows, type ShownRows } from './held-rows.ts';

/** Some updates of a run, the first and the last of them. */
export interface Near {
  readonly id: string;
  readonly updates: readonly [number, number];
}

/** What is asked of the rows of a run. */
interface Ask {
  readonly id: string;
  readonly from: number;
  readonly to?: number;
}

/** Characters that their ids may have in its address: of one that is longer than 16 KiB Node.js hears nothing. */
const LONGEST = 8000;

/** What the page knows of the runs: what was told, and the rows it asked for. */
export class Store {
  root = '';
  problems: readonly string[] = [];
  readonly runs = new Map<string, ToldRun>();
  private readonly held = new Map<string, { readonly rows: HeldRows; version: number }>();
  private boot = '';
  private sequence = -1;
  /** Changes that came while everything was asked for, as often as that is. */
  private waiting: Change[] | undefined;
  private loads = 0;
  private versions = 0;

  /** The rows of a run as far as they are here; undefined: none of this generation. */
  rowsOf({ id, generation }: ToldRun): ShownRows | undefined {
    const rows = this.held.get(id)?.rows;
    return rows?.generation === generation ? rows.shown : undefined;
  }

  /** Another one whenever other rows of a run are here. */
  versionOf(run: ToldRun): string {
    return `${this.held.get(run.id)?.version ?? ''} ${run.generation}`;
  }

  /** Asks for all there is. Rows that are here stay. @throws Error where the server does not answer */
  async load(): Promise<void> {
    this.loads += 1;
    this.waiting ??= [];
    try {
      this.take(await ask<Everything>('/everything'));
    } finally {
      this.loads -= 1;
    }
    if (this.loads > 0) return;
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    for (const change of waiting) this.apply(change);
  }

  private take({ boot, root, problems, sequence, runs }: Everything): void {
    // What another start of the server counts is not what this one did.
    if (boot !== this.boot) this.held.clear();
    Object.assign(this, { boot, root, problems, sequence });
    this.runs.clear();
    for (const run of runs) this.runs.set(run.id, run);
    for (const id of this.held.keys()) if (!this.runs.has(id)) this.held.delete(id);
  }

  /** @returns what ended since, for who cannot see it */
  apply(change: Change): ToldRun[] {
    if (this.waiting !== undefined) {
      this.waiting.push(change);
      return [];
    }
    if (change.sequence <= this.sequence) return [];
    this.sequence = change.sequence;
    this.problems = change.problems;
    for (const id of change.gone) {
      this.runs.delete(id);
      this.held.delete(id);
    }
    const ended = change.runs.filter(
      ({ id, status }) => status !== 'alive' && this.runs.get(id)?.status === 'alive',
    );
    for (const run of change.runs) this.runs.set(run.id, run);
    for (const rows of change.rows) this.append(rows);
    return ended;
  }

  /** Asks for what is missing of some columns. @returns whether there was any */
  async want(ids: readonly string[], columns: readonly string[]): Promise<boolean> {
    const asks = ids.flatMap((id) => {
      const run = this.runs.get(id);
      if (run === undefined || run.rows === 0) return [];
      const rows = this.heldOf(run);
      const own = columns.filter((name) => Object.hasOwn(run.latest, name));
      const missing = run.rows - (rows?.count ?? 0);
      if (rows === undefined || !rows.has(own) || rows.isOutgrown || missing > MOST_ROWS)
        return [{ id, from: 0 }];
      return missing > 0 ? [{ id, from: rows.count }] : [];
    });
    await this.fetch(asks, columns, (rows) => (rows.from === 0 ? this.begin(rows) : this.append(rows)));
    return asks.length > 0;
  }

  /** Asks for more of the parts that are looked at closely, of runs whose rows are not all here. @returns whether there was any */
  async wantNear(parts: readonly Near[], columns: readonly string[]): Promise<boolean> {
    const asks = parts.flatMap(({ id, updates }): Ask[] => {
      const run = this.runs.get(id);
      const rows = run && this.heldOf(run);
      const range = rows?.missing(updates);
      return range === undefined ? [] : [{ id, from: range[0], to: range[1] }];
    });
    await this.fetch(asks, columns, (rows) => this.look(rows));
    return asks.length > 0;
  }

  /** All rows of a run, of which some are here where it is long, asked for part by part. @throws Error in one line */
  async whole({ id, generation, rows }: ToldRun, names: readonly string[]): Promise<ShownRows> {
    const columns = new Map<string, MetricValue[]>();
    for (let from = 0; from < rows; from += MOST_ROWS) {
      const query = new URLSearchParams({ run: id, columns: names.join() });
      query.set('from', String(from));
      query.set('to', String(Math.min(rows, from + MOST_ROWS)));
      const [part] = (await ask<{ rows: [ToldRows] }>('/rows', query)).rows;
      if (part.generation !== generation) throw new Error(`${id} was written anew meanwhile`);
      for (const [name, cells] of Object.entries(part.columns))
        columns.set(name, (columns.get(name) ?? []).concat(cells));
    }
    return { columns, weights: undefined };
  }

  private heldOf({ id, generation }: ToldRun): HeldRows | undefined {
    const rows = this.held.get(id)?.rows;
    return rows?.generation === generation ? rows : undefined;
  }

  private async fetch(
    asks: readonly Ask[],
    columns: readonly string[],
    take: (rows: ToldRows) => void,
  ): Promise<void> {
    await Promise.all(
      requestsOf(asks).map(async (part) => {
        const held = part.flatMap(({ id }) => [...(this.held.get(id)?.rows.names ?? [])]);
        const query = new URLSearchParams({ columns: [...new Set([...columns, ...held])].join() });
        for (const { id, from, to } of part) {
          query.append('run', id);
          query.append('from', String(from));
          if (to !== undefined) query.append('to', String(to));
        }
        for (const rows of (await ask<{ rows: ToldRows[] }>('/rows', query)).rows) take(rows);
      }),
    );
  }

  private begin(told: ToldRows): void {
    this.held.set(told.id, { rows: new HeldRows(told), version: ++this.versions });
  }

  /** What does not follow on the rows that are here is asked for later. */
  private append(told: ToldRows): void {
    const held = this.held.get(told.id);
    if (held?.rows.generation === told.generation && held.rows.append(told)) held.version = ++this.versions;
  }

  private look(told: ToldRows): void {
    const held = this.held.get(told.id);
    if (held?.rows.generation !== told.generation) return;
    held.rows.look(told);
    held.version = ++this.versions;
  }
}

/** What is asked in one request each. */
function requestsOf(asks: readonly Ask[]): Ask[][] {
  const requests: Ask[][] = [];
  let room = 0;
  for (const each of asks) {
    const length = encodeURIComponent(each.id).length;
    const last = requests.at(-1);
    if (last === undefined || last.length === MOST_RUNS || length > room) {
      requests.push([each]);
      room = LONGEST - length;
    } else {
      last.push(each);
      room -= length;
    }
  }
  return requests;
}
