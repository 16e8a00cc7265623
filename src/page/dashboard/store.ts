import type { Change, Everything, ToldRows, ToldRun } from '../../dashboard/wire.ts';
import type { MetricValue } from '../../row/field.ts';
import { ask } from './connection.ts';

/** Columns of a run that the page has asked for. */
export interface Held {
  readonly generation: number;
  readonly columns: Map<string, MetricValue[]>;
  count: number;
  /** Another one whenever something of it is. */
  version: number;
}

/** Runs whose rows one request asks for: its address must not grow too long, and others have their turn. */
const AT_ONCE = 25;

/** What the page knows of the runs: what was told, and the rows it asked for. */
export class Store {
  root = '';
  problems: readonly string[] = [];
  readonly runs = new Map<string, ToldRun>();
  private readonly held = new Map<string, Held>();
  private boot = '';
  private sequence = -1;
  /** Changes that came while everything was asked for, as often as that is. */
  private waiting: Change[] | undefined;
  private loads = 0;
  private versions = 0;

  /** The rows of a run as far as they are here; undefined: none of this generation. */
  rowsOf({ id, generation }: ToldRun): Held | undefined {
    const found = this.held.get(id);
    return found?.generation === generation ? found : undefined;
  }

  /** Another one whenever other rows of a run are here. */
  versionOf(run: ToldRun): string {
    const held = this.rowsOf(run);
    return held === undefined ? '' : `${held.version}`;
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
      const held = this.rowsOf(run);
      const own = columns.filter((name) => Object.hasOwn(run.latest, name));
      if (held === undefined || own.some((name) => !held.columns.has(name))) return [{ id, from: 0 }];
      return held.count < run.rows ? [{ id, from: held.count }] : [];
    });
    const parts = Array.from({ length: Math.ceil(asks.length / AT_ONCE) }, (_, at) =>
      asks.slice(at * AT_ONCE, (at + 1) * AT_ONCE),
    );
    await Promise.all(parts.map((part) => this.fetch(part, columns)));
    return asks.length > 0;
  }

  private async fetch(
    asks: readonly { readonly id: string; readonly from: number }[],
    columns: readonly string[],
  ): Promise<void> {
    const held = asks.flatMap(({ id }) => [...(this.held.get(id)?.columns.keys() ?? [])]);
    const query = new URLSearchParams({ columns: [...new Set([...columns, ...held])].join() });
    for (const { id, from } of asks) {
      query.append('run', id);
      query.append('from', String(from));
    }
    const { rows } = await ask<{ rows: ToldRows[] }>('/rows', query);
    for (const each of rows) {
      if (each.from === 0) this.begin(each);
      else this.append(each);
    }
  }

  private begin({ id, generation, count, columns }: ToldRows): void {
    const copied = Object.entries(columns).map(([name, cells]): [string, MetricValue[]] => [
      name,
      [...cells],
    ]);
    this.held.set(id, { generation, count, columns: new Map(copied), version: ++this.versions });
  }

  /** Puts rows over and behind those that are here; what does not follow on them is asked for later. */
  private append({ id, generation, from, count, columns }: ToldRows): void {
    const held = this.held.get(id);
    if (held === undefined || held.generation !== generation) return;
    if (from > held.count || count === 0) return;
    for (const [name, cells] of held.columns) {
      const own = Object.hasOwn(columns, name) ? columns[name] : undefined;
      for (let i = 0; i < count; i++) cells[from + i] = own?.[i] ?? (own === undefined ? Number.NaN : null);
    }
    held.count = Math.max(held.count, from + count);
    held.version = ++this.versions;
  }
}
