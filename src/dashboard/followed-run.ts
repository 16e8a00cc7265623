import { existsSync, lstatSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { EnvironmentOptions } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { labelsOfRun } from '../experiment/labels-of-run.ts';
import { finalPerformance } from '../experiment/learning-curve.ts';
import { CURVE, curveFromCells } from '../plot/plotted-run.ts';
import { readFacts, type RunFacts } from '../plot/read-runs.ts';
import { cellsOf } from '../row/encode.ts';
import type { MetricValue } from '../row/field.ts';
import type { FitRow } from '../row/fit.ts';
import type { MetricsRow } from '../row/metrics.ts';
import { MARKER } from '../run/experiment-files.ts';
import { experimentAround, readPlaces } from '../run/experiment-order.ts';
import { filesOfRun } from '../run/files-of-run.ts';
import { FollowedRows } from '../run/follow-rows.ts';
import type { RunLabels } from '../run/labels.ts';
import { isInLastTenth } from '../run/last-tenth.ts';
import { isOfTraining, type Span, takeMetrics } from '../run/read-rows.ts';
import type { RunRecord } from '../run/record.ts';
import { UPDATE_FOLDERS, type RunFile } from '../run/run-files.ts';
import { standingOf } from '../run/status.ts';
import { Totals } from '../run/totals.ts';
import { UserError } from '../user-error.ts';
import { type ClockLook, FollowedClock } from './followed-clock.ts';
import { thin } from './thin.ts';
import { MOST_ROWS, SECONDS, type ToldRows, type ToldRun } from './wire.ts';

/** What a look at a run found. */
export interface RunLook {
  /** Whether what is told of it is not what was. */
  readonly isChanged: boolean;
  /** Those that are new, and seconds of those before, where they are few; of many a page asks for what it shows. */
  readonly rows: readonly ToldRows[];
  /** Whether there is more to read already. */
  readonly hasMore: boolean;
}

/** Rows of a look that every page is told. */
const MOST_TOLD = 500;

/** What is read of a run; where one of them is a link, it may lead anywhere. */
const READ: readonly RunFile[] = [
  'config.json',
  'run.json',
  'owner.json',
  'metrics.jsonl',
  'timing.jsonl',
  'ledger.jsonl',
  'policy.safetensors',
];

/** What of a run is a link, which is not followed: its folder, or the first of its files. */
export function linkIn(path: string): string | undefined {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return 'folder';
  return [...READ, ...UPDATE_FOLDERS].find((name) =>
    lstatSync(join(path, name), { throwIfNoEntry: false })?.isSymbolicLink(),
  );
}

/** A run that is followed: what it says of itself, and every row that it has by now. */
export class FollowedRun {
  readonly id: string;
  readonly path: string;
  private readonly environments: EnvironmentOptions;
  private readonly file: FollowedRows<MetricsRow | FitRow>;
  private clock: FollowedClock;
  private facts: RunFacts | undefined;
  private stamp = '';
  private state = '';
  private labels: RunLabels = {};
  private place: number | null = null;
  private has: ToldRun['has'] = { ledger: false, policies: false };
  private generation = 0;
  private count = 0;
  /** When it was last looked at, where it had ended and all of it was known, milliseconds as `performance.now()` has them. */
  ended = Number.NEGATIVE_INFINITY;
  /** Its files as they were then; of one that died '': on another machine it may only have been silent. */
  private endedAs = '';
  /** NaN and ±Infinity as words, as JSON has them: columns are told as they stand here. */
  private columns = new Map<string, MetricValue[]>();
  private readonly texts = new Map<string, { readonly count: number; readonly text: string }>();
  private totals: Totals | undefined;
  private latest: Readonly<Record<string, MetricValue>> = {};

  constructor(id: string, path: string, environments: EnvironmentOptions) {
    this.id = id;
    this.path = path;
    this.environments = environments;
    this.file = new FollowedRows(join(path, 'metrics.jsonl'), () => takeMetrics(() => this.span()));
    this.clock = new FollowedClock(path);
  }

  /** Of one that goes on the record may come after its rows, from another machine. */
  private span(): Span {
    const { status, record } = this.facts ?? {};
    return {
      parent: record?.parent,
      updatesPlanned: status === 'alive' ? undefined : record?.updatesPlanned,
    };
  }

  /** Whether one that had ended, all of it known, was not written to since. */
  isStill(): boolean {
    if (this.ended === Number.NEGATIVE_INFINITY || this.endedAs !== this.stampOfAll()) return false;
    this.ended = performance.now();
    return true;
  }

  look(): RunLook {
    // Before it is read: what is written meanwhile is seen by the next look.
    const files = this.stampOfAll();
    const { status, problems } = this.readFacts();
    this.endedAs = status === 'dead' ? '' : files;
    const isGrowing = status === 'alive';
    const { rows, isAnew, hasMore } = this.file.look(isGrowing);
    if (isAnew) this.forget();
    const before = this.count;
    for (const row of rows) this.take(row);
    const clock = this.lookAtClock(isGrowing);
    // The seconds of a row that was told already come behind it.
    const isLate = clock.from < before;
    if (clock.isAnew || (isLate && before - clock.from > MOST_TOLD)) this.generation += 1;
    this.has = {
      ledger: existsSync(join(this.path, 'ledger.jsonl')),
      policies: [...UPDATE_FOLDERS, 'policy.safetensors'].some((name) => existsSync(join(this.path, name))),
    };
    const state = [
      ...[this.stamp, status, problems.join(), this.generation, this.count],
      ...[...Object.values(this.has), this.columns.has(SECONDS)],
    ].join();
    const isChanged = state !== this.state;
    this.state = state;
    const isMore = hasMore || clock.hasMore;
    this.ended = isGrowing || isMore || problems.length > 0 ? Number.NEGATIVE_INFINITY : performance.now();
    const late = isLate ? this.rowsOf(clock.from, before, [SECONDS]) : [];
    return {
      isChanged,
      rows: [...late, ...this.rowsOf(before, this.count, [...this.columns.keys()])],
      hasMore: isMore,
    };
  }

  private lookAtClock(isGrowing: boolean): ClockLook {
    const look = this.clock.look((this.columns.get('update') ?? []) as number[], isGrowing);
    const { seconds } = this.clock;
    if (look.from < this.count) this.columns.set(SECONDS, seconds);
    if (look.from < this.count || look.isAnew) this.texts.delete(SECONDS);
    if (this.columns.has(SECONDS)) this.latest = { ...this.latest, [SECONDS]: seconds.at(-1) ?? null };
    return look;
  }

  /** What there is to say of it, as it was when it was looked at. */
  tell(): ToldRun {
    const facts = this.facts ?? this.readFacts();
    const { name, seed, status, config, record, problems } = facts;
    const { damage } = this.file;
    return {
      id: this.id,
      ...{ name, seed, status, config: config ?? null },
      updatesPlanned: record?.updatesPlanned ?? null,
      startedAt: record?.startedAt ?? null,
      tags: this.labels.tags ?? [],
      note: this.labels.note ?? null,
      place: this.place,
      parent: record?.parent ?? null,
      files: config && record ? filesOfRun(config, record) : null,
      warnings: record?.warnings ?? [],
      failure: record?.failure ?? null,
      problems: [...problems, ...[damage, this.clock.damage].flatMap((each) => each ?? [])],
      generation: this.generation,
      rows: this.count,
      figures: this.figures(facts),
      latest: this.latest,
      has: this.has,
    };
  }

  /** As the list of runs has them: a completed run's are those of its record, any other's what its rows tell. */
  private figures({ status, record }: RunFacts): ToldRun['figures'] {
    // The record of a fit has figures of its own.
    if (status === 'completed' && record?.final?.updatesOutsideDelta !== undefined) return record.final;
    return this.totals === undefined
      ? null
      : { ...this.totals.final(), returnMeanLastTenth: this.latestReturn() };
  }

  /** Over the last tenth of the updates that it made so far. */
  private latestReturn(): number | null {
    const [updates, episodes] = ['update', 'episodes'].map(
      (name) => (this.columns.get(name) ?? []) as number[],
    );
    const returns = this.columns.get('returnMean') ?? [];
    const last = updates.at(-1) ?? 0;
    const from = updates.findLastIndex((update) => !isInLastTenth(update, last)) + 1;
    const rows = updates.slice(from).map((update, i) => {
      const cell = returns[from + i];
      return { update, episodes: episodes[from + i], returnMean: typeof cell === 'number' ? cell : null };
    });
    return finalPerformance(rows);
  }

  /** Its config, and what its record says. @throws UserError where they are damaged */
  whole(): { readonly config: Config; readonly record: RunRecord } {
    const { config, record, problems } = this.readFacts();
    if (config === undefined || record === undefined)
      throw new UserError(problems[0] ?? `${this.id} has no run.json`);
    return { config, record };
  }

  /**
   * Its rows from the one of that index on, as the JSON of `ToldRows`; of more than `MOST_ROWS` a choice. Whole columns are kept as
   * text: every page that is opened asks for them.
   * @param range indices of rows; `to` is the one behind the last, the end without it
   * @param names columns; undefined: all
   * @throws UserError where there are no such rows
   */
  rowsAsJson(
    { from, to }: { readonly from: number; readonly to?: number | undefined },
    names: readonly string[] = [...this.columns.keys()],
  ): string {
    const { id, generation, count: all } = this;
    if (to !== undefined && !(from < to && to <= all))
      throw new UserError(`from and to must be rows of ${id}, 0 ≤ from < to ≤ ${all}, got ${from} and ${to}`);
    const end = to ?? all;
    const count = Math.max(0, end - from);
    const wanted = names.filter((name) => this.columns.has(name));
    const isPart = to !== undefined || count > MOST_ROWS;
    const told = { id, generation, from, count };
    if (!isPart) {
      const columns = wanted.map((name) => `${JSON.stringify(name)}:${this.columnAsJson(name, from)}`);
      return `${JSON.stringify(told).slice(0, -1)},"columns":{${columns.join()}}}`;
    }
    const curve = wanted.includes('curveReturn') ? this.curve() : undefined;
    const here = curve === undefined ? this.columns : new Map([...this.columns, [CURVE, curve]]);
    const sent = curve === undefined ? wanted : [...wanted, CURVE];
    const thinned = count > MOST_ROWS ? thin(here, sent, from, end) : undefined;
    const cellsOf = (cells: readonly MetricValue[]): readonly MetricValue[] =>
      thinned?.rows.map((row) => cells[row]) ?? cells.slice(from, end);
    const columns = sent.map((name) => [name, cellsOf(here.get(name) ?? [])]);
    return JSON.stringify({ ...told, ...(thinned && { thinned }), columns: Object.fromEntries(columns) });
  }

  /** The curve of returns, which rows that are not all there do not tell. */
  private curve(): MetricValue[] | undefined {
    const [updates, ends, means] = ['update', 'curveUpdates', 'curveReturn'].map(
      (name) => this.columns.get(name) ?? [],
    );
    const curve = curveFromCells(updates, ends, means);
    return curve?.map((value) => (value === null || Number.isFinite(value) ? value : 'NaN'));
  }

  private columnAsJson(name: string, from: number): string {
    const column = this.columns.get(name) ?? [];
    if (from > 0) return JSON.stringify(column.slice(from));
    const kept = this.texts.get(name);
    if (kept?.count === column.length) return kept.text;
    const text = JSON.stringify(column);
    this.texts.set(name, { count: column.length, text });
    return text;
  }

  /** Some columns of the rows [from, to); nothing where these are none, or many. */
  private rowsOf(from: number, to: number, names: readonly string[]): ToldRows[] {
    if (from >= to || to - from > MOST_TOLD) return [];
    const { id, generation } = this;
    const columns = names.map((name) => [name, this.columns.get(name)?.slice(from, to) ?? []]);
    return [{ id, generation, from, count: to - from, columns: Object.fromEntries(columns) }];
  }

  /** The files are read where they changed; whether its process lives is asked each time. */
  private readFacts(): RunFacts {
    const stamp = this.stampOfFacts();
    if (this.facts === undefined || stamp !== this.stamp || this.facts.problems.length > 0) {
      this.facts = readFacts(this.path, this.environments);
      this.labels = labelsOfRun(this.facts);
      this.place = readPlaces(experimentAround(this.path)).get(basename(dirname(this.path))) ?? null;
    } else this.facts = { ...this.facts, status: standingOf(this.path, this.facts.record?.status) };
    this.stamp = stamp;
    return this.facts;
  }

  private stampOfFacts(): string {
    const own = ['config.json', 'run.json'].map((name) => join(this.path, name));
    return [...own, join(experimentAround(this.path), MARKER)].map(stampOf).join();
  }

  /** Its folder's own stamp tells of a file that comes, goes or is replaced. */
  private stampOfAll(): string {
    const rows = ['metrics.jsonl', 'timing.jsonl'].map((name) => join(this.path, name));
    return [this.stampOfFacts(), ...[this.path, ...rows].map(stampOf)].join();
  }

  private forget(): void {
    this.generation += 1;
    this.count = 0;
    this.columns = new Map();
    this.clock = new FollowedClock(this.path);
    this.texts.clear();
    this.totals = undefined;
    this.latest = {};
  }

  private take(row: MetricsRow | FitRow): void {
    if (isOfTraining(row)) {
      this.totals ??= new Totals(this.facts?.record?.updatesPlanned ?? 0);
      this.totals.add(row);
    }
    const cells = cellsOf(row);
    for (const name of Object.keys(cells)) {
      // A row without a cell that others have has NaN there.
      if (!this.columns.has(name)) this.columns.set(name, new Array(this.count).fill('NaN'));
    }
    for (const [name, column] of this.columns) {
      if (name === SECONDS) continue;
      const cell = Object.hasOwn(cells, name) ? cells[name] : Number.NaN;
      column.push(typeof cell === 'number' && !Number.isFinite(cell) ? String(cell) : cell);
    }
    this.latest = cells;
    this.count += 1;
  }
}

/** Another one whenever a file was written; '' where there is none. */
export function stampOf(file: string): string {
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found === undefined ? '' : `${found.ino}/${found.size}/${found.mtimeMs}`;
}
